"""Facts about the running site, for one page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.jobs.tables import Job
from app.labels.tables import Label
from app.registry import service as registry
from app.registry.tables import ModelVersion
from app.submissions.tables import Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What one page shows."""

    jobs: Mapping[str, int]
    """By state."""
    oldest_waiting_s: float
    failures: Mapping[str, int]
    """Of the last seven days, by reason."""
    submissions: int
    labels: int
    versions: list[ModelVersion]
    champions: Mapping[str, ModelVersion]


def status(session: Session, *, now: datetime) -> Status:
    oldest = session.scalar(select(func.min(Job.created_at)).where(Job.state == "queued"))
    week = Job.ended_at >= now - timedelta(days=7)
    return Status(
        jobs=dict(session.execute(select(Job.state, func.count()).group_by(Job.state)).all()),
        oldest_waiting_s=(now - oldest).total_seconds() if oldest else 0.0,
        failures={
            str(code): count
            for code, count in session.execute(
                select(Job.reason_code, func.count())
                .where(Job.state == "failed", week)
                .group_by(Job.reason_code)
            )
        },
        submissions=session.scalar(select(func.count()).select_from(Submission)) or 0,
        labels=session.scalar(select(func.count()).select_from(Label)) or 0,
        versions=registry.versions(session),
        champions=registry.champions(session),
    )
