"""The laws of a job: one conditional UPDATE for every step, so that everything may happen twice."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Update, and_, func, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from app.jobs.tables import ENDED, QUEUED, RUNNING, Job

MAX_ATTEMPTS: Final = 3
LONG_BYTES: Final = 64 * 2**20
"""About 25 minutes of MP3 at 320 kbps."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One attempt of one worker. Whatever it does later holds only while it still is the latest."""

    job_id: int
    kind: str
    submission_id: str | None
    worker: str
    attempt: int
    lease: timedelta


def enqueue(session: Session, *, kind: str, submission_id: str | None, size_bytes: int, now: datetime) -> Job:
    """A new waiting job. Wake a worker after the commit."""
    job = Job(
        kind=kind,
        submission_id=submission_id,
        long=size_bytes >= LONG_BYTES,
        turn_at=now + timedelta(seconds=size_bytes / 2**20),
        created_at=now,
    )
    session.add(job)
    return job


def claim_next(
    session: Session, *, worker: str, long_lanes: int, lease: timedelta, now: datetime
) -> Claim | None:
    """Take the first waiting job; none: nothing to do. At most ``long_lanes`` long ones run at once."""
    first = (
        select(Job.id)
        .where(_waiting(now), or_(Job.long.is_(False), _long_running() < long_lanes))
        .order_by(Job.turn_at, Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    taken = session.execute(
        update(Job)
        .where(Job.id == first, Job.state == QUEUED)
        .values(
            state=RUNNING[0],
            fraction=0.0,
            worker=worker,
            attempts=Job.attempts + 1,
            lease_until=now + lease,
            heartbeat_at=now,
            started_at=now,
            not_before=None,
        )
        .returning(Job.id, Job.kind, Job.submission_id, Job.attempts)
    ).first()
    return Claim(*taken[:3], worker, taken[3], lease) if taken else None


def beat(session: Session, claim: Claim, *, state: str, fraction: float, now: datetime) -> bool:
    """Still here, this far. False: the job was cancelled, deleted or given to somebody else."""
    values = {"state": state, "fraction": fraction, "heartbeat_at": now, "lease_until": now + claim.lease}
    return _changed(session, _mine(claim).values(values))


def finish(session: Session, claim: Claim, *, now: datetime) -> bool:
    """True exactly once a job: store the result in the same transaction."""
    return _changed(session, _mine(claim).values(state="done", fraction=1.0, **_ended(now)))


def fail(
    session: Session, claim: Claim, *, code: str, facts: dict[str, Any], reason: str, now: datetime
) -> bool:
    """For good: trying again would change nothing."""
    why = {"reason_code": code, "reason_facts": facts, "reason": reason[:500]}
    return _changed(session, _mine(claim).values(state="failed", **why, **_ended(now)))


def retry(session: Session, claim: Claim, *, delay: timedelta, now: datetime) -> bool:
    """Back to the queue, not before ``delay`` is over. The attempt counts."""
    return _changed(session, _mine(claim).values(**_requeued(), not_before=now + delay))


def release(session: Session, claim: Claim) -> bool:
    """Back to the queue because the worker stops; the attempt doesn't count."""
    return _changed(session, _mine(claim).values(**_requeued(), attempts=Job.attempts - 1))


def cancel(session: Session, *, submission_id: str, now: datetime) -> bool:
    """True when something was waiting or running."""
    open_jobs = update(Job).where(Job.submission_id == submission_id, Job.state.not_in(ENDED))
    return _changed(session, open_jobs.values(state="cancelled", **_ended(now)))


def cancel_one(session: Session, job_id: int, *, now: datetime) -> bool:
    """True when it was waiting or running."""
    open_job = update(Job).where(Job.id == job_id, Job.state.not_in(ENDED))
    return _changed(session, open_job.values(state="cancelled", **_ended(now)))


def reap(session: Session, *, code: str, reason: str, now: datetime) -> int:
    """Jobs whose lease ended go back to the queue, or fail after the third attempt; how many."""
    lost = and_(Job.state.in_(RUNNING), Job.lease_until < now)
    given_up = update(Job).where(lost, Job.attempts >= MAX_ATTEMPTS)
    why = {"reason_code": code, "reason_facts": {"attempts": MAX_ATTEMPTS}, "reason": reason}
    failed = _count(session, given_up.values(state="failed", **why, **_ended(now)))
    return failed + _count(session, update(Job).where(lost).values(**_requeued()))


def has_lost(session: Session, *, now: datetime) -> bool:
    """Whether :func:`reap` would do anything; asking takes no lock."""
    lost = select(Job.id).where(Job.state.in_(RUNNING), Job.lease_until < now)
    return session.scalar(lost.limit(1)) is not None


def waiting(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Job).where(Job.state == QUEUED)) or 0


def ready(session: Session, *, now: datetime, limit: int) -> list[int]:
    """Ids of jobs that a worker could take now."""
    return list(session.scalars(select(Job.id).where(_waiting(now)).order_by(Job.turn_at).limit(limit)))


def position(session: Session, job: Job) -> int:
    """1 for the next one; 0 when it doesn't wait."""
    if job.state != QUEUED:
        return 0
    before = or_(Job.turn_at < job.turn_at, and_(Job.turn_at == job.turn_at, Job.id < job.id))
    counted = select(func.count()).select_from(Job).where(Job.state == QUEUED, before)
    return (session.scalar(counted) or 0) + 1


def _waiting(now: datetime) -> ColumnElement[bool]:
    return and_(Job.state == QUEUED, or_(Job.not_before.is_(None), Job.not_before <= now))


def _long_running() -> ColumnElement[int]:
    running = select(func.count()).select_from(Job).where(Job.state.in_(RUNNING), Job.long.is_(True))
    return running.scalar_subquery()


def _mine(claim: Claim) -> Update:
    return update(Job).where(
        Job.id == claim.job_id,
        Job.worker == claim.worker,
        Job.attempts == claim.attempt,
        Job.state.in_(RUNNING),
    )


def _ended(now: datetime) -> dict[str, Any]:
    return {"ended_at": now, "lease_until": None, "not_before": None}


def _requeued() -> dict[str, Any]:
    return {"state": QUEUED, "fraction": 0.0, "worker": None, "lease_until": None}


def _changed(session: Session, statement: Update) -> bool:
    return _count(session, statement) > 0


def _count(session: Session, statement: Update) -> int:
    result = session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
