"""Training runs as rows: starting, cancelling, reading them, and when one is due. The work is in service."""

import shutil
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.admin import service as audit
from app.admin import switches
from app.db import Database, lock, utcnow
from app.errors import NotFound, TooLate, TrainingAlready, UnknownTask
from app.jobs import service as jobs
from app.jobs.queue import Queue
from app.jobs.tables import ENDED, QUEUED, Job
from app.labels.decisions import accepted
from app.labels.tables import Decision
from app.registry import service as registry
from app.registry.tables import ModelVersion
from app.retraining.tables import TrainingNote, TrainingRun

KIND: Final = "retrain"
SEED: Final = 1
_EVERY: Final = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}
_LEFT_ALONE_S: Final = 3600.0
"""A younger folder that no row names may still be written to."""


def start(session: Session, *, task: str, trigger: str, by: str, now: datetime) -> TrainingRun:
    """A waiting run; wake a worker after the commit. Raises UnknownTask, TrainingAlready."""
    known = registry.tasks(session)
    if task not in known:
        raise UnknownTask(task=task, known=known)
    lock(session, f"retrain:{task}")
    if under_way(session, task) is not None:
        raise TrainingAlready(task=task)
    job = jobs.enqueue(session, kind=KIND, submission_id=None, size_bytes=0, now=now)
    job.long = True  # it leaves a worker to those who wait for an answer
    session.flush()
    run = TrainingRun(
        job_id=job.id, task=task, trigger=trigger, by=by, settings=_settings(session, task), created_at=now
    )
    session.add(run)
    session.flush()
    audit.record(session, by=by, act="model.retrain", on=f"run {run.id}", facts={"task": task}, now=now)
    return run


def cancel(session: Session, run_id: int, *, by: str, now: datetime) -> None:
    """Raises NotFound, TooLate."""
    run = get(session, run_id)
    if run.job_id is None or not jobs.cancel_one(session, run.job_id, now=now):
        raise TooLate(state=state(run))
    run.ended_at = now
    note(session, run.id, f"Cancelled by {by.removeprefix('account:')}.", now=now)
    audit.record(session, by=by, act="model.retrain_cancel", on=f"run {run.id}", now=now)


def get(session: Session, run_id: int) -> TrainingRun:
    """Raises NotFound."""
    wanted = select(TrainingRun).where(TrainingRun.id == run_id).options(*_WHOLE)
    found = session.scalar(wanted) if run_id < 2**31 else None
    if found is None:
        raise NotFound()
    return found


def newest(session: Session, task: str | None = None, *, limit: int = 20) -> list[TrainingRun]:
    """Newest first."""
    wanted = select(TrainingRun).options(*_WHOLE).order_by(TrainingRun.id.desc()).limit(limit)
    return list(session.scalars(wanted if task is None else wanted.where(TrainingRun.task == task)))


def under_way(session: Session, task: str) -> TrainingRun | None:
    """The run that waits or runs."""
    wanted = select(TrainingRun).join(Job, Job.id == TrainingRun.job_id).options(*_WHOLE)
    return session.scalar(wanted.where(TrainingRun.task == task, Job.state.not_in(ENDED)).limit(1))


def state(run: TrainingRun) -> str:
    """waiting, training, done, failed or cancelled."""
    now = run.job.state if run.job else "failed"
    return "waiting" if now == QUEUED else now if now in ENDED else "training"


def note(session: Session, run_id: int, says: str, *, now: datetime) -> None:
    session.add(TrainingNote(run_id=run_id, at=now, says=says[:500]))


def notes(session: Session, run_id: int) -> Sequence[TrainingNote]:
    """Oldest first."""
    wanted = select(TrainingNote).where(TrainingNote.run_id == run_id).order_by(TrainingNote.id)
    return list(session.scalars(wanted))


def waiting_labels(session: Session, task: str) -> int:
    """Accepted since the last run began."""
    last = newest(session, task, limit=1)
    return len(accepted(session, task, last[0].settings.get("decisions_to", 0) if last else None))


def due(session: Session, task: str, *, now: datetime) -> str | None:
    """What would start a run now: labels or schedule."""
    if under_way(session, task) is not None:
        return None
    fresh = waiting_labels(session, task)
    enough = switches.value(session, "labels_per_retrain")
    if enough and fresh >= enough:
        return "labels"
    every = _EVERY.get(switches.value(session, "retrain_schedule"))
    last = newest(session, task, limit=1)
    begun = last[0].created_at if last else _first_model_at(session, task)
    return "schedule" if every and fresh and now - begun >= every else None


def start_due(database: Database, *, queue: Queue) -> None:
    """A chore: harmless when several processes do it at once."""
    now = utcnow()
    with database.read() as session:
        wanted = [task for task in registry.tasks(session) if due(session, task, now=now)]
    for task in wanted:
        with database.write() as session:
            lock(session, f"retrain:{task}")
            trigger = due(session, task, now=now)
            run = start(session, task=task, trigger=trigger, by=trigger, now=now) if trigger else None
        if run is not None and run.job_id is not None:
            queue.wake(run.job_id)


def sweep(database: Database, *, folder: Path) -> None:
    """A chore: remove what a killed run has left behind."""
    with database.read() as session:
        named = set(session.scalars(select(ModelVersion.path)))
    for path in folder.glob("*/*"):
        if str(path.relative_to(folder)) not in named and _is_old(path):
            shutil.rmtree(path, ignore_errors=True)


_WHOLE: Final = (
    joinedload(TrainingRun.job),
    joinedload(TrainingRun.champion),
    joinedload(TrainingRun.candidate),
)


def _settings(session: Session, task: str) -> dict[str, Any]:
    newest_decision = select(func.max(Decision.id)).where(Decision.task == task)
    return {
        "seed": SEED,
        "song_weight": switches.value(session, "song_weight"),
        "decisions_to": session.scalar(newest_decision) or 0,
    }


def _first_model_at(session: Session, task: str) -> datetime:
    return registry.versions(session, task)[-1].created_at


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > _LEFT_ALONE_S
    except FileNotFoundError:
        return False
