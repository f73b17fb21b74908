"""What was sent, and what a model answered about it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base
from app.jobs.tables import Job
from app.labels.tables import Label
from app.registry.tables import ModelVersion
from app.storage.tables import StoredBlob


class Submission(Base):
    """One file from one person. Whoever knows the id may read the answer."""

    __tablename__ = "submission"
    __table_args__ = (
        Index("ix_submission_owner_id_created_at", "owner_id", "created_at"),
        Index("ix_submission_created_at_kind", "created_at", "kind"),
    )

    id: Mapped[str] = mapped_column(String(22), primary_key=True)
    owner_id: Mapped[str] = mapped_column(String(32))
    file: Mapped[str] = mapped_column(String(255))
    """The sender's name for it, cleaned; never used as a path."""
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    """audio or picture."""
    claim: Mapped[str | None] = mapped_column(String(32))
    """Class id the sender says it was bought as."""
    tasks: Mapped[list[Any]]
    keep_audio: Mapped[bool]
    created_at: Mapped[datetime]
    declared: Mapped[dict[str, Any] | None]
    spectrogram: Mapped[dict[str, Any] | None]
    engine: Mapped[str | None] = mapped_column(String(120))

    jobs: Mapped[list[Job]] = relationship(order_by=Job.id, passive_deletes="all")
    predictions: Mapped[list["Prediction"]] = relationship(order_by="Prediction.id", passive_deletes="all")
    labels: Mapped[list[Label]] = relationship(order_by=Label.id, passive_deletes="all")
    blobs: Mapped[list[StoredBlob]] = relationship(passive_deletes="all")

    @property
    def job(self) -> Job:
        """The newest one."""
        return self.jobs[-1]


class Prediction(Base):
    """What one model version answered for one task, with everything that is needed to learn from it."""

    __tablename__ = "prediction"
    __table_args__ = (UniqueConstraint("job_id", "task"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id", ondelete="CASCADE"), index=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    task: Mapped[str] = mapped_column(String(16))
    label: Mapped[str] = mapped_column(String(32))
    verdict: Mapped[str] = mapped_column(String(16))
    confidence: Mapped[float]
    answer: Mapped[dict[str, Any]]
    """The public record as it was answered: sentence, probabilities, history, evidence, cutoff_hz, ..."""
    features: Mapped[dict[str, Any]] = mapped_column(deferred=True)  # large, and no page shows them
    feature_version: Mapped[str] = mapped_column(String(64))
    model_version_id: Mapped[int] = mapped_column(ForeignKey("model_version.id"))
    engine: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]

    model_version: Mapped[ModelVersion] = relationship()


class Measurement(Base):
    """Kept audio measured again by a newer feature version, so that the next retrain need not."""

    __tablename__ = "measurement"
    __table_args__ = (UniqueConstraint("submission_id", "task", "feature_version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id", ondelete="CASCADE"))
    task: Mapped[str] = mapped_column(String(16))
    feature_version: Mapped[str] = mapped_column(String(64))
    features: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
