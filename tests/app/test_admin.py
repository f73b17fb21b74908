"""The pages of those who run the site: the facts are right, the levers work."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from app.admin import figures, tasks
from app.admin.tables import Figure
from app.context import Context
from app.db import Database, utcnow
from app.jobs.worker import Worker
from app.labels.tables import Decision, Label
from app.registry import service as registry
from app.schema import Job, ModelVersion, Prediction, Submission
from ml.errors import Silent
from tests.app.conftest import PASSWORD, fill, log_in, logged_in, send
from tests.app.fakes import FakeEngine, wav

NOW = datetime.fromisoformat("2026-11-27T13:00:00+00:00")


def add(database: Database, *, at: datetime, kind: str = "audio", state: str = "done", **job: Any) -> str:
    with database.write() as session:
        n = len(session.query(Submission).all())
        row = Submission(id=f"s{n}", owner_id="o", file="a", size_bytes=1, sha256=f"{n:064}", kind=kind,
                         tasks=["quality"], keep_audio=False, created_at=at)  # fmt: skip
        session.add(row)
        session.flush()
        session.add(Job(kind="analysis", submission_id=row.id, state=state, turn_at=at, created_at=at, **job))
        return row.id


def overview(database: Database) -> figures.Overview:
    with database.read() as session:
        return figures.overview(session, now=NOW)


def test_an_empty_site_has_a_page(admin: FlaskClient) -> None:
    page = admin.get("/admin/").text
    for said in ("Nobody has labelled anything yet", "Not measured yet", "None.", "q1"):
        assert said in page


def test_traffic_is_counted_by_day_and_kind(database: Database) -> None:
    midnight = NOW.replace(hour=0)
    first = midnight - timedelta(days=13)
    for at in (NOW, midnight, first, first - timedelta(seconds=1)):
        add(database, at=at)
    add(database, at=midnight - timedelta(microseconds=1), kind="picture")
    days = overview(database).days
    assert [(day.audio, day.pictures) for day in days] == [(2, 0), (0, 1), *[(0, 0)] * 11, (1, 0)]
    assert [day.day for day in days] == [(NOW - timedelta(days=ago)).date() for ago in range(14)]
    assert overview(database).submissions == 5


def test_queue_and_failures(database: Database) -> None:
    add(database, at=NOW - timedelta(minutes=5), state="queued")
    add(database, at=NOW - timedelta(minutes=2), state="queued")
    add(database, at=NOW, state="measuring")
    for ago, code in ((1, "silent"), (2, "silent"), (3, "not_audio"), (8, "silent")):
        at = NOW - timedelta(days=ago)
        add(database, at=at, state="failed", ended_at=at, reason_code=code, reason=f"It is {code}.")
    facts = overview(database)
    assert (facts.queue.waiting, facts.queue.running, facts.queue.oldest_s) == (2, 1, 300.0)
    assert [(f.code, f.count, f.example) for f in facts.failures] == [
        ("silent", 2, "It is silent."),
        ("not_audio", 1, "It is not_audio."),
    ]


def test_labels_are_counted_by_class_and_those_that_wait(database: Database) -> None:
    ids = [add(database, at=NOW) for _ in range(4)]

    def said(id: str, by: str, label: str | None) -> Label:
        return Label(submission_id=id, by=by, task="quality", label=label, basis="own", at=NOW)

    def decided(id: str, label: str | None, by: str = "consensus") -> Decision:
        return Decision(submission_id=id, task="quality", label=label, by=by, at=NOW)

    for row in (
        said(ids[0], "a", "mp3-128"),  # corrected by the next
        said(ids[0], "a", "lossless"),
        said(ids[0], "b", "lossless"),
        decided(ids[0], "lossless"),
        said(ids[1], "a", "mp3-128"),  # waits
        said(ids[2], "a", "mp3-128"),  # rejected by an admin: decided
        decided(ids[2], None, by="account:root"),
        said(ids[3], "a", "mp3-128"),
        said(ids[3], "a", None),  # taken back: nothing to decide
        decided(ids[3], None),
    ):
        with database.write() as session:
            session.add(row)
    classes = overview(database).labels["quality"]
    assert list(classes.rows) == [("lossless", 1, 1), ("mp3-128", 2, 0)]
    assert (classes.train, classes.waiting) == (1, 1)


def test_versions_say_who_promoted_them(database: Database) -> None:
    manifest = {"feature_version": "f", "sha256": "0", "metrics": {"exact": {"value": 0.5}}}
    with database.write() as session:
        one, two = (
            registry.register(session, task="quality", version=name, manifest=manifest, path=None, now=NOW)
            for name in ("q1", "q2")
        )
        registry.promote(session, two, by="account:eva", why="better", expected_id=one.id, now=NOW)
    models = overview(database).models
    assert [(m.version.version, m.is_champion, m.promotion.by if m.promotion else None) for m in models] == [
        ("q2", True, "account:eva"),
        ("q1", False, "setup"),
    ]


def test_the_page_shows_what_happened(
    context: Context, admin: FlaskClient, owner: FlaskClient, worker: Worker, engine: FakeEngine
) -> None:
    send(owner)
    worker.run_next()
    engine.error = Silent()
    send(owner, wav(seed=2))
    worker.run_next()
    with context.database.write() as session:
        worst = [["cutoff_<b>", 0.5]]
        value = {"newest": 1, "tasks": {"quality": {"n": 200, "share": 0.031, "worst": worst}}}
        session.add(Figure(name="drift", value=value, at=utcnow()))
    page = admin.get("/admin/").text
    assert "silent" in page
    assert "3.1" in page
    assert "cutoff_&lt;b&gt;" in page
    assert "cutoff_<b>" not in page


def test_roles_are_given_by_form(app: APIFlask, member: FlaskClient, admin: FlaskClient) -> None:
    role = {"role": "reviewer", "seen": "member"}
    assert fill(admin, "/admin/people", "/admin/people/mia/role", **role).status_code == 303
    assert "Reviewer" in member.get("/account").text
    late = {"role": "admin", "seen": "member"}
    answer = fill(admin, "/admin/people", "/admin/people/mia/role", **late)
    assert (answer.status_code, "Somebody else changed this first" in answer.text) == (409, True)
    assert fill(member, "/account", "/admin/people/mia/role", **role).status_code == 403
    last = fill(admin, "/admin/people", "/admin/people/root/disabled", disabled="yes")
    assert (last.status_code, "only admin left" in last.text) == (409, True)


def test_a_form_without_its_fields_is_a_bad_request(admin: FlaskClient) -> None:
    for address in ("people/root/role", "people/root/disabled", "switches/read_only"):
        assert fill(admin, "/admin/people", f"/admin/{address}").status_code == 400


def test_people_are_found_by_the_beginning_of_their_names(app: APIFlask, admin: FlaskClient) -> None:
    for name in ("mia", "mio", "m_x"):
        logged_in(app, name=name, role="member")
    page = admin.get("/admin/people?name=mi").text
    assert [name in page for name in (">mia<", ">mio<", ">m_x<")] == [True, True, False]
    assert ">mia<" not in admin.get("/admin/people?name=m_").text
    assert ">mia<" in admin.get("/admin/people?name=").text


def test_a_disabled_account_by_form(app: APIFlask, member: FlaskClient, admin: FlaskClient) -> None:
    fill(admin, "/admin/people", "/admin/people/mia/disabled", disabled="yes")
    assert log_in(app.test_client(), name="mia", password=PASSWORD).status_code == 403
    assert member.get("/account").status_code == 302


def test_navigation_shows_what_one_may(owner: FlaskClient, member: FlaskClient, admin: FlaskClient) -> None:
    assert [">Admin<" in client.get("/").text for client in (owner, member, admin)] == [False, False, True]
    assert [">Log in<" in client.get("/").text for client in (owner, member, admin)] == [True, False, False]


# Drift


def test_rows_like_the_table_have_two_percent_outside() -> None:
    rng = np.random.default_rng(1)
    names, table = ("a", "b"), rng.normal(size=(20_000, 2)).astype(np.float32)
    bounds = (names, tasks.bounds_of(table))

    def share(shift: float) -> float:
        rows = [dict(zip(names, map(float, row), strict=True)) for row in rng.normal(shift, size=(4000, 2))]
        return float(tasks.outside(rows, bounds)["share"])

    assert share(0.0) == pytest.approx(0.02, abs=0.004)
    assert share(2.0) > 0.3


def test_what_could_not_be_measured_counts_on_neither_side() -> None:
    X = np.array([[1.0, np.nan], [2.0, np.nan], [3.0, np.nan]], dtype=np.float32)
    bounds = (("a", "never"), tasks.bounds_of(X))
    found = tasks.outside([{"a": 9.0, "never": 5.0}, {"a": None, "never": None}, {"a": 1e9}], bounds)
    assert found == {"n": 3, "share": round(2 / 3, 4), "worst": [["a", 1.0]]}


def test_a_constant_column_is_not_outside_itself() -> None:
    value = 0.1234567
    bounds = (("a",), tasks.bounds_of(np.full((100, 1), np.float16(value), dtype=np.float32)))
    assert tasks.outside([{"a": value}], bounds)["share"] == 0.0


def test_a_worker_keeps_the_figure(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    bounds = (("a",), np.array([[0.0], [1.0]], dtype=np.float16))
    monkeypatch.setattr(tasks, "_bounds", lambda task, features: bounds if features == "f" else None)
    assert tasks.measure_drift(database, now=NOW) is False, "nothing was answered"
    manifest = {"feature_version": "f", "sha256": "0"}
    with database.write() as session:
        model = registry.register(
            session, task="quality", version="q1", manifest=manifest, path=None, now=NOW
        )
    for number in range(tasks.FEWEST):
        _predict(database, model, feature=5.0 if number % 4 == 0 else 0.5)
    assert tasks.measure_drift(database, now=NOW) is True
    with database.read() as session:
        drift = session.get_one(Figure, "drift").value["tasks"]["quality"]
    assert (drift["n"], drift["share"]) == (tasks.FEWEST, 0.25)
    _predict(database, model, feature=0.5)
    assert tasks.measure_drift(database, now=NOW + timedelta(minutes=1)) is False, (
        "another one has just done it"
    )
    assert tasks.measure_drift(database, now=NOW + timedelta(minutes=6)) is True
    assert tasks.measure_drift(database, now=NOW + timedelta(minutes=12)) is False, "nothing new"


def _predict(database: Database, model: ModelVersion, *, feature: float) -> None:
    id = add(database, at=NOW)
    with database.write() as session:
        job = session.query(Job).filter_by(submission_id=id).one()
        session.add(
            Prediction(submission_id=id, job_id=job.id, task="quality", label="lossless", verdict="genuine",
                       confidence=1.0, answer={}, features={"a": feature}, feature_version="f",
                       model_version_id=model.id, engine="e", created_at=NOW)
        )  # fmt: skip


def test_the_shipped_table_gives_bounds() -> None:
    from ml.artifact import SHIPPED
    from ml.dataset import Table

    table = Table.load(SHIPPED / "quality" / "table.npz")
    found = tasks._bounds("quality", table.spec.id)
    assert found is not None
    assert found[1].shape == (2, len(table.spec.names))
    rows = [dict(zip(table.spec.names, map(float, row), strict=True)) for row in table.X[:200]]
    assert 0.005 < tasks.outside(rows, found)["share"] < 0.04
    assert tasks._bounds("quality", "another") is None
