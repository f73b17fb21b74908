"""Whose account is disabled or gets another role, their labels are counted anew, and the log says so."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.admin.tables import Act
from app.admin.words import act_words
from app.context import Context
from app.db import utcnow
from app.jobs.worker import Worker
from app.labels import decisions, standing
from tests.app.conftest import API, fill, send
from tests.app.fakes import wav

PEOPLE = "/api/v1/accounts"


@pytest.fixture
def songs(owner: FlaskClient, reviewer: FlaskClient, worker: Worker) -> list[str]:
    """Owner and reviewer agree on two of three."""
    ids = []
    for n in range(3):
        ids.append(send(owner, wav(seed=n))["id"])
        worker.run_next()
    said = {"task": "quality", "label": "mp3-128", "basis": "own"}
    for client, some in ((owner, ids), (reviewer, ids[:2])):
        for id in some:
            assert client.post(f"{API}/{id}/labels", json=said).status_code == 201
    return ids


def trains(context: Context) -> list[str]:
    with context.database.read() as session:
        return [one.submission_id for one in decisions.accepted(session, "quality")]


def recounts(context: Context) -> list[Act]:
    with context.database.read() as session:
        return list(session.scalars(select(Act).where(Act.act == "label.recount").order_by(Act.id)))


def test_a_disabled_accounts_labels_no_longer_count(
    context: Context, songs: list[str], admin: FlaskClient
) -> None:
    assert trains(context) == songs[:2]
    admin.post(f"{PEOPLE}/rita/disabled", json={"disabled": True})
    assert trains(context) == []
    (act,) = recounts(context)
    assert (act.by, act.on, act.facts) == (
        "account:root", "rita", {"changed": 2, "of": 2, "songs": sorted(songs[:2])}
    )  # fmt: skip
    assert act_words(act) == "counted labels anew, which changed what trains for 2 of 2 songs"
    admin.post(f"{PEOPLE}/rita/disabled", json={"disabled": False})
    assert set(trains(context)) == set(songs[:2])


def test_neither_do_a_reviewers_who_is_one_no_longer(
    context: Context, songs: list[str], admin: FlaskClient
) -> None:
    page = fill(admin, "/admin/people", "/admin/people/rita/role", role="member", seen="reviewer")
    assert page.status_code == 303
    assert "What trains has changed for 2 songs." in admin.get("/admin/people").text
    assert trains(context) == []


def test_what_an_admin_decided_stays(context: Context, songs: list[str], admin: FlaskClient) -> None:
    with context.database.read() as session:
        seen = decisions.token(session, songs[0], "quality")
    said = {"task": "quality", "label": "mp3-128", "seen": seen}
    assert admin.post(f"{API}/{songs[0]}/decision", json=said).status_code == 201
    admin.post(f"{PEOPLE}/rita/disabled", json={"disabled": True})
    assert trains(context) == [songs[0]]


def test_counting_again_changes_nothing(context: Context, songs: list[str], admin: FlaskClient) -> None:
    admin.post(f"{PEOPLE}/rita/disabled", json={"disabled": True})
    assert standing.recount(context.database, name="rita", by="x", now=utcnow()) == 0
    assert standing.recount(context.database, name="nobody", by="x", now=utcnow()) == 0
    assert len(recounts(context)) == 1
