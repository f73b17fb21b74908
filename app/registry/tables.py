"""Model versions never change; an alias says which one answers; the log says who moved it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base


class ModelVersion(Base):
    """One immutable trained model."""

    __tablename__ = "model_version"
    __table_args__ = (UniqueConstraint("task", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    task: Mapped[str] = mapped_column(String(16))
    version: Mapped[str] = mapped_column(String(64))
    feature_version: Mapped[str] = mapped_column(String(64))
    path: Mapped[str | None] = mapped_column(String(500))
    """Folder of model.joblib and manifest.json; none: the one that ships with the code."""
    sha256: Mapped[str] = mapped_column(String(64))
    manifest: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class ModelAlias(Base):
    """champion answers; candidate waits for an admin."""

    __tablename__ = "model_alias"

    task: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    model_version_id: Mapped[int] = mapped_column(ForeignKey("model_version.id"))
    changed_at: Mapped[datetime]

    model_version: Mapped[ModelVersion] = relationship()


class Promotion(Base):
    """Append-only: each move of the champion, forth and back."""

    __tablename__ = "promotion"

    id: Mapped[int] = mapped_column(primary_key=True)
    task: Mapped[str] = mapped_column(String(16))
    from_id: Mapped[int | None] = mapped_column(ForeignKey("model_version.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("model_version.id"))
    by: Mapped[str] = mapped_column(String(80))
    why: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime]
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("promotion.id"))
    """A roll back: the move that no longer holds, and with it every one since."""
