"""What those who run the site have set, and everything that they did."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class Switch(Base):
    """One setting that an admin can change while the site runs; no row: its default."""

    __tablename__ = "switch"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[dict[str, Any]]
    """``{"value": ...}``."""
    by: Mapped[str] = mapped_column(String(80))
    changed_at: Mapped[datetime]


class Figure(Base):
    """What a worker computes now and then for a page, because the web process should not."""

    __tablename__ = "figure"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class Act(Base):
    """Append-only: who did what to what, and when."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    by: Mapped[str] = mapped_column(String(80), index=True)
    act: Mapped[str] = mapped_column(String(32), index=True)
    """In the form account.create, switch.set, model.promote, label.accept."""
    on: Mapped[str] = mapped_column(String(80))
    """What it was done to: an account's name, a submission's id, a version."""
    facts: Mapped[dict[str, Any]]
