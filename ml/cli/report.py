"""Answers as a coloured table, CSV rows or JSON lines."""

import csv
import json
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from ml.answer import Answer, Declared, Genre
from ml.cli.files import printable
from ml.words import genre_words, label_words, percent

MARKS: Final = {
    "genuine": ("✓ genuine", "blue"),
    "transcode": ("⇢ transcode", "dark_orange"),
    "upsampled": ("↑ upsampled", "medium_purple"),
    "undecided": ("? undecided", "grey50"),
}
"""Shape and word first, colour second; blue, orange and purple are told apart by everybody."""

CSV_QUALITY: Final = ("verdict", "label", "family", "confidence", "cutoff_hz", "sentence")
CSV_GENRE: Final = ("label", "confidence", "undecided", "sentence")
CSV_DECLARED: Final = (
    *("container", "codec", "kbps", "bitrate_mode", "encoder"),
    *("sample_rate", "bit_depth", "channels", "duration_s"),
)


def table(answers: Sequence[Answer], *, tasks: Collection[str] = ("quality",)) -> Table:
    """File, claim, verdict, finding, confidence, cutoff, and the genre where it was asked for; one row each."""
    rows = Table(box=None, pad_edge=False, header_style="bold")
    rows.add_column("file", overflow="fold", min_width=24)
    for name in ("claim", "verdict", "sounds like"):
        rows.add_column(name)
    for name in ("confidence", "cutoff"):
        rows.add_column(name, justify="right", no_wrap=True)
    if "genre" in tasks:
        rows.add_column("genre")
    for answer in answers:
        rows.add_row(*_cells(answer), *([genre_cell(answer.genre)] if "genre" in tasks else []))
    return rows


def genre_cell(genre: Genre | None) -> str:
    """The likeliest genre; a mark where it is a guess.

    >>> genre_cell(Genre("hiphop", 0.4, True, {}, (), (), ""))
    '? hip-hop 40 %'
    """
    if genre is None:
        return ""
    return f"{'? ' if genre.undecided else ''}{genre_words(genre.label)} {percent(genre.confidence)}"


def claim(declared: Declared | None) -> str:
    """What the file says it is, in few words.

    >>> claim(Declared(codec="mp3", kbps=320.0, bitrate_mode="CBR"))
    'MP3 320 CBR'
    >>> claim(Declared(codec="flac", bit_depth=16, sample_rate=44100))
    'FLAC 16/44.1'
    """
    if declared is None:
        return ""
    codec = (declared.codec or declared.container or "?").upper()
    if codec.startswith("PCM"):
        codec = (declared.container or "PCM").upper()
    if declared.bit_depth:
        return f"{codec} {declared.bit_depth}/{(declared.sample_rate or 0) / 1000:g}"
    kbps = f"{declared.kbps:.0f}" if declared.kbps else ""
    return " ".join(word for word in (codec, kbps, declared.bitrate_mode) if word)


def write_csv(answers: Iterable[Answer], *, path: Path) -> None:
    """A header and one row for each answer."""
    with path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        writer = csv.writer(file)
        genre = [f"genre_{name}" for name in CSV_GENRE]
        writer.writerow(("file", *CSV_QUALITY, *CSV_DECLARED, *genre, "error_code", "error_message"))
        writer.writerows(_csv_row(answer) for answer in answers)


def json_line(answer: Answer) -> str:
    """The documented object on one line."""
    return json.dumps(answer.to_json(), allow_nan=False)


def _cells(answer: Answer) -> tuple[Text | str, ...]:
    """Names come from outside: as Text, square brackets in them are no markup."""
    file, claimed = Text(printable(answer.file)), Text(printable(claim(answer.declared)))
    if answer.error:
        return file, claimed, Text("! error", "bold"), Text(answer.error["message"]), "", ""
    if answer.quality is None:
        return file, claimed, "", "", "", ""
    quality = answer.quality
    cutoff = f"{quality.cutoff_hz / 1000:.1f} kHz" if quality.cutoff_hz else "none"
    mark = Text(*MARKS[quality.verdict])
    return file, claimed, mark, label_words(quality.label), percent(quality.confidence), cutoff


def _csv_row(answer: Answer) -> list[Any]:
    error = answer.error or {}
    return [
        answer.file,
        *(getattr(answer.quality, name, None) for name in CSV_QUALITY),
        *(getattr(answer.declared, name, None) for name in CSV_DECLARED),
        *(getattr(answer.genre, name, None) for name in CSV_GENRE),
        error.get("code"),
        error.get("message"),
    ]
