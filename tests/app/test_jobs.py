"""The laws of a job, with a clock in the hand."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

from sqlalchemy import select

from app.db import Database
from app.jobs import service
from app.jobs.service import Claim
from app.jobs.tables import Job

T0 = datetime(2026, 1, 1, tzinfo=UTC)
LEASE = timedelta(seconds=20)
SECOND = timedelta(seconds=1)


def add(database: Database, *, size_mib: int = 1, at: datetime = T0) -> int:
    with database.write() as session:
        job = service.enqueue(
            session, kind="analysis", submission_id=None, size_bytes=size_mib * 2**20, now=at
        )
        session.flush()
        return job.id


def claim(database: Database, *, worker: str = "w", at: datetime = T0, lanes: int = 1) -> Claim | None:
    with database.write() as session:
        return service.claim_next(session, worker=worker, long_lanes=lanes, lease=LEASE, now=at)


def claimed(database: Database, **how) -> Claim:  # type: ignore[no-untyped-def]
    found = claim(database, **how)
    assert found is not None
    return found


def job(database: Database, id: int) -> Job:
    with database.read() as session:
        return session.get_one(Job, id)


def reap(database: Database, *, at: datetime) -> int:
    with database.write() as session:
        return service.reap(session, code="worker_lost", reason="gave up", now=at)


def test_one_job_is_claimed_once_however_many_ask(database: Database) -> None:
    ids = {add(database) for _ in range(20)}
    start, got = Barrier(6), []

    def worker(name: str) -> None:
        start.wait()
        while (found := claim(database, worker=name)) is not None:
            got.append(found.job_id)

    threads = [Thread(target=worker, args=(f"w{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = [n for n in ids if job(database, n).state == "queued"]
    assert sorted([*got, *left]) == sorted(ids)
    assert (
        left == [] or database.engine.dialect.name == "postgresql"
    )  # a skipped lock is asked for again later


def test_short_ones_pass_long_ones_but_not_for_ever(database: Database) -> None:
    long = add(database, size_mib=60)
    soon = add(database, size_mib=1, at=T0 + 30 * SECOND)
    late = add(database, size_mib=1, at=T0 + 90 * SECOND)
    assert [claimed(database, at=T0 + 100 * SECOND).job_id for _ in range(3)] == [soon, long, late]


def test_a_worker_stays_free_of_long_ones(database: Database) -> None:
    first, second = add(database, size_mib=200), add(database, size_mib=300)
    assert claimed(database).job_id == first
    assert claim(database) is None
    short = add(database, size_mib=1, at=T0 + 9000 * SECOND)
    assert claimed(database, at=T0 + 9000 * SECOND).job_id == short
    assert claimed(database, lanes=2).job_id == second


def test_the_place_in_the_queue_is_the_order_of_turns(database: Database) -> None:
    ids = [add(database, size_mib=size) for size in (50, 1, 20)]
    with database.read() as session:
        places = [service.position(session, session.get_one(Job, id)) for id in ids]
        assert service.waiting(session) == 3
    assert places == [3, 1, 2]
    assert claimed(database).job_id == ids[1]
    with database.read() as session:
        assert [service.position(session, session.get_one(Job, id)) for id in ids] == [2, 0, 1]


def test_a_lost_lease_gives_the_job_to_another_and_the_first_can_do_nothing_more(database: Database) -> None:
    id = add(database)
    first = claimed(database, worker="dead")
    assert reap(database, at=T0 + LEASE - SECOND) == 0
    assert reap(database, at=T0 + LEASE + SECOND) == 1
    second = claimed(database, worker="alive", at=T0 + LEASE + SECOND)
    assert (second.job_id, second.attempt) == (id, 2)
    late = T0 + LEASE + 2 * SECOND
    with database.write() as session:
        assert not service.beat(session, first, state="measuring", fraction=0.5, now=late)
        assert not service.finish(session, first, now=late)
        assert not service.fail(session, first, code="x", facts={}, reason="x", now=late)
        assert not service.retry(session, first, delay=SECOND, now=late)
        assert not service.release(session, first)
        assert service.finish(session, second, now=late)
        assert not service.finish(session, second, now=late)
    assert job(database, id).state == "done"


def test_a_heartbeat_keeps_the_job(database: Database) -> None:
    add(database)
    mine = claimed(database)
    with database.write() as session:
        assert service.beat(session, mine, state="measuring", fraction=0.5, now=T0 + 15 * SECOND)
    assert reap(database, at=T0 + 30 * SECOND) == 0
    now = job(database, mine.job_id)
    assert (now.state, now.fraction, now.heartbeat_at) == ("measuring", 0.5, T0 + 15 * SECOND)


def test_three_deaths_are_enough(database: Database) -> None:
    id = add(database)
    for attempt in (1, 2, 3):
        at = T0 + attempt * 100 * SECOND
        assert claimed(database, at=at).attempt == attempt
        assert reap(database, at=at + LEASE + SECOND) == 1
    assert claim(database, at=T0 + 1000 * SECOND) is None
    dead = job(database, id)
    assert (dead.state, dead.reason_code, dead.reason, dead.attempts) == (
        "failed",
        "worker_lost",
        "gave up",
        3,
    )


def test_a_retry_waits_and_counts_a_release_does_neither(database: Database) -> None:
    add(database)
    with database.write() as session:
        assert service.retry(session, _claim_in(session), delay=5 * SECOND, now=T0)
    assert claim(database, at=T0 + 4 * SECOND) is None
    second = claimed(database, at=T0 + 5 * SECOND)
    assert second.attempt == 2
    with database.write() as session:
        assert service.release(session, second)
    assert claimed(database, at=T0 + 5 * SECOND).attempt == 2


def test_what_is_ready_is_told_again(database: Database) -> None:
    first, second = add(database, size_mib=2), add(database, size_mib=1)
    with database.read() as session:
        assert service.ready(session, now=T0, limit=9) == [second, first]
        assert service.ready(session, now=T0, limit=1) == [second]


def test_failure_keeps_its_reason(database: Database) -> None:
    id = add(database)
    mine = claimed(database)
    with database.write() as session:
        assert service.fail(session, mine, code="silent", facts={"peak_db": -99}, reason="No sound.", now=T0)
        assert session.scalars(select(Job.state)).all() == ["failed"]
    row = job(database, id)
    assert (row.reason_code, row.reason_facts, row.reason) == ("silent", {"peak_db": -99}, "No sound.")


def _claim_in(session) -> Claim:  # type: ignore[no-untyped-def]
    found = service.claim_next(session, worker="w", long_lanes=1, lease=LEASE, now=T0)
    assert found is not None
    return found
