"""Recording what people say. Nothing is changed or removed: the latest of each person counts."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.errors import UnknownBasis, UnknownLabel, UnknownSure, UnknownTask
from app.labels.tables import Label
from app.submissions.tables import Prediction, Submission
from ml.genre.classes import CLASSES as GENRES
from ml.quality.classes import CLASSES as CODINGS

CLASSES_OF: Final = {"quality": CODINGS, "genre": GENRES}
"""Of each task what can be said."""
GENUINE_OF: Final[Mapping[str, str | None]] = {"quality": "lossless", "genre": None}
"""Of each task the class that must not be accused; a task without one accuses nobody."""
BASES_OF: Final = {
    "quality": {
        "agree": "the answer is right",
        "own": "I own the CD or the master",
        "log": "rip log",
        "shop": "shop receipt",
        "ear": "by ear",
        "look": "by looking at the spectrogram",
        "other": "another reason",
    },
    "genre": {
        "agree": "the answer is right",
        "heard": "I listened to it",
        "known": "I know the artist",
        "sleeve": "the shop or the sleeve says so",
        "other": "another reason",
    },
}
"""Of each task how people know; app.labels.vote says what each of them weighs."""
USUAL_BASIS_OF: Final = {"quality": "look", "genre": "heard"}
"""Of each task how reviewers mostly know."""
BASES: Final = {id: words for bases in BASES_OF.values() for id, words in bases.items()}
SURE: Final = {"sure": "I’m sure", "likely": "likely", "guess": "a guess"}


def record(
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
    """One more row; ``label`` None takes back what this person said before.

    Raises UnknownTask, UnknownLabel, UnknownBasis, UnknownSure.
    """
    check(task=task, label=label, basis=basis, sure=sure)
    answered = answer_of(submission.predictions, task=task)
    row = Label(
        submission_id=submission.id,
        prediction_id=answered.id if answered else None,
        model_version_id=answered.model_version_id if answered else None,
        by=by,
        task=task,
        label=label,
        basis=basis,
        sure=sure,
        blind=blind,
        at=now,
    )
    session.add(row)
    session.flush()
    return row


def check(*, task: str, label: str | None, basis: str, sure: str = "sure") -> None:
    if task not in CLASSES_OF:
        raise UnknownTask(task=task, known=sorted(CLASSES_OF))
    if label is not None and label not in CLASSES_OF[task]:
        raise UnknownLabel(label=label, task=task)
    if basis not in BASES_OF[task]:
        raise UnknownBasis(basis=basis, known=sorted(BASES_OF[task]))
    if sure not in SURE:
        raise UnknownSure(sure=sure, known=sorted(SURE))


def latest(labels: Iterable[Label]) -> list[Label]:
    """The last word of each person on each task, oldest first, without what was taken back."""
    last = {(row.by, row.task): row for row in sorted(labels, key=lambda row: row.id)}
    return sorted((row for row in last.values() if row.label is not None), key=lambda row: row.id)


def answer_of(predictions: Iterable[Prediction], *, task: str) -> Prediction | None:
    """The newest answer to a task."""
    return max((p for p in predictions if p.task == task), key=lambda p: p.id, default=None)
