"""Saying what a recording is: who may, what is kept, taking it back, and what came of it."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.context import Context
from app.db import utcnow
from app.jobs.worker import Worker
from app.labels import decisions
from app.labels.learnt import learnt_by
from app.labels.tables import Label
from app.registry import service as registry
from app.retraining.tables import TrainingRow, TrainingRun
from tests.app.conftest import API, get, send, token

SAID = {"task": "quality", "label": "mp3-128", "basis": "own", "sure": "likely"}


def label(client: FlaskClient, id: str, **said: Any) -> Any:
    return client.post(f"{API}/{id}/labels", json={**SAID, **said})


def rows(context: Context) -> list[Label]:
    with context.database.read() as session:
        return list(session.scalars(select(Label).order_by(Label.id)))


@pytest.fixture
def song(owner: FlaskClient, worker: Worker) -> str:
    id: str = send(owner)["id"]
    worker.run_next()
    return id


def test_everything_about_it_is_kept(owner: FlaskClient, song: str, context: Context) -> None:
    assert label(owner, song).get_json()["sure"] == "likely"
    (row,) = rows(context)
    assert (row.task, row.label, row.basis, row.sure, row.blind) == (
        "quality",
        "mp3-128",
        "own",
        "likely",
        False,
    )
    assert row.prediction_id is not None
    with context.database.read() as session:
        assert row.model_version_id == registry.champions(session)["quality"].id
    assert len(row.by) == 32


def test_who_may_label_what(
    owner: FlaskClient,
    other: FlaskClient,
    outsider: FlaskClient,
    member: FlaskClient,
    reviewer: FlaskClient,
    admin: FlaskClient,
    song: str,
) -> None:
    for client in (other, outsider, member):
        assert label(client, song).status_code == 403
    assert get(outsider, song)["labels"] == []
    for client in (owner, reviewer, admin):
        assert label(client, song).status_code == 201
    assert len(get(outsider, song)["labels"]) == 3


def test_reviewers_label_but_do_not_own(reviewer: FlaskClient, song: str) -> None:
    assert reviewer.delete(f"{API}/{song}").status_code == 403
    page = reviewer.get(f"/s/{song}").text
    assert "/label" in page
    assert "/delete" not in page


def test_taking_back_is_a_row_too(owner: FlaskClient, song: str, context: Context) -> None:
    label(owner, song)
    etag = owner.get(f"{API}/{song}").headers["ETag"]
    answer = label(owner, song, label=None)
    assert (answer.status_code, answer.get_json()["label"]) == (201, None)
    assert get(owner, song)["labels"] == []
    assert owner.get(f"{API}/{song}", headers={"If-None-Match": etag}).status_code == 200
    assert [row.label for row in rows(context)] == ["mp3-128", None]
    assert "You said" not in owner.get(f"/s/{song}").text


def test_nobody_takes_back_what_another_said(owner: FlaskClient, reviewer: FlaskClient, song: str) -> None:
    label(owner, song)
    label(reviewer, song, label=None)
    assert [row["label"] for row in get(owner, song)["labels"]] == ["mp3-128"]


def test_the_page_asks_how_sure(owner: FlaskClient, song: str, context: Context) -> None:
    page = owner.get(f"/s/{song}").text
    assert 'name="sure"' in page
    form = SAID | {"sure": "guess", "csrf_token": token(owner, "/login")}
    assert owner.post(f"/s/{song}/label", data=form).status_code == 303
    assert rows(context)[-1].sure == "guess"
    assert "You said" in owner.get(f"/s/{song}").text
    assert owner.post(f"/s/{song}/label", data=form | {"label": ""}).status_code == 303
    assert rows(context)[-1].label is None


@pytest.mark.parametrize("sure", ["", "very", "SURE", None, 1])
def test_another_way_of_being_sure_is_refused(owner: FlaskClient, song: str, sure: object) -> None:
    assert label(owner, song, sure=sure).status_code == 422


def test_logging_in_gives_no_second_voice(
    owner: FlaskClient, reviewer: FlaskClient, context: Context
) -> None:
    """A reviewer sends a song, labels it, logs in and labels it again: that is one person."""
    before = reviewer.get("/").headers  # so that this browser has an owner's cookie
    assert before
    id = send(reviewer)["id"]
    label(reviewer, id)
    with reviewer.session_transaction() as cookie:
        own = cookie["owner"]
    with context.database.write() as session:
        said = session.scalars(select(Label)).one()
        said.by = own  # as if it had been said before logging in
    label(reviewer, id)
    with context.database.read() as session:
        voices = decisions.voices(session, id, "quality")
    assert [voice.by for voice in voices] == ["account:rita"]
    assert [row.label for row in rows(context)] == ["mp3-128", None, "mp3-128"]


def test_a_label_says_what_became_of_it(
    owner: FlaskClient, reviewer: FlaskClient, song: str, context: Context
) -> None:
    label(owner, song, sure="sure")
    assert "once somebody else" in owner.get(f"/s/{song}").text
    label(reviewer, song, sure="sure", label="lossless")
    assert "something else" in owner.get(f"/s/{song}").text
    label(reviewer, song, sure="sure", basis="look")
    assert "next model will learn" in owner.get(f"/s/{song}").text
    _train(context, version="q2")
    assert "Model q2 learnt from it" in owner.get(f"/s/{song}").text
    assert "q2 learnt from your label" in owner.get("/mine").text
    _train(context, version="q3", label="lossless")
    with context.database.read() as session:
        assert learnt_by(session, song, task="quality", label="mp3-128") == ("q2",)
        assert learnt_by(session, song, task="genre", label="mp3-128") == ()


def test_only_the_labeller_reads_what_became_of_it(
    owner: FlaskClient, outsider: FlaskClient, other: FlaskClient, song: str
) -> None:
    label(owner, song)
    for client in (outsider, other):
        assert "You said" not in client.get(f"/s/{song}").text


def _train(context: Context, *, version: str, label: str = "mp3-128") -> None:
    """As retraining will do it: a run with a candidate, and a row for each song it learnt from."""
    now = utcnow()
    manifest = {"feature_version": "f1", "sha256": "0" * 64}
    with context.database.write() as session:
        model = registry.register(
            session, task="quality", version=version, manifest=manifest, path=None, now=now
        )
        (row,) = decisions.accepted(session, "quality")
        run = TrainingRun(
            task="quality", trigger="button", by="account:root", settings={}, candidate_id=model.id, created_at=now
        )  # fmt: skip
        session.add(run)
        session.flush()
        session.add(
            TrainingRow(
                run_id=run.id,
                decision_id=row.decision_id,
                submission_id=row.submission_id,
                label=label,
                weight=row.weight,
            )
        )
