"""The job row: who works on what, until when, how often tried, and why it failed."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base

QUEUED: Final = "queued"
RUNNING: Final = ("decoding", "measuring", "training")
ENDED: Final = ("done", "failed", "cancelled")


class Job(Base):
    """queued -> decoding -> measuring, or training -> done | failed | cancelled; a lost lease leads back to queued."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_state_turn_at", "state", "turn_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    submission_id: Mapped[str | None] = mapped_column(
        ForeignKey("submission.id", ondelete="CASCADE"), index=True
    )
    state: Mapped[str] = mapped_column(String(16), default=QUEUED)
    fraction: Mapped[float] = mapped_column(default=0.0)
    """Of the present step, 0 to 1."""
    long: Mapped[bool] = mapped_column(default=False)
    """Long jobs leave a worker free for the short ones."""
    turn_at: Mapped[datetime]
    """Jobs are taken in this order: arrival plus a second a megabyte. Short ones pass, but not for ever."""
    not_before: Mapped[datetime | None]
    """A retry waits until then."""
    attempts: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    reason_code: Mapped[str | None] = mapped_column(String(32))
    reason_facts: Mapped[dict[str, Any] | None]
    reason: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
