"""One's own tracks as rows, for the page and as CSV."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any, Final

from app.exchange.cells import defused
from app.pages.present import UNDER_WAY, heading
from app.pages.words import codec
from ml.answer import mark_of
from ml.words import coding_words, label_words

NOT_JUDGED: Final = "not judged yet"
COLUMNS: Final = (
    ("verdict", "verdict"),
    ("file", "name"),
    ("claim", "claim"),
    ("finding", "finding"),
    ("confidence", "confidence"),
    ("sent", "sent (UTC)"),
)
CSV_COLUMNS: Final = (
    "file", "status", "claim", "verdict", "label", "confidence", "finding", "sentence", "genre", "genre_confidence",
    "sha256", "created_at", "url",
)  # fmt: skip


def row(answer: Mapping[str, Any]) -> dict[str, Any]:
    """One line of the table."""
    quality, genre, status = answer["quality"], answer["genre"], answer["status"]
    claim = label_words(answer["claim"]) if answer["claim"] else codec(answer["declared"] or {})
    return {
        "id": answer["id"],
        "file": answer["file"],
        "verdict": _verdict(answer),
        "claim": claim,
        "finding": _finding(answer),
        "confidence": (quality or genre)["confidence"] if quality or genre else None,
        "genre": _genre(genre) if genre else "",
        "created_at": answer["created_at"],
        "under_way": status in UNDER_WAY,
    }


def as_csv(answers: Iterable[Mapping[str, Any]]) -> str:
    """The same for a spreadsheet; a cell that would be a formula there gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(CSV_COLUMNS)
    for answer in answers:
        quality, genre = answer["quality"] or {}, answer["genre"] or {}
        cells = dict(answer) | row(answer)
        cells |= {key: quality.get(key) for key in ("label", "confidence", "sentence")}
        cells |= {"genre": genre.get("label"), "genre_confidence": genre.get("confidence")}
        writer.writerow([defused(cells[column]) for column in CSV_COLUMNS])
    return out.getvalue()


def _verdict(answer: Mapping[str, Any]) -> str:
    if mark := mark_of(answer):
        return mark
    if answer["status"] in UNDER_WAY:
        return "waiting"
    return "picture" if answer["status"] == "done" else "failed"


def _finding(answer: Mapping[str, Any]) -> str:
    if answer["status"] == "failed":
        return str((answer["error"] or {}).get("message", ""))
    quality = answer["quality"]
    if quality is None and answer["genre"]:
        return _genre(answer["genre"])
    if quality is None:
        return NOT_JUDGED if answer["kind"] == "picture" and answer["status"] == "done" else heading(answer)
    label = quality["label"]
    return {
        "genuine": "genuinely lossless" if label == "lossless" else "as it says",
        "transcode": f"was {coding_words(label)}",
        "undecided": f"can’t tell, perhaps {label_words(label)}",
    }.get(quality["verdict"], str(quality["verdict"]))


def _genre(genre: Mapping[str, Any]) -> str:
    words = label_words(genre["label"])
    return f"perhaps {words}" if genre["undecided"] else words
