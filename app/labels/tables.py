"""What people say, and what is made of it. Append-only: the latest row counts, the older ones stay."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class Label(Base):
    """One statement of one person about one submission."""

    __tablename__ = "label"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id", ondelete="CASCADE"), index=True)
    prediction_id: Mapped[int | None] = mapped_column(ForeignKey("prediction.id", ondelete="CASCADE"))
    model_version_id: Mapped[int | None] = mapped_column(ForeignKey("model_version.id"))
    """Which model had answered when this was said."""
    by: Mapped[str] = mapped_column(String(80), index=True)
    """Owner id of the cookie, or account:<name>."""
    task: Mapped[str] = mapped_column(String(16))
    label: Mapped[str | None] = mapped_column(String(32))
    """None: this person takes back what they said before."""
    basis: Mapped[str] = mapped_column(String(16))
    """How they know."""
    sure: Mapped[str] = mapped_column(String(8), default="sure")
    """How sure they are: sure, likely or guess."""
    blind: Mapped[bool] = mapped_column(default=False)
    """Whether the model's answer was hidden from them."""
    at: Mapped[datetime]


class Decision(Base):
    """What became of the labels of one submission: only an accepted one trains."""

    __tablename__ = "label_decision"
    __table_args__ = (Index("ix_label_decision_submission_id_task", "submission_id", "task"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id", ondelete="CASCADE"))
    task: Mapped[str] = mapped_column(String(16))
    label: Mapped[str | None] = mapped_column(String(32))
    """The class that trains; None: none does."""
    weight: Mapped[float] = mapped_column(default=1.0)
    """How much it counts in training, from how sure those were who said it."""
    by: Mapped[str] = mapped_column(String(80))
    """account:<name> of an admin, or "consensus"."""
    why: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime] = mapped_column(index=True)


class Skip(Base):
    """A reviewer who doesn't want to answer this one."""

    __tablename__ = "review_skip"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id", ondelete="CASCADE"), index=True)
    task: Mapped[str] = mapped_column(String(16))
    by: Mapped[str] = mapped_column(String(80), index=True)
    at: Mapped[datetime]
