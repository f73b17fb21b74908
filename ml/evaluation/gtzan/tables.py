"""The published tables as songs: one row of thirty seconds and about ten of three."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.corpus.masters import data_folder
from ml.features.timbre import NAMES
from ml.genre.songs import songs

F64 = NDArray[np.float64]

WHOLE: Final = "features_30_sec.csv.gz"
ROWS: Final = "features_3_sec_recovered.csv.gz"
PARTS: Final = ("train", "valid", "test")


@dataclass(frozen=True, slots=True, eq=False)
class TableSong:
    """Its 57 numbers, whole and in pieces."""

    id: str
    """Such as "blues.00000"."""
    label: str
    group: str
    """Artist, and songs found to be the same."""
    whole: F64
    """Shape (57,)."""
    rows: F64
    """Shape (n_rows, 57)."""


def load(root: Path | None = None) -> tuple[list[TableSong], list[TableSong]]:
    """The fault-filtered songs: those to learn from (train and valid) and those to judge (test).

    Five of the first share a group with a judged one.
    """
    folder = (root or data_folder()) / "genre" / "gtzan"
    whole, rows = dict(_read(folder / WHOLE)), _by_song(folder / ROWS)
    groups = {song.id: song.group for song in songs(root)}
    train, valid, test = (
        [TableSong(id, id.partition(".")[0], groups[id], whole[id], rows[id]) for id in _listed(folder, part)]
        for part in PARTS
    )
    return [*train, *valid], test


def _listed(folder: Path, part: str) -> list[str]:
    text = (folder / "splits" / f"{part}_filtered.txt").read_text(encoding="utf-8")
    return [Path(line).stem for line in text.split()]


def _by_song(path: Path) -> Mapping[str, F64]:
    """TableSong -> its rows, shape (n, 57)."""
    found: defaultdict[str, list[F64]] = defaultdict(list)
    for name, row in _read(path):
        found[name.rpartition(".")[0]].append(row)
    return {song: np.stack(rows) for song, rows in found.items()}


def _read(path: Path) -> Iterator[tuple[str, F64]]:
    """Names without ".wav" and rows, shape (57,)."""
    with gzip.open(path, "rt", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield row["filename"].removesuffix(".wav"), np.array([float(row[name]) for name in NAMES])
