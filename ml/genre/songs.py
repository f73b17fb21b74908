"""The songs that the genre model learns from: clips of GTZAN, with who is on one side of a split.

They are licensed for measurement only, so they are found through the same setting as the lossless clips, and never kept
with the code.
"""

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.corpus.masters import data_folder
from ml.genre.classes import CLASSES

_CLIPS, _GROUPS = "clips_vorbis", "splits/gtzan_groups.csv"
_FEATURES = "features_30_sec.csv.gz"


@dataclass(frozen=True, slots=True)
class Song:
    """Thirty seconds of one."""

    id: str
    """Such as "blues.00000"."""
    path: Path
    label: str
    group: str
    """Artist, and songs found to be the same: what splits go by."""
    name: str
    """Artist and title, as far as they are known."""


def songs(root: Path | None = None) -> list[Song]:
    """All clips that are there; ``FileNotFoundError`` without the data."""
    folder = (root or data_folder()) / "genre" / "gtzan"
    with (folder / _GROUPS).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = [_song(row, folder=folder / _CLIPS) for row in rows if row["label"] in CLASSES]
    return [song for song in found if song.path.is_file()]


def published_features(ids: Sequence[str], root: Path | None = None) -> NDArray[np.float32]:
    """The well-known 57 numbers of each song, shape (n, 57), for comparison."""
    path = (root or data_folder()) / "genre" / "gtzan" / _FEATURES
    with gzip.open(path, "rt", newline="", encoding="utf-8") as file:
        rows = {row["filename"].removesuffix(".wav"): row for row in csv.DictReader(file)}
    names = [name for name in next(iter(rows.values())) if name not in ("filename", "length", "label")]
    return np.array([[float(rows[id][name]) for name in names] for id in ids], dtype=np.float32)


def _song(row: dict[str, str], *, folder: Path) -> Song:
    name = ": ".join(part.strip() for part in (row["artist"], row["title"]) if part.strip())
    path = folder / row["label"] / f"{row['song']}.ogg"
    return Song(row["song"], path, row["label"], row["group"], name or row["song"])
