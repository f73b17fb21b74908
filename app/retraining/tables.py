"""Training runs: what was learnt from, how it went, what came out."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.jobs.tables import Job
from app.registry.tables import ModelVersion


class TrainingRun(Base):
    """One attempt to make a candidate. Its job row says whether it waits, runs or has ended."""

    __tablename__ = "training_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"), index=True)
    task: Mapped[str] = mapped_column(String(16))
    trigger: Mapped[str] = mapped_column(String(16))
    """button, command, schedule or labels."""
    by: Mapped[str] = mapped_column(String(80))
    settings: Mapped[dict[str, Any]]
    """Weights, seed and what else decides the outcome."""
    snapshot: Mapped[dict[str, Any] | None]
    """Frozen when it starts: ids of the decisions and of the base table, counts, what was left out and why."""
    snapshot_sha256: Mapped[str | None] = mapped_column(String(64))
    champion_id: Mapped[int | None] = mapped_column(ForeignKey("model_version.id"))
    candidate_id: Mapped[int | None] = mapped_column(ForeignKey("model_version.id"))
    comparison: Mapped[dict[str, Any] | None]
    """Candidate beside champion on the same frozen test part, and what the gate says."""
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    job: Mapped[Job | None] = relationship()
    champion: Mapped[ModelVersion | None] = relationship(foreign_keys=[champion_id])
    candidate: Mapped[ModelVersion | None] = relationship(foreign_keys=[candidate_id])


class TrainingRow(Base):
    """One labelled song in a run, and what both models said of it without having met it."""

    __tablename__ = "training_row"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("training_run.id", ondelete="CASCADE"), index=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("label_decision.id", ondelete="CASCADE"), index=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id", ondelete="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(String(32))
    weight: Mapped[float]
    champion_says: Mapped[str | None] = mapped_column(String(32))
    candidate_says: Mapped[str | None] = mapped_column(String(32))


class TrainingNote(Base):
    """One line of a run's log."""

    __tablename__ = "training_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("training_run.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    says: Mapped[str] = mapped_column(String(500))
