"""The ten lossless clips and their rows in the tables."""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from ml.features.timbre import NAMES

TABLES = {3: "features_3_sec_recovered.csv.gz", 30: "features_30_sec.csv.gz"}
STEP, LENGTH = 66150, 66149
"""Samples from one segment of 3 s to the next, and in each."""


def table(folder: Path, seconds: int) -> dict[str, NDArray[np.float64]]:
    """File name -> its 57 numbers."""
    with gzip.open(folder / "gtzan" / TABLES[seconds], "rt", newline="") as file:
        return {row["filename"]: np.array([float(row[k]) for k in NAMES]) for row in csv.DictReader(file)}


def errors(folder: Path, seconds: int) -> NDArray[np.float64]:
    """How far librosa 0.11 itself is off the table, in standard deviations of each column, shape (57,)."""
    with (folder / "parity" / f"errors_{seconds}s.csv").open(newline="") as file:
        rows = {row[""]: float(row["max_in_std"]) for row in csv.DictReader(file)}
    return np.array([rows[name] for name in NAMES])


def sounds(folder: Path, seconds: int) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Name in the table and samples at 22,050 Hz, shape (n,): ten whole clips, or ten segments of each."""
    for path in sorted((folder / "gtzan" / "audio_flac").glob("*/*.flac")):
        y, _ = soundfile.read(path, dtype="float32")
        if seconds == 30:
            yield f"{path.stem}.wav", y
        else:
            for k in range(10):
                yield f"{path.stem}.{k}.wav", y[STEP * k : STEP * k + LENGTH]
