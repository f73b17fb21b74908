"""No update is lost, whoever else writes; a lock that lasts is answered, not waited out for ever."""

import multiprocessing
import sqlite3
import time
from pathlib import Path
from threading import Timer

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.db import Database, lock

PROCESSES, TIMES = 8, 150


def _count(url: str) -> None:
    database = Database(url)
    for _ in range(TIMES):
        with database.write() as session:
            lock(session, "counter")
            value = session.execute(text("SELECT value FROM counter")).scalar_one()
            session.execute(text("UPDATE counter SET value = :next"), {"next": value + 1})
    database.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_eight_processes_of_150_increments_make_1200(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/t.sqlite" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    database = Database(url)
    with database.write() as session:
        session.execute(text("CREATE TABLE counter (value INTEGER)"))
        session.execute(text("INSERT INTO counter VALUES (0)"))
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_count, args=(url,)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    with database.read() as session:
        assert session.execute(text("SELECT value FROM counter")).scalar_one() == PROCESSES * TIMES
    database.close()


def test_a_failed_block_changes_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/t.sqlite")
    with database.write() as session:
        session.execute(text("CREATE TABLE t (x INTEGER)"))
    with pytest.raises(ZeroDivisionError):
        _insert_and_fail(database)
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM t")).scalar_one() == 0
    database.close()


@pytest.mark.parametrize(("held_s", "waits"), [(0.5, True), (3.0, False)])
def test_a_locked_database_is_waited_for_but_not_for_ever(tmp_path: Path, held_s: float, waits: bool) -> None:
    database = Database(f"sqlite:///{tmp_path}/t.sqlite", busy_timeout_s=1)
    with database.write() as session:
        session.execute(text("CREATE TABLE t (x INTEGER)"))
    holder = sqlite3.connect(tmp_path / "t.sqlite", check_same_thread=False, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    release = Timer(held_s, lambda: holder.execute("ROLLBACK"))
    release.start()
    start = time.monotonic()
    if waits:
        _insert(database)
    else:
        with pytest.raises(OperationalError, match="locked"):
            _insert(database)
    assert 0.4 < time.monotonic() - start < 2.5
    release.join()
    holder.close()
    database.close()


def test_sqlite_keeps_what_it_acknowledged_and_checks_references(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/t.sqlite")
    with database.read() as session:
        pragmas = {
            name: session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    database.close()


def _insert_and_fail(database: Database) -> None:
    with database.write() as session:
        session.execute(text("INSERT INTO t VALUES (1)"))
        _ = 1 / 0


def _insert(database: Database) -> None:
    with database.write() as session:
        session.execute(text("INSERT INTO t VALUES (1)"))
