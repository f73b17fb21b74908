"""The audit log: who did what to what. It is written in the transaction of the act itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.admin.tables import Act


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the log, newest first."""

    acts: Sequence[Act]
    total: int


def record(
    session: Session, *, by: str, act: str, on: str, now: datetime, facts: Mapping[str, Any] | None = None
) -> None:
    """``by``: account:<name> or "command"; ``act``: such as account.role; ``on``: what it was done to."""
    session.add(Act(at=now, by=by[:80], act=act, on=on[:80], facts=dict(facts or {})))


def acts(session: Session, *, by: str = "", act: str = "", limit: int = 50, offset: int = 0) -> Page:
    """``by`` and ``act`` narrow it to one person and to acts that start so."""
    wanted: list[ColumnElement[bool]] = []
    if by:
        wanted.append(Act.by == by)
    if act:
        wanted.append(Act.act.startswith(act, autoescape=True))
    newest = select(Act).where(*wanted).order_by(Act.id.desc()).limit(limit).offset(offset)
    total = session.scalar(select(func.count()).select_from(Act).where(*wanted)) or 0
    return Page(list(session.scalars(newest)), total)


def kinds(session: Session) -> list[str]:
    """Of acts that were recorded so far."""
    return list(session.scalars(select(Act.act).distinct().order_by(Act.act)))


def people(session: Session) -> list[str]:
    """Who did them."""
    return list(session.scalars(select(Act.by).distinct().order_by(Act.by)))
