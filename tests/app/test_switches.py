"""Switches take effect, refuse nonsense, and are written into the log."""

from datetime import timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.accounts.tables import ApiToken
from app.admin import switches
from app.admin.switches import KINDS, Switches
from app.admin.tables import Act, Switch
from app.cli import chores
from app.context import Context
from app.db import Database, utcnow
from app.errors import BadSwitch, Conflict, NotFound
from app.jobs.worker import Worker
from app.storage import service as storage
from app.storage.tables import StoredBlob
from app.submissions.tables import Submission
from tests.app.conftest import API, PASSWORD, fill, get, log_in, post, send, token
from tests.app.fakes import wav


def turn(context: Context, name: str, text: str) -> None:
    with context.database.write() as session:
        seen = switches.as_text(switches.value(session, name))
        switches.change(session, name, text, seen=seen, by="account:root", now=utcnow())
    context.switches.forget()


@pytest.mark.parametrize("name", sorted(KINDS))
def test_each_has_a_default_that_it_accepts_and_words(name: str) -> None:
    kind = KINDS[name]
    assert kind.parse(switches.as_text(kind.default)) == kind.default
    assert len(kind.title) > 5
    assert kind.says[-1] == "."
    with pytest.raises(BadSwitch):
        kind.parse("perhaps")


@pytest.mark.parametrize(
    ("name", "text"),
    [("audio_days", "-1"), ("audio_days", "1.5"), ("accuse", "1.01"), ("accuse", "nan"), ("accuse", "inf"),
     ("read_only", "yes"), ("read_only", ""), ("retrain_schedule", "hourly"), ("labels_per_retrain", "1e9")],
)  # fmt: skip
def test_nonsense_is_refused(database: Database, name: str, text: str) -> None:
    seen = switches.as_text(KINDS[name].default)
    with database.write() as session, pytest.raises(BadSwitch):
        switches.change(session, name, text, seen=seen, by="x", now=utcnow())
    with database.read() as session:
        assert switches.value(session, name) == KINDS[name].default
        assert session.scalars(select(Act)).all() == []


def test_a_change_holds_and_is_logged_once(database: Database) -> None:
    for _ in range(2):  # pressed twice
        with database.write() as session:
            switches.change(session, "audio_days", "30", seen="0", by="account:eva", now=utcnow())
    with database.read() as session:
        assert switches.value(session, "audio_days") == 30
        acts = list(session.scalars(select(Act)))
    assert [(act.by, act.act, act.on, act.facts) for act in acts] == [
        ("account:eva", "switch.set", "audio_days", {"from": 0, "to": 30})
    ]


def test_of_two_admins_at_once_one_wins(database: Database) -> None:
    with database.write() as session:
        switches.change(session, "audio_days", "30", seen="0", by="account:eva", now=utcnow())
        with pytest.raises(Conflict):
            switches.change(session, "audio_days", "60", seen="0", by="account:ole", now=utcnow())
        with pytest.raises(NotFound):
            switches.change(session, "gravity", "off", seen="on", by="account:ole", now=utcnow())
        assert switches.value(session, "audio_days") == 30


def test_a_row_that_fits_no_longer_counts_as_none(database: Database) -> None:
    with database.write() as session:
        for name, value in (
            ("audio_days", {"value": "many"}),
            ("retrain_schedule", {"value": "x"}),
            ("accuse", {}),
        ):
            session.add(Switch(name=name, value=value, by="x", changed_at=utcnow()))
    with database.read() as session:
        assert switches.values(session) == {name: kind.default for name, kind in KINDS.items()}


def test_a_process_asks_every_two_seconds(database: Database) -> None:
    clock = [100.0]
    kept = Switches(database, clock=lambda: clock[0])
    assert kept["read_only"] is False
    with database.write() as session:
        switches.change(session, "read_only", "on", seen="off", by="x", now=utcnow())
    clock[0] += 1.9
    assert kept["read_only"] is False
    clock[0] += 0.2
    assert kept["read_only"] is True


def test_paused_uploads_are_refused_in_words_and_the_rest_goes_on(
    context: Context, owner: FlaskClient, worker: Worker
) -> None:
    id = send(owner)["id"]
    turn(context, "uploads_paused", "on")
    api = post(owner, wav(seed=2))
    assert (api.status_code, api.get_json()["code"]) == (503, "paused")
    assert api.headers["Retry-After"]
    for address in ("/upload", "/examples/lossless"):
        page = owner.post(address, data={"csrf_token": token(owner, "/")})
        assert page.status_code == 503
        assert "takes no new files" in page.text
    worker.run_next()
    assert get(owner, id)["status"] == "done"
    assert owner.delete(f"{API}/{id}").status_code == 204
    turn(context, "uploads_paused", "off")
    send(owner)


def test_a_read_only_site_is_read_and_run_by_admins_only(
    app: APIFlask, context: Context, owner: FlaskClient, member: FlaskClient, admin: FlaskClient
) -> None:
    id, form = send(owner)["id"], {"csrf_token": token(owner, "/")}
    before = get(owner, id)
    turn(context, "read_only", "on")
    said = {"task": "quality", "label": "mp3-128", "basis": "agree"}
    for answer in (
        post(owner, wav(seed=2)),
        owner.post(f"{API}/{id}/labels", json=said),
        owner.post(f"{API}/{id}/cancel"),
        owner.delete(f"{API}/{id}"),
    ):
        assert (answer.status_code, answer.get_json()["code"]) == (503, "read_only")
    for address in (f"/s/{id}/delete", f"/s/{id}/label", "/examples/lossless", "/sign-up"):
        page = owner.post(address, data=form | said)
        assert (page.status_code, "only be read" in page.text) == (503, True), address
    assert member.post("/account/tokens", data={"csrf_token": token(member, "/account")}).status_code == 503
    with context.database.read() as session:
        assert session.scalars(select(ApiToken)).all() == []
    assert get(owner, id) == before
    assert fill(member, "/account", "/logout").status_code == 303
    assert log_in(app.test_client(), name="mia", password=PASSWORD).status_code == 303
    assert (
        fill(admin, "/admin/switches", "/admin/switches/read_only", value="off", seen="on").status_code == 303
    )
    assert owner.delete(f"{API}/{id}").status_code == 204


def test_closed_sign_ups_say_so(app: APIFlask, context: Context) -> None:
    client = app.test_client()
    assert "/sign-up" in client.get("/login").text
    form = {"name": "mia", "password": PASSWORD, "csrf_token": token(client, "/sign-up")}
    turn(context, "sign_ups_open", "off")
    assert "/sign-up" not in client.get("/login").text
    for answer in (client.get("/sign-up"), client.post("/sign-up", data=form)):
        assert answer.status_code == 403
        assert "no new accounts" in answer.text


def test_old_audio_goes_where_days_are_set(context: Context, owner: FlaskClient, worker: Worker) -> None:
    ids = [send(owner, wav(seed=seed), keep_audio="1")["id"] for seed in (1, 2)]
    while worker.run_next():
        pass
    with context.database.write() as session:
        long_ago = utcnow() - timedelta(days=31)
        session.execute(update(Submission).where(Submission.id == ids[0]).values(created_at=long_ago))
    _do_chores(context)
    assert _kept(context) == set(ids), "0 days: all of it stays"
    turn(context, "audio_days", "30")
    _do_chores(context)
    assert _kept(context) == {ids[1]}
    old = get(owner, ids[0])
    assert (old["keep_audio"], old["status"], old["quality"]["label"]) == (False, "done", "mp3-128")
    assert get(owner, ids[1])["keep_audio"] is True


def _do_chores(context: Context) -> None:
    for chore in chores(context):
        chore.do()


def _kept(context: Context) -> set[str]:
    with context.database.read() as session:
        wanted = select(StoredBlob.submission_id).where(StoredBlob.name == storage.ORIGINAL)
        return set(session.scalars(wanted))


def test_thresholds_replace_the_models_own() -> None:
    from app.submissions.tasks import _thresholds, _with
    from ml.artifact import Artifact

    own: dict[str, Any] = {"thresholds": {"accuse": 0.86, "acquit": 0.7}}
    model = Artifact("quality", "1", ("a",), "f", own, None)
    unset = {name: KINDS[name].default for name in switches.THRESHOLDS}
    assert _with(model, _thresholds(unset)) is model
    changed = _with(model, _thresholds(unset | {"accuse": 0.99, "accuse_lossy": 0.5}))
    assert changed.manifest["thresholds"] == {"accuse": 0.99, "acquit": 0.7}, "only those it knows"
    assert model.manifest["thresholds"]["accuse"] == 0.86
    without = Artifact("genre", "1", ("a",), "f", {}, None)
    assert _with(without, _thresholds(unset | {"accuse": 0.99})) is without
