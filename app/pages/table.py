"""One's own tracks as rows, for the page and as CSV."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any, Final

from app.exchange.cells import defused
from app.pages.present import UNDER_WAY, heading
from app.pages.words import codec
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
    "file", "status", "claim", "verdict", "label", "confidence", "finding", "sentence", "sha256", "created_at", "url",
)  # fmt: skip


def row(answer: Mapping[str, Any]) -> dict[str, Any]:
    """One line of the table."""
    quality, status = answer["quality"], answer["status"]
    claim = label_words(answer["claim"]) if answer["claim"] else codec(answer["declared"] or {})
    return {
        "id": answer["id"],
        "file": answer["file"],
        "verdict": _verdict(answer),
        "claim": claim,
        "finding": _finding(answer),
        "confidence": quality["confidence"] if quality else None,
        "created_at": answer["created_at"],
        "under_way": status in UNDER_WAY,
    }


def as_csv(answers: Iterable[Mapping[str, Any]]) -> str:
    """The same for a spreadsheet; a cell that would be a formula there gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(CSV_COLUMNS)
    for answer in answers:
        quality = answer["quality"] or {}
        cells = (
            dict(answer) | row(answer) | {"label": quality.get("label"), "sentence": quality.get("sentence")}
        )
        writer.writerow([defused(cells[column]) for column in CSV_COLUMNS])
    return out.getvalue()


def _verdict(answer: Mapping[str, Any]) -> str:
    if answer["quality"]:
        return str(answer["quality"]["verdict"])
    if answer["status"] in UNDER_WAY:
        return "waiting"
    return "picture" if answer["status"] == "done" else "failed"


def _finding(answer: Mapping[str, Any]) -> str:
    if answer["status"] == "failed":
        return str((answer["error"] or {}).get("message", ""))
    quality = answer["quality"]
    if quality is None:
        return NOT_JUDGED if answer["kind"] == "picture" and answer["status"] == "done" else heading(answer)
    label = quality["label"]
    return {
        "genuine": "genuinely lossless" if label == "lossless" else "as it says",
        "transcode": f"was {coding_words(label)}",
        "undecided": f"can’t tell, perhaps {label_words(label)}",
    }.get(quality["verdict"], str(quality["verdict"]))
