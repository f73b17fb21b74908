"""What the page of one submission shows, made from the same JSON that the API gives."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.labels.learnt import Fate
from app.labels.service import BASES_OF, CLASSES_OF
from app.pages import genre
from app.pages.claims import rows as claim_rows
from app.pages.guides import lines
from app.pages.words import moment, ranking, size
from ml.answer import mark_of, verdict_of
from ml.quality.classes import CLASSES, FAMILIES, family
from ml.ribbon import boxes, sentence
from ml.words import family_words, label_words, percent

UNDER_WAY: Final = ("queued", "decoding", "measuring")
HEADINGS: Final = {
    "queued": "Waiting in line",
    "decoding": "Decoding",
    "cancelled": "Cancelled",
}
MEASURING: Final = {
    "quality": "Looking for traces of coders",
    "genre": "Listening for the kind of music",
}
"""By the first task that was asked."""
FATES: Final = {
    "accepted": "Accepted. {learnt}",
    "waiting": "It counts once somebody else has said the same.",
    "conflict": "Others say something else; an admin will look at it.",
    "rejected": "An admin has left it out:",
    "outvoted": "Accepted was {label} instead.",
}
"""What became of somebody's label."""
NOT_JUDGED: Final = "Not judged yet: a spectrogram picture is stored and shown, but reading one comes later"
UNANSWERED: Final = "Measured and drawn, but no model is here to judge it"


def page(
    answer: Mapping[str, Any],
    *,
    mine: bool,
    said: Mapping[str, str] | None = None,
    may_label: bool | None = None,
    fates: Mapping[str, Fate | None] | None = None,
    manifests: Mapping[str, Mapping[str, Any]] | None = None,
    more: Sequence[str] = (),
) -> dict[str, Any]:
    """Everything that templates/pages/submission.html asks for.

    said, fates : by task, what this person says it is, and what became of that
    may_label : left out, whoever sent it
    manifests : by task, of the model that answered
    more : tasks that could be asked besides
    """
    quality = answer["quality"]
    ribbon = boxes(answer) if quality else []
    may_label = mine if may_label is None else may_label
    return {
        "answer": answer,
        "mine": mine,
        "heading": heading(answer),
        "verdict": _verdict(answer),
        "explanation": _explanation(answer),
        "confidence": _confidence(quality) if quality else "",
        "boxes": ribbon,
        "boxes_sentence": sentence(ribbon) if ribbon else "",
        "steps": _steps(answer),
        "claims": claim_rows(answer, words=label_words),
        "fact_places": [_place(fact) for fact in quality["evidence"]] if quality else [],
        "probabilities": ranking(quality) if quality else [],
        "genre": genre.shown(answer, manifest=(manifests or {}).get("genre")),
        "facts": _facts(answer),
        "guides": lines(),
        "asks": _asks(answer, said=said or {}, fates=fates or {}) if may_label else {},
        "more": [task for task in more if task not in answer["tasks"]] if answer["kind"] == "audio" else [],
        "share_url": answer["url"],
        "card_url": answer["url"].replace("/s/", "/api/v1/submissions/") + "/card.png",
    }


SAMPLE: Final[Mapping[str, Any]] = {
    "declared": {"codec": "mp3", "kbps": 320, "bitrate_mode": "CBR"},
    "quality": {
        "verdict": "transcode",
        "history": [
            {"family": "mp3", "label": "mp3-128", "confidence": 0.97},
            {"family": "mp3", "label": "mp3-320", "confidence": 1.0},
        ],
    },
}
"""An answer for the front page's drawing of one."""


def home() -> dict[str, Any]:
    """What templates/pages/home.html asks for besides examples and tasks."""
    sample = boxes(SAMPLE)
    return {"class_groups": class_groups(), "sample": sample, "sample_sentence": sentence(sample)}


def heading(answer: Mapping[str, Any]) -> str:
    """The verdict sentence, or the one that stands in its place."""
    for task in ("quality", "genre"):
        if answer[task]:
            return str(answer[task]["sentence"])
    if answer["status"] == "failed":
        return "This could not be measured"
    if answer["status"] == "done":
        return NOT_JUDGED if answer["kind"] == "picture" else UNANSWERED
    if answer["status"] == "measuring":
        return MEASURING[next(iter(answer["tasks"]), "quality")]
    return HEADINGS[answer["status"]]


def fate_words(fate: Fate) -> str:
    """What became of a label, for the person who gave it."""
    models = ", ".join(fate.versions)
    learnt = f"Model {models} learnt from it." if models else "The next model will learn from it."
    says = FATES[fate.state].format(label=label_words(fate.label), learnt=learnt)
    return f"{says} “{fate.why}”" if fate.why and fate.state == "rejected" else says


def class_groups(task: str = "quality") -> list[tuple[str, list[tuple[str, str]]]]:
    """Class ids with their words, by family."""
    if task != "quality":
        return [(task, [(label, label_words(label)) for label in CLASSES_OF[task]])]
    return [
        (family_words(name), [(label, label_words(label)) for label in CLASSES if family(label) == name])
        for name in FAMILIES
    ]


def _verdict(answer: Mapping[str, Any]) -> str:
    """Which mark stands before the heading."""
    if mark := mark_of(answer):
        return mark
    if answer["status"] in UNDER_WAY:
        return "waiting"
    if answer["status"] != "done":
        return "failed"
    return "picture" if answer["kind"] == "picture" else "undecided"


def _asks(
    answer: Mapping[str, Any], *, said: Mapping[str, str], fates: Mapping[str, Fate | None]
) -> dict[str, dict[str, Any]]:
    """By answered task, what "Is that right?" needs."""
    return {
        task: {
            "task": task,
            "label": answer[task]["label"],
            "undecided": verdict_of(answer[task]) == "undecided",
            "groups": class_groups(task),
            "bases": bases,
            "said": label_words(said[task]) if task in said else None,
            "fate": fate_words(fate) if (fate := fates.get(task)) else "",
        }
        for task, bases in BASES_OF.items()
        if answer[task]
    }


def _explanation(answer: Mapping[str, Any]) -> str:
    if answer["status"] == "failed":
        return str((answer["error"] or {}).get("message", ""))
    if answer["status"] == "cancelled":
        return "You stopped this one; its sound is deleted."
    if answer["status"] == "queued" and answer["position"]:
        return f"Number {answer['position']} in line."
    return ""


def _confidence(quality: Mapping[str, Any]) -> str:
    sure, words = percent(quality["confidence"]), label_words(quality["label"])
    if quality["verdict"] == "undecided":
        return f"The likeliest answer, {words}, has {percent(quality['probabilities'][quality['label']])}."
    if quality["verdict"] == "transcode":
        share = percent(quality["probabilities"][quality["label"]])
        return f"{sure.capitalize()} sure that it was coded before; {share} for {words}."
    return f"{sure.capitalize()} sure."


def _steps(answer: Mapping[str, Any]) -> list[dict[str, str]]:
    """Sent, waiting, decoding, measuring; each done, now or next."""
    status = answer["status"]
    if status not in UNDER_WAY:
        return []
    at = UNDER_WAY.index(status)
    said = ("in line", "decoding", "measuring")
    later = [{"says": says, "state": _tense(i, at)} for i, says in enumerate(said)]
    return [{"says": "sent", "state": "done"}, *later]


def _tense(step: int, at: int) -> str:
    return "done" if step < at else "now" if step == at else "next"


def _place(fact: Mapping[str, Any]) -> dict[str, Any] | None:
    """Where in the spectrogram a fact can be seen: a frequency or a moment."""
    value, unit = fact["value"], fact["unit"]
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        return None
    if unit in ("Hz", "kHz"):
        return {"axis": "hz", "value": value * (1000 if unit == "kHz" else 1)}
    return {"axis": "s", "value": value} if unit == "s" else None


def _facts(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    tags = (answer["declared"] or {}).get("tags") or {}
    models = [
        f"{task} {of['version']}, features {of['feature_version']}" for task, of in answer["model"].items()
    ]
    facts = [
        ("SHA-256", answer["sha256"]),
        ("size", size(answer["size_bytes"])),
        ("sent", moment(answer["created_at"])),
        ("model", "; ".join(models)),
        ("engine", answer.get("engine")),
        ("tags", ", ".join(f"{tags[key]}" for key in ("artist", "title", "album") if tags.get(key))),
        ("sound", "kept for the dataset" if answer.get("keep_audio") else "deleted after measuring"),
    ]
    return [(name, str(value)) for name, value in facts if value]
