"""What the reviewers' screen shows."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from app.labels import review
from app.labels.service import CLASSES_OF, answer_of, latest
from app.pages import present
from app.pages.guides import lines
from app.submissions import service as submissions
from app.submissions.answer import to_json
from app.submissions.tables import Prediction, Submission
from ml.words import label_words


def song(session: Session, submission: Submission, *, task: str, blind: bool) -> dict[str, Any]:
    """What the screen shows of a song: nothing that the model said, if that is to stay hidden."""
    answered, whole = answer_of(submission.predictions, task=task), to_json(session, submission)
    keys = review.likeliest(answered.answer if answered else {}, CLASSES_OF[task])
    shown: dict[str, Any] = {
        "answer": whole | {task: None} if blind else whole,
        "picks": [(label, label_words(label)) for label in keys],
        "groups": present.class_groups(task),
        "others": len(keys) < len(CLASSES_OF[task]),
        "guides": lines(),
        "model": None,
    }
    if answered and not blind:
        shown["model"] = _model(answered)
        probabilities = answered.answer.get("probabilities") or {}
        shown["picks"] = [(label, words, probabilities.get(label)) for label, words in shown["picks"]]
    return shown


def last(session: Session, *, task: str, by: str) -> dict[str, Any] | None:
    """What the reviewer did last, beside what the model and others say of it."""
    act = review.last_act(session, task=task, by=by)
    if act is None:
        return None
    found = submissions.get(session, act.submission_id)
    answered = answer_of(found.predictions, task=task)
    others = [row.label for row in latest(found.labels) if row.by != by and row.task == task and row.label]
    return {
        "id": found.id,
        "file": found.file,
        "said": label_words(act.label) if act.label else None,
        "model": _model(answered) if answered and act.label else None,
        "agrees": bool(answered and answered.label == act.label),
        "others": _counted(others) if act.label else [],
    }


def _counted(labels: Iterable[str]) -> list[str]:
    """Each class once, the most frequent first."""
    return [
        f"{label_words(label)} ×{n}" if n > 1 else label_words(label)
        for label, n in Counter(labels).most_common()
    ]


def _model(answered: Prediction) -> dict[str, Any]:
    return {
        "label": answered.label,
        "words": label_words(answered.label),
        "undecided": answered.verdict == "undecided",
        "share": (answered.answer.get("probabilities") or {}).get(answered.label, answered.confidence),
    }
