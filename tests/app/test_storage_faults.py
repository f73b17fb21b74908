"""The disk says no at each place where it can: said in words, nothing half-stored, works again at once."""

import errno
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.rights import needs
from app.context import Context
from app.db import utcnow
from app.jobs.worker import Worker
from app.schema import Account, Job, Prediction, Submission
from tests.app.conftest import get, post, send
from tests.app.fakes import wav

ERRNOS = {errno.ENOSPC: 507, errno.EDQUOT: 507, errno.EIO: 503}


class Fault:
    """Fails the n-th call of an operating system function on our files, then lets everything pass."""

    def __init__(self, real: Callable[..., Any], *, number: int, at: int) -> None:
        self.real, self.number, self.left = real, number, at

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.left -= 1
        if self.left == 0:
            raise OSError(self.number, os.strerror(self.number))
        return self.real(*args, **kwargs)


CALLS = [("write", 1), ("write", 2), ("fsync", 1), ("fsync", 2), ("fsync", 3), ("replace", 1)]
"""During one upload: parts of the file, the file's and both folders' fsync, the rename."""


@pytest.mark.parametrize("number", ERRNOS, ids=errno.errorcode.get)
@pytest.mark.parametrize(("name", "at"), CALLS)
def test_an_upload_that_fails_leaves_nothing(
    owner: FlaskClient, context: Context, monkeypatch: pytest.MonkeyPatch, name: str, at: int, number: int
) -> None:
    data = wav(n=100_000)  # more than one part
    fault = Fault(getattr(os, name), number=number, at=at)
    with monkeypatch.context() as patch:
        patch.setattr(os, name, fault)
        answer = post(owner, data)
    assert fault.left <= 0, "the fault was never reached"
    assert answer.status_code == ERRNOS[number]
    assert answer.mimetype == "application/problem+json"
    assert ("Retry-After" in answer.headers) == (number == errno.EIO)
    with context.database.read() as session:
        assert session.scalars(select(Submission)).all() == []
    assert list((context.settings.state_dir / "uploads").iterdir()) == []
    assert _integrity(context) == "ok"
    send(owner, data)


@pytest.mark.parametrize("name", ["write", "fsync", "replace"])
def test_a_result_that_cannot_be_stored_is_tried_again(
    owner: FlaskClient, worker: Worker, context: Context, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    id = send(owner)["id"]
    with monkeypatch.context() as patch:
        patch.setattr(os, name, Fault(getattr(os, name), number=errno.ENOSPC, at=2))
        worker.run_next()
    with context.database.write() as session:
        job = session.scalars(select(Job)).one()
        assert (job.state, job.attempts) == ("queued", 1)
        assert session.scalars(select(Prediction)).all() == []
        job.not_before = None
    worker.run_next()
    assert get(owner, id)["status"] == "done"


def test_a_database_on_a_full_disk_says_so(app: APIFlask, context: Context) -> None:
    """SQLite's own limit on pages acts like a full disk."""
    app.add_url_rule("/api/fill", view_func=needs("anyone")(lambda: _fill(context)))
    client = app.test_client()
    context.database.close()  # a pool of one connection, which is the one that is limited
    with context.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1")  # taken as: no more than there are
    answer = client.get("/api/fill")
    assert (answer.status_code, answer.get_json()["code"]) == (507, "storage_full")
    with context.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    assert _integrity(context) == "ok"
    send(client)


def test_a_locked_database_is_a_503_with_a_time_to_come_back(owner: FlaskClient, context: Context) -> None:
    holder = sqlite3.connect(Path(context.settings.state_dir) / "lineage.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    answer = post(owner, wav())
    assert (answer.status_code, answer.get_json()["code"]) == (503, "database_busy")
    assert int(answer.headers["Retry-After"]) > 0
    holder.execute("ROLLBACK")
    holder.close()
    send(owner)


def _integrity(context: Context) -> str:
    with context.database.engine.connect() as connection:
        return str(connection.exec_driver_sql("PRAGMA integrity_check").scalar())


def _fill(context: Context) -> None:
    for n in range(10_000):
        with context.database.write() as session:
            session.add(
                Account(
                    name=f"{n}" * 12, role="r", password_hash="h", session_key="k" * 32, created_at=utcnow()
                )
            )
