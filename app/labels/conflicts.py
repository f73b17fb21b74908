"""What an admin is asked to settle: songs on which people differ, and voices that nobody has confirmed yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from app.labels import decisions, vote
from app.labels.decisions import CONSENSUS
from app.labels.tables import Decision, Label
from app.labels.vote import Outcome, Voice
from app.submissions.tables import Prediction, Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One song. ``token`` goes back with the decision; ``answered`` is what the model says."""

    submission_id: str
    file: str
    voices: Sequence[Voice]
    outcome: Outcome
    answered: str | None
    held: Decision | None
    token: str


def cases(session: Session, task: str, *, limit: int = 100) -> list[Case]:
    """Conflicts first, then the newest."""
    found = [_case(session, submission_id, task) for submission_id in _open(session, task, limit=limit)]
    return sorted(found, key=lambda case: case.outcome.state != "conflict")


def _case(session: Session, submission_id: str, task: str) -> Case:
    said = decisions.voices(session, submission_id, task)
    answered = select(Prediction.label).where(
        Prediction.submission_id == submission_id, Prediction.task == task
    )
    return Case(
        submission_id=submission_id,
        file=session.get_one(Submission, submission_id).file,
        voices=said,
        outcome=vote.count(said),
        answered=session.scalar(answered.order_by(Prediction.id.desc()).limit(1)),
        held=decisions.stands(session, submission_id, task),
        token=decisions.token(session, submission_id, task),
    )


def _open(session: Session, task: str, *, limit: int) -> Sequence[str]:
    """Songs with voices but without a decision, or with an admin's that somebody has contradicted since."""
    last = select(func.max(Label.id)).where(Label.task == task).group_by(Label.submission_id, Label.by)
    newest = select(func.max(Decision.id)).where(Decision.task == task).group_by(Decision.submission_id)
    held = select(Decision).where(Decision.id.in_(newest)).subquery()
    undecided = or_(held.c.id.is_(None), and_(held.c.by == CONSENSUS, held.c.label.is_(None)))
    contradicted = and_(
        held.c.by != CONSENSUS, Label.at > held.c.at, Label.label != func.coalesce(held.c.label, "")
    )
    return session.scalars(
        select(Label.submission_id)
        .outerjoin(held, held.c.submission_id == Label.submission_id)
        .where(Label.id.in_(last), Label.label.is_not(None), or_(undecided, contradicted))
        .group_by(Label.submission_id)
        .order_by(func.max(Label.id).desc())
        .limit(limit)
    ).all()
