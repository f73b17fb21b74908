"""Facts about the running site, for the first page of those who run it. Few queries, each with an index under it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ScalarSelect, and_, func, or_, select
from sqlalchemy.orm import Session

from app.admin.tables import Figure
from app.jobs.tables import QUEUED, RUNNING, Job
from app.labels.service import CLASSES_OF
from app.labels.tables import Decision, Label
from app.registry import service as registry
from app.registry.tables import ModelVersion, Promotion
from app.submissions.tables import Submission

DAYS: Final = 14
KINDS: Final = ("audio", "picture")
DRIFT: Final = "drift"
"""Name of the figure that workers keep; app.admin.tasks says what is in it."""


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    audio: int
    pictures: int


@dataclass(frozen=True, slots=True)
class Failure:
    code: str
    count: int
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    waiting: int
    running: int
    done: int
    oldest_s: float
    """Since the first of the waiting ones was sent."""


@dataclass(frozen=True, slots=True)
class Classes:
    """Of one task."""

    rows: Sequence[tuple[str, int, int]]
    """Class, songs that somebody labels so, songs accepted as it; those with any."""
    train: int
    """Songs with an accepted label."""
    waiting: int
    """Songs with labels on which nothing is decided."""


@dataclass(frozen=True, slots=True)
class Served:
    """A model version and its last promotion."""

    version: ModelVersion
    is_champion: bool
    promotion: Promotion | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    days: Sequence[Day]
    queue: Queue
    failures: Sequence[Failure]
    labels: Mapping[str, Classes]
    drift: Figure | None
    models: Sequence[Served]
    submissions: int


def overview(session: Session, *, now: datetime) -> Overview:
    return Overview(
        days=_days(session, now=now),
        queue=_queue(session, now=now),
        failures=_failures(session, now=now),
        labels={task: _classes(session, task) for task in _labelled_tasks(session)},
        drift=session.get(Figure, DRIFT),
        models=_models(session),
        submissions=session.scalar(select(func.count()).select_from(Submission)) or 0,
    )


def as_json(found: Overview) -> dict[str, Any]:
    """The same for programs; of a model what tells it apart, of a class its name and both counts."""
    return {
        "submissions": found.submissions,
        "days": [asdict(day) | {"day": day.day.isoformat()} for day in found.days],
        "queue": asdict(found.queue),
        "failures": [asdict(failure) for failure in found.failures],
        "labels": {
            task: {
                "train": classes.train,
                "waiting": classes.waiting,
                "classes": {label: {"songs": songs, "accepted": n} for label, songs, n in classes.rows},
            }
            for task, classes in found.labels.items()
        },
        "drift": {"at": found.drift.at.isoformat(), **found.drift.value} if found.drift else None,
        "models": [
            {
                "id": one.version.id,
                "task": one.version.task,
                "version": one.version.version,
                "is_champion": one.is_champion,
                "promoted_by": one.promotion.by if one.promotion else None,
            }
            for one in found.models
        ],
    }


def _days(session: Session, *, now: datetime) -> list[Day]:
    """The last two weeks, today first. Counts of ranges need the index alone, grouping by date every row."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    starts = [today - timedelta(days=ago) for ago in range(DAYS)]
    counts = session.execute(select(*(_sent(start, kind) for start in starts for kind in KINDS))).one()
    return [Day(start.date(), *counts[2 * at : 2 * at + 2]) for at, start in enumerate(starts)]


def _sent(start: datetime, kind: str) -> ScalarSelect[int]:
    day = (Submission.created_at >= start, Submission.created_at < start + timedelta(days=1))
    return select(func.count()).where(*day, Submission.kind == kind).scalar_subquery()


def _queue(session: Session, *, now: datetime) -> Queue:
    states = _counts(session, select(Job.state, func.count()).group_by(Job.state))
    oldest = session.scalar(select(func.min(Job.created_at)).where(Job.state == QUEUED))
    return Queue(
        waiting=states.get(QUEUED, 0),
        running=sum(states.get(state, 0) for state in RUNNING),
        done=states.get("done", 0),
        oldest_s=(now - oldest).total_seconds() if oldest else 0.0,
    )


def _failures(session: Session, *, now: datetime) -> list[Failure]:
    """Of the last seven days, the most frequent first."""
    count = func.count()
    rows = session.execute(
        select(Job.reason_code, count, func.max(Job.reason))
        .where(Job.state == "failed", Job.ended_at >= now - timedelta(days=7))
        .group_by(Job.reason_code)
        .order_by(count.desc())
    )
    return [Failure(code or "internal", n, example or "") for code, n, example in rows]


def _labelled_tasks(session: Session) -> list[str]:
    """Those that a model answers, and any others that people spoke about."""
    said = session.scalars(select(Label.task).distinct())
    return list(dict.fromkeys([*registry.tasks(session), *sorted(said)]))


def _classes(session: Session, task: str) -> Classes:
    voices = select(func.max(Label.id)).where(Label.task == task).group_by(Label.submission_id, Label.by)
    newest = select(func.max(Decision.id)).where(Decision.task == task).group_by(Decision.submission_id)
    said = (Label.id.in_(voices), Label.label.is_not(None))
    songs = func.count(Label.submission_id.distinct())
    decided = and_(Decision.submission_id == Label.submission_id, Decision.id.in_(newest))
    undecided = or_(Decision.id.is_(None), and_(Decision.label.is_(None), Decision.by == "consensus"))
    labelled = _counts(session, select(Label.label, songs).where(*said).group_by(Label.label))
    trains = (Decision.id.in_(newest), Decision.label.is_not(None))
    accepted = _counts(session, select(Decision.label, func.count()).where(*trains).group_by(Decision.label))
    waiting = session.scalar(
        select(songs).select_from(Label).outerjoin(Decision, decided).where(*said, undecided)
    )
    order = dict.fromkeys([*CLASSES_OF.get(task, ()), *sorted(labelled.keys() | accepted.keys())])
    counted = ((label, labelled.get(label, 0), accepted.get(label, 0)) for label in order)
    return Classes([row for row in counted if any(row[1:])], sum(accepted.values()), waiting or 0)


def _counts(session: Session, statement: Any) -> dict[str, int]:
    return {str(label): count for label, count in session.execute(statement)}


def _models(session: Session, *, limit: int = 20) -> list[Served]:
    """Newest first."""
    champions = {version.id for version in registry.champions(session).values()}
    versions = session.scalars(select(ModelVersion).order_by(ModelVersion.id.desc()).limit(limit))
    last = select(func.max(Promotion.id)).group_by(Promotion.to_id)
    promoted = {row.to_id: row for row in session.scalars(select(Promotion).where(Promotion.id.in_(last)))}
    return [Served(version, version.id in champions, promoted.get(version.id)) for version in versions]
