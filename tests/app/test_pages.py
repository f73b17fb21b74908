"""What the pages make of an answer, without a browser."""

import csv
import io
from typing import Any

import pytest

from app.pages import present, table
from app.pages.claims import rows
from ml.quality.classes import CLASSES
from ml.words import label_words

QUALITY = {
    "verdict": "transcode",
    "sentence": "Not lossless: this was MP3 of about 128 kbps before it became FLAC.",
    "label": "mp3-128",
    "family": "mp3",
    "confidence": 0.97,
    "probabilities": {label: 0.9 if label == "mp3-128" else 0.1 / 21 for label in CLASSES},
    "cutoff_hz": 16073.0,
    "history": [],
    "evidence": [
        {"name": "cutoff", "value": 16.07, "unit": "kHz", "says": "It ends there."},
        {"name": "dropout", "value": 12.5, "unit": "s", "says": "A gap."},
        {"name": "grid", "value": 47, "unit": "sigma", "says": "A grid."},
    ],
}


def _answer(status: str = "done", **more: Any) -> dict[str, Any]:
    base = {
        "id": "abc", "url": "https://lineage.example/s/abc", "status": status, "position": None, "file": "a.flac",
        "progress": {"step": status, "fraction": 0.5}, "size_bytes": 10, "sha256": "00", "kind": "audio",
        "created_at": "2026-11-21T05:03:12+00:00", "claim": None, "declared": {"codec": "flac"}, "quality": None,
        "genre": None, "tasks": ["quality"], "error": None, "model": {}, "spectrogram": None, "engine": None,
    }  # fmt: skip
    return base | more


@pytest.mark.parametrize("status", ["queued", "decoding", "measuring", "done", "failed", "cancelled"])
def test_every_state_has_a_heading_and_only_the_waiting_ones_steps(status: str) -> None:
    shown = present.page(_answer(status), mine=True)
    assert len(shown["heading"]) > 5
    assert bool(shown["steps"]) == (status in present.UNDER_WAY)


def test_exactly_one_step_is_now() -> None:
    steps = present.page(_answer("measuring"), mine=True)["steps"]
    assert [step["state"] for step in steps] == ["done", "done", "done", "now"]


def test_a_fact_with_a_frequency_or_a_moment_can_be_shown_in_the_spectrogram() -> None:
    places = present.page(_answer(quality=QUALITY), mine=True)["fact_places"]
    assert places == [{"axis": "hz", "value": 16070.0}, {"axis": "s", "value": 12.5}, None]


def test_all_classes_are_listed_the_likeliest_first() -> None:
    listed = present.page(_answer(quality=QUALITY), mine=True)["probabilities"]
    assert len(listed) == len(CLASSES)
    assert listed[0] == {"words": label_words("mp3-128"), "p": 0.9}


def test_the_claim_stands_beside_the_measurement() -> None:
    answer = _answer(quality=QUALITY, claim="lossless", declared={"codec": "flac", "encoder": "Lavf"})
    shown = {row.what: (row.claimed, row.measured) for row in rows(answer, words=label_words)}
    assert shown["coding"] == ("FLAC", "128 kbps (LAME)")
    assert shown["bought as"] == ("lossless", "")
    assert shown["highest sound"][1] == "16.07 kHz"


def test_a_spreadsheet_runs_nothing() -> None:
    answers = [
        _answer(file=name) for name in ('=HYPERLINK("http://x")', "+1", "-1", "@x", "\tx", "plain, name")
    ]
    read = list(csv.DictReader(io.StringIO(table.as_csv(answers))))
    assert [row["file"][0] for row in read] == ["'", "'", "'", "'", "'", "p"]
    assert read[-1]["file"] == "plain, name"


def test_a_failed_row_says_why() -> None:
    row = table.row(_answer("failed", error={"code": "silent", "message": "There is only silence."}))
    assert (row["verdict"], row["finding"]) == ("failed", "There is only silence.")
