"""Who was disabled, enabled, or got another role: their labels weigh something else now and are counted anew."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.admin import service as audit
from app.db import Database, lock
from app.labels import decisions
from app.labels.tables import Label

_AT_ONCE: Final = 100


def set_role(
    database: Database, *, name: str, role: str, by: str, now: datetime, seen: str | None = None
) -> int:
    """As accounts.service does, and how many decisions changed with it."""
    with database.write() as session:
        accounts.set_role(session, name=name, role=role, seen=seen, by=by, now=now)
    return recount(database, name=name, by=by, now=now)


def set_disabled(database: Database, *, name: str, disabled: bool, by: str, now: datetime) -> int:
    """As accounts.service does, and how many decisions changed with it."""
    with database.write() as session:
        accounts.set_disabled(session, name=name, disabled=disabled, by=by, now=now)
    return recount(database, name=name, by=by, now=now)


def recount(database: Database, *, name: str, by: str, now: datetime) -> int:
    """Let the voices decide again on each song that ``name`` spoke about; how many decisions changed.

    In short transactions, each with its entry in the audit log, so that nobody waits. Doing it again changes
    nothing; if it was cut off, do it again.
    """
    with database.read() as session:
        songs = _spoken_of(session, f"account:{name}")
    changed = 0
    for at in range(0, len(songs), _AT_ONCE):
        with database.write() as session:
            changed += _recount(session, songs[at : at + _AT_ONCE], name=name, by=by, now=now)
    return changed


def _spoken_of(session: Session, person: str) -> list[tuple[str, str]]:
    """Submission and task, in an order that all transactions share."""
    said = select(Label.submission_id, Label.task).where(Label.by == person).distinct()
    return sorted((submission_id, task) for submission_id, task in session.execute(said))


def _recount(session: Session, songs: list[tuple[str, str]], *, name: str, by: str, now: datetime) -> int:
    changed = []
    for submission_id, task in songs:
        lock(session, decisions.lock_name(submission_id, task))
        if decisions.reconsider(session, submission_id, task, now=now) is not None:
            changed.append(submission_id)
    if changed:
        facts = {"changed": len(changed), "of": len(songs), "songs": changed}
        audit.record(session, by=by, act="label.recount", on=name, facts=facts, now=now)
    return len(changed)
