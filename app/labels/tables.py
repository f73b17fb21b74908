"""Append-only: the latest row of a person counts, the older ones stay."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
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
    label: Mapped[str] = mapped_column(String(32))
    basis: Mapped[str] = mapped_column(String(16))
    """How they know."""
    at: Mapped[datetime]
