"""The songs that the genre model learns from: GTZAN, with who is on one side of a split. Of some only numbers are there.

They are licensed for measurement only, so they are found through the same setting as the lossless clips, and never kept
with the code.
"""

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path

from ml.corpus.masters import data_folder
from ml.features.timbre import NAMES
from ml.genre.classes import CLASSES

_CLIPS, _GROUPS = "clips_vorbis", "splits/gtzan_groups.csv"
_FEATURES = "features_30_sec.csv.gz"


@dataclass(frozen=True, slots=True)
class Song:
    """Thirty seconds of one."""

    id: str
    """Such as "blues.00000"."""
    path: Path | None
    """None where nobody can listen to it."""
    label: str
    group: str
    """Artist, and songs found to be the same: what splits go by."""
    name: str
    """Artist and title, as far as they are known."""


def songs(root: Path | None = None) -> list[Song]:
    """All thousand; ``FileNotFoundError`` without the data."""
    folder = (root or data_folder()) / "genre" / "gtzan"
    with (folder / _GROUPS).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [_song(row, folder=folder / _CLIPS) for row in rows if row["label"] in CLASSES]


def published(root: Path | None = None) -> dict[str, dict[str, float]]:
    """The well-known 57 numbers by song and name, as its table has them."""
    path = (root or data_folder()) / "genre" / "gtzan" / _FEATURES
    with gzip.open(path, "rt", newline="", encoding="utf-8") as file:
        return {
            row["filename"].removesuffix(".wav"): {name: float(row[name]) for name in NAMES}
            for row in csv.DictReader(file)
        }


def _song(row: dict[str, str], *, folder: Path) -> Song:
    name = ": ".join(part.strip() for part in (row["artist"], row["title"]) if part.strip())
    path = folder / row["label"] / f"{row['song']}.ogg"
    return Song(
        row["song"], path if path.is_file() else None, row["label"], row["group"], name or row["song"]
    )
