"""Two versions side by side: what the page says is what was measured."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.context import Context
from app.retraining import compare, drawing
from app.retraining.tables import TrainingRun
from ml.tasks import Task
from tests import learning
from tests.app import training
from tests.app.conftest import fill
from tests.app.test_promotion import GOOD, WORSE, add, champion, promote

API = "/api/v1/models"


@pytest.fixture
def task(tmp_path: Path, context: Context) -> Task:
    made = learning.task(tmp_path)
    training.first_model(context, made)
    return made


@pytest.fixture
def run(context: Context, task: Task) -> TrainingRun:
    """Twenty songs of an encoder that the champion has never met."""
    training.label_songs(context.database, learning.songs(20))
    return training.train(context, task)


def test_from_the_button_to_the_champion(context: Context, task: Task, admin: FlaskClient) -> None:
    """What an admin does, page by page."""
    ids = training.label_songs(context.database, learning.songs(20))
    begun = fill(admin, "/admin/models/", "/admin/models/retrain", task="quality")
    page = begun.headers["Location"]
    assert "Waits for a worker" in admin.get(page).text
    assert fill(admin, "/admin/models/", "/admin/models/retrain", task="quality").status_code == 409
    training.worker(context, task).run_next()
    assert "Made <strong>r1</strong>" in admin.get(page).text
    assert "It passes the gate" in admin.get("/admin/models/").text
    with context.database.read() as session:
        from app.registry import service as registry

        before, after = (
            registry.champions(session)["quality"].id,
            registry.aliased(session, "candidate")["quality"].id,
        )
    shown = admin.get(f"/admin/models/compare/{before}/{after}").text
    assert "It may pass" in shown
    assert "20 labelled songs" in shown
    assert sum(f"/s/{id}" in shown for id in ids) > 15, "songs that change are linked"
    assert shown.count('class="matrix"') == 2
    done = fill(
        admin,
        f"/admin/models/compare/{before}/{after}",
        f"/admin/models/{after}/promote",
        champion_id=str(before),
    )
    assert done.status_code == 303
    with context.database.read() as session:
        assert registry.champions(session)["quality"].id == after


def test_the_api_says_the_same(run: TrainingRun, admin: FlaskClient) -> None:
    found = admin.get(f"{API}/compare/{run.champion_id}/{run.candidate_id}").get_json()
    assert (found["before"], found["after"]) == ("v0", "r1")
    assert found["passes"]
    assert found["songs"] == 20
    assert found["songs_gained"] >= 15 > found["songs_lost"]
    assert {one["after"] for one in found["songs_changed"]} == {"mp3-128"}
    classes = {one["name"]: one for one in found["frozen_test_part"]["classes"]}
    assert set(classes) == set(learning.CLASSES)
    assert sum(one["n"] for one in classes.values()) == found["frozen_test_part"]["test"]["n"]
    shown = admin.get(f"{API}/runs/{run.id}").get_json()
    assert (shown["state"], shown["candidate"], shown["snapshot"]["songs"]) == ("done", "r1", 20)
    assert "decisions" not in shown["snapshot"]
    assert [line["says"] for line in shown["log"]][-1] == "Stored as r1."
    assert admin.get(f"{API}/runs").get_json()["runs"][0]["id"] == run.id


def test_backwards_gains_are_losses(context: Context, run: TrainingRun) -> None:
    assert run.champion is not None
    assert run.candidate is not None
    with context.database.read() as session:
        there, back = (
            compare.two(session, *pair)
            for pair in ((run.champion, run.candidate), (run.candidate, run.champion))
        )
    assert (there.gained, there.lost) == (back.lost, back.gained)


def test_the_gate_speaks_on_the_page(context: Context, admin: FlaskClient) -> None:
    folder = training.folder_of(context)
    good, bad, other = (
        add(context.database, "good", folder=folder, said=GOOD),
        add(context.database, "bad", folder=folder, said=WORSE),
        add(context.database, "other", folder=folder, test="else"),
    )
    assert (
        "significantly worse at false accusations, L" in admin.get(f"/admin/models/compare/{good}/{bad}").text
    )
    assert "It may pass" in admin.get(f"/admin/models/compare/{bad}/{good}").text
    assert "never measured on the same test songs" in admin.get(f"/admin/models/compare/{good}/{other}").text
    promote(
        context.database, good, folder=folder, override=True, why="x", expected=champion(context.database)
    )
    page = f"/admin/models/compare/{good}/{bad}"
    refused = fill(admin, page, f"/admin/models/{bad}/promote", champion_id=str(good), why="please")
    assert refused.status_code == 409
    assert "false accusations" in refused.text
    forced = fill(
        admin, page, f"/admin/models/{bad}/promote", champion_id=str(good), why="a trial", override="yes"
    )
    assert forced.status_code == 303
    assert "over the gate: a trial" in admin.get("/admin/models/").text


def test_a_comparison_of_nothing_is_not_found(admin: FlaskClient) -> None:
    for address in (
        "/admin/models/compare/1/99",
        "/admin/models/compare/99999999999999/1",
        "/admin/models/compare",
    ):
        assert admin.get(address).status_code == 404
    assert admin.get(f"{API}/compare/1/99").status_code == 404
    assert admin.get(f"{API}/runs/99").status_code == 404


def test_a_run_can_be_cancelled_by_page_and_api(context: Context, admin: FlaskClient) -> None:
    begun = admin.post(f"{API}/runs", json={"task": "quality"})
    assert begun.status_code == 202
    number = begun.get_json()["id"]
    assert admin.post(f"{API}/runs", json={"task": "quality"}).get_json()["code"] == "training_already"
    assert admin.post(f"{API}/runs/{number}/cancel").status_code == 204
    assert admin.post(f"{API}/runs/{number}/cancel").status_code == 409
    second = admin.post(f"{API}/runs", json={}).get_json()["id"]
    page = f"/admin/models/runs/{second}"
    assert fill(admin, page, f"{page}/cancel").status_code == 303
    assert "Cancelled by root" in admin.get(page).text


def test_curves_stay_inside_their_frame(context: Context, run: TrainingRun) -> None:
    assert run.candidate is not None
    with context.database.read() as session:
        side = compare.side(session, run.candidate)
    points = drawing.curve(side.evaluation)
    assert points
    assert all(0 <= p[key] <= 100 for p in points for key in ("x", "y", "low", "high"))
    assert all(p["high"] <= p["y"] <= p["low"] for p in points)
    assert drawing.over_time([side]) == []
    assert len(drawing.over_time([side, side])) == 2
