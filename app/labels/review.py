"""The reviewers' queue: which song teaches most, and what a reviewer did last."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import log
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, delete, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.errors import NotFound
from app.labels import decisions
from app.labels.tables import Decision, Label, Skip
from app.submissions import service as submissions
from app.submissions.tables import Prediction, Submission

LOOKED_AT: Final = 100
"""Of the songs with voices and of the least confident ones, so many are compared."""
PEOPLE_DIFFER: Final = 2.0
MODEL_DIFFERS: Final = 1.0
UNDECIDED: Final = 0.5
"""What a song gains over its uncertainty, which goes from 0 to 1: first those where people differ, then where
they differ from the model, then what the model can't tell."""
KEYS: Final = 9
TEN: Final = 10
"""0 is the tenth key, for a task that then leaves no class out."""


@dataclass(frozen=True, slots=True)
class Act:
    """The last thing that a reviewer did."""

    submission_id: str
    label: str | None
    """None: skipped."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one reviewer."""

    labelled: int
    skipped: int
    left: int


def upcoming(session: Session, *, task: str, by: str, limit: int = 2) -> list[str]:
    """Ids of the next songs for this reviewer, the most telling first: none that they answered or skipped."""
    said = _standing_of_others(session, task=task, by=by)
    open_to_me = _open(task, by)
    with_voices = open_to_me.where(Prediction.submission_id.in_(list(said)))
    faint = open_to_me.order_by(
        (Prediction.verdict != "undecided"), Prediction.confidence, Prediction.submission_id
    ).limit(LOOKED_AT)
    found = {row.submission_id: row for query in (with_voices, faint) for row in session.scalars(query)}
    ranked = sorted(
        found.values(), key=lambda row: (-priority(row, said.get(row.submission_id, ())), row.submission_id)
    )
    return [row.submission_id for row in ranked[:limit]]


def priority(answered: Prediction, said: Iterable[str]) -> float:
    """How much another voice would tell."""
    named = set(said)
    gain = PEOPLE_DIFFER if len(named) > 1 else MODEL_DIFFERS if named - {answered.label} else 0.0
    unsure = uncertainty(answered.answer.get("probabilities") or {})
    return gain + (max(unsure, UNDECIDED) if answered.verdict == "undecided" else unsure)


def uncertainty(probabilities: Mapping[str, float]) -> float:
    """Entropy as a share of the most there can be.

    >>> uncertainty({"a": 0.5, "b": 0.5}), uncertainty({"a": 1.0, "b": 0.0}), uncertainty({})
    (1.0, 0.0, 0.0)
    """
    if len(probabilities) < 2:
        return 0.0
    return sum(-p * log(p) for p in probabilities.values() if p > 0) / log(len(probabilities))


def likeliest(answer: Mapping[str, Any], classes: Iterable[str]) -> list[str]:
    """The classes behind the keys 1 to 9 (0 the tenth), in the order of all, so that their order tells nothing."""
    order = list(classes)
    if len(order) <= TEN:
        return order
    p = answer.get("probabilities") or {}
    chosen = sorted(order, key=lambda label: (-p.get(label, 0.0), order.index(label)))[:KEYS]
    return sorted(chosen, key=order.index)


def skip(session: Session, submission_id: str, *, task: str, by: str, now: datetime) -> None:
    """Not this one. Raises NotFound."""
    if session.get(Submission, submission_id) is None:
        raise NotFound()
    mine = exists().where(Skip.submission_id == submission_id, Skip.task == task, Skip.by == by)
    if not session.scalar(select(mine)):
        session.add(Skip(submission_id=submission_id, task=task, by=by, at=now))
        session.flush()


def undo(session: Session, *, task: str, by: str, now: datetime) -> str | None:
    """Take the last act back; the song it was about. The one before that can be undone next."""
    last = last_act(session, task=task, by=by)
    if last is None:
        return None
    if last.label is None:
        session.execute(
            delete(Skip).where(Skip.submission_id == last.submission_id, Skip.task == task, Skip.by == by)
        )
    else:
        song = submissions.get(session, last.submission_id)
        decisions.say(session, song, by=by, task=task, label=None, basis="other", now=now)
    return last.submission_id


def last_act(session: Session, *, task: str, by: str) -> Act | None:
    said = session.scalar(
        select(Label)
        .where(Label.id.in_(_last_words(task, by)), Label.label.is_not(None))
        .order_by(Label.id.desc())
        .limit(1)
    )
    skipped = session.scalar(
        select(Skip).where(Skip.task == task, Skip.by == by).order_by(Skip.id.desc()).limit(1)
    )
    acts = [Act(said.submission_id, said.label, said.at)] if said else []
    acts += [Act(skipped.submission_id, None, skipped.at)] if skipped else []
    return max(acts, key=lambda act: act.at, default=None)


def counts(session: Session, *, task: str, by: str, since: datetime) -> Counts:
    """``since``: the beginning of the day."""
    mine = select(func.count()).where(
        Label.id.in_(_last_words(task, by)), Label.label.is_not(None), Label.at >= since
    )
    skipped = select(func.count()).where(Skip.task == task, Skip.by == by, Skip.at >= since)
    left = select(func.count()).select_from(_open(task, by).subquery())
    return Counts(*(session.scalar(query) or 0 for query in (mine, skipped, left)))


def _open(task: str, by: str) -> Select[Prediction]:
    """Newest answers on songs that nothing is decided about and that this reviewer has not had."""
    newest = select(func.max(Prediction.id)).where(Prediction.task == task).group_by(Prediction.submission_id)
    answered = select(Label.submission_id).where(
        Label.id.in_(_last_words(task, by)), Label.label.is_not(None)
    )
    skipped = select(Skip.submission_id).where(Skip.task == task, Skip.by == by)
    song = Prediction.submission_id
    wanted = (song.not_in(answered), song.not_in(skipped), song.not_in(_settled(task)))
    return (
        select(Prediction)
        .where(Prediction.id.in_(newest), *wanted)
        .options(joinedload(Prediction.model_version, innerjoin=True))
    )


def _settled(task: str) -> Select[str]:
    newest = select(func.max(Decision.id)).where(Decision.task == task).group_by(Decision.submission_id)
    settled: ColumnElement[bool] = or_(Decision.label.is_not(None), Decision.by != decisions.CONSENSUS)
    return select(Decision.submission_id).where(Decision.id.in_(newest), settled)


def _last_words(task: str, by: str) -> Select[int]:
    return select(func.max(Label.id)).where(Label.task == task, Label.by == by).group_by(Label.submission_id)


def _standing_of_others(session: Session, *, task: str, by: str) -> dict[str, list[str]]:
    """What others say of songs that nothing is decided about: at most LOOKED_AT songs, the newest voices first."""
    last = select(func.max(Label.id)).where(Label.task == task, Label.by != by)
    said = (
        select(Label.submission_id, Label.label)
        .where(Label.id.in_(last.group_by(Label.submission_id, Label.by)), Label.label.is_not(None))
        .where(Label.submission_id.not_in(_settled(task)))
        .order_by(Label.id.desc())
    )
    found: dict[str, list[str]] = {}
    for submission_id, label in session.execute(said):
        if submission_id in found or len(found) < LOOKED_AT:
            found.setdefault(submission_id, []).append(str(label))
    return found
