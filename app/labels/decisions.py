"""What becomes of labels: accepted by consensus or by an admin, else nothing is learnt from them.

Append-only; the latest decision on a submission and task is the one that holds. An admin's holds until an
admin's next one, a consensus as long as the voices carry it.
"""

from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.accounts.tables import Account
from app.db import lock
from app.errors import Conflict, NoReason, UnknownLabel
from app.labels import vote
from app.labels.service import CLASSES_OF, latest, record
from app.labels.tables import Decision, Label
from app.labels.vote import Outcome, Voice
from app.submissions.tables import Submission

CONSENSUS: Final = "consensus"


class Accepted(NamedTuple):
    """One song that trains."""

    decision_id: int
    submission_id: str
    label: str
    weight: float


def accepted(session: Session, task: str, after_id: int | None = None) -> list[Accepted]:
    """What trains now, oldest decision first; only those decided after ``after_id``, if given."""
    wanted = (
        select(Decision.id, Decision.submission_id, Decision.label, Decision.weight)
        .where(Decision.id.in_(_newest(task)), Decision.label.is_not(None), Decision.id > (after_id or 0))
        .order_by(Decision.id)
    )
    return [Accepted(*row) for row in session.execute(wanted)]  # type: ignore[arg-type]  # never None: see there


def count_accepted_since(session: Session, task: str, when: datetime) -> int:
    """Songs whose accepted label is newer than ``when``."""
    wanted = select(func.count()).where(
        Decision.id.in_(_newest(task)), Decision.label.is_not(None), Decision.at > when
    )
    return session.scalar(wanted) or 0


def stands(session: Session, submission_id: str, task: str) -> Decision | None:
    """The decision that holds."""
    made = select(Decision).where(Decision.submission_id == submission_id, Decision.task == task)
    return session.scalar(made.order_by(Decision.id.desc()).limit(1))


def say(
    session: Session,
    submission: Submission,
    *,
    by: str,
    task: str,
    label: str | None,
    basis: str,
    now: datetime,
    sure: str = "sure",
    blind: bool = False,
) -> Label:
    """Record a label, as :func:`app.labels.service.record` does, and let the voices decide."""
    lock(session, lock_name(submission.id, task))
    row = record(
        session, submission, by=by, task=task, label=label, basis=basis, sure=sure, blind=blind, now=now
    )
    reconsider(session, submission.id, task, now=now)
    return row


def reconsider(session: Session, submission_id: str, task: str, *, now: datetime) -> Decision | None:
    """Let the voices decide again; the new decision, if there is one."""
    held = stands(session, submission_id, task)
    if held is not None and held.by != CONSENSUS:
        return None
    outcome = vote.count(voices(session, submission_id, task))
    label = outcome.label if outcome.state == "accepted" else None
    if label == (held.label if held else None):
        return None
    why = "" if label else "no longer agreed"
    return _append(session, submission_id, task, label, weight=outcome.weight, by=CONSENSUS, why=why, now=now)


def decide(
    session: Session,
    submission_id: str,
    task: str,
    *,
    label: str | None,
    why: str,
    by: str,
    seen: str,
    now: datetime,
) -> Decision:
    """An admin accepts ``label``, or rejects all of them (None) with a reason.

    ``seen``: :func:`token` of what they looked at. Raises Conflict when somebody spoke or decided since,
    UnknownLabel, NoReason.
    """
    if label is not None and label not in CLASSES_OF[task]:
        raise UnknownLabel(label=label, task=task)
    if label is None and not why.strip():
        raise NoReason()
    lock(session, lock_name(submission_id, task))
    if token(session, submission_id, task) != seen:
        raise Conflict()
    return _append(session, submission_id, task, label, weight=1.0, by=by, why=why.strip(), now=now)


def token(session: Session, submission_id: str, task: str) -> str:
    """Another one whenever somebody spoke or decided."""
    said = select(func.max(Label.id)).where(Label.submission_id == submission_id, Label.task == task)
    held = stands(session, submission_id, task)
    return f"{session.scalar(said) or 0}-{held.id if held else 0}"


def voices(session: Session, submission_id: str, task: str) -> list[Voice]:
    """The last word of each person who still says something."""
    said = select(Label).where(Label.submission_id == submission_id, Label.task == task)
    return as_voices(session, latest(session.scalars(said)))


def as_voices(session: Session, labels: list[Label]) -> list[Voice]:
    """With the roles that those people have now."""
    roles = roles_of(session, {row.by for row in labels})
    return [
        Voice(by=row.by, role=roles[row.by], label=row.label, sure=row.sure, basis=row.basis)
        for row in labels
        if row.label is not None
    ]


def roles_of(session: Session, people: set[str]) -> dict[str, str]:
    """By the name that labels bear."""
    names = [by.removeprefix("account:") for by in people if by.startswith("account:")]
    known = select(Account.name, Account.role).where(Account.name.in_(names), Account.disabled_at.is_(None))
    accounts = {f"account:{name}": role for name, role in session.execute(known)}
    return {by: accounts.get(by) or _role_without_account(by) for by in people}


def count(session: Session, submission_id: str, task: str) -> Outcome:
    """What the voices come to now, whatever was decided."""
    return vote.count(voices(session, submission_id, task))


def lock_name(submission_id: str, task: str) -> str:
    """Whoever adds a label or a decision holds this."""
    return f"label:{task}:{submission_id}"


def _role_without_account(by: str) -> str:
    if by.startswith("account:"):
        return "nobody"
    return "import" if by.startswith("import") else "anonymous"


def _newest(task: str) -> Select[int]:
    return select(func.max(Decision.id)).where(Decision.task == task).group_by(Decision.submission_id)


def _append(
    session: Session,
    submission_id: str,
    task: str,
    label: str | None,
    *,
    weight: float,
    by: str,
    why: str,
    now: datetime,
) -> Decision:
    row = Decision(
        submission_id=submission_id, task=task, label=label, weight=weight, by=by, why=why[:500], at=now
    )
    session.add(row)
    session.flush()
    return row
