"""The lossless recordings that examples are made from.

They are licensed for measurement only, so they are found through a setting and never kept with the code.
"""

import csv
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile

from ml.units import Samples, Seconds

DATA_SETTING = "LINEAGE_DATA"
DEFAULT_DATA = Path(__file__).parents[3] / "shared" / "data"

SHORTEST = Seconds(3.5)
"""Clips below teach too little: an excerpt has at least 3 s, and a margin behind it."""

ONE_FAMILY = "cambridge-mt+dsd100"
SAME_SONGS = ("dsd100/", "apollo-demo/")
"""Sources that may share a song with ``ONE_FAMILY``; all of them stay on one side of a split."""


@dataclass(frozen=True, slots=True)
class Master:
    """One lossless clip."""

    clip: str
    """Stable name: its path relative to the data folder."""
    path: Path
    kind: str
    """music, voice, instrument, electronic, drums, field"""
    origin: str
    """Artist or session, as the index groups them: what examples are spread over."""
    supergroup: str
    """What splits go by: origins that may share a recording are one."""
    sr: int
    bits: int
    channels: int
    seconds: Seconds
    verdict: str
    """How sure it is that it never was lossy: "sure" or "likely"."""


def data_folder() -> Path:
    """Folder of the data, by the setting ``LINEAGE_DATA``; beside the repository when it is not set."""
    return Path(os.environ.get(DATA_SETTING) or DEFAULT_DATA)


def masters(root: Path | None = None) -> list[Master]:
    """All clips of ``lossless/INDEX.csv`` that are long enough; ``FileNotFoundError`` without the data."""
    root = root or data_folder()
    with (root / "lossless" / "INDEX.csv").open(newline="", encoding="utf-8") as file:
        found = [_master(row, root=root) for row in csv.DictReader(file)]
    return [m for m in found if m.seconds >= SHORTEST]


@lru_cache(maxsize=12)
def load(master: Master) -> Samples:
    """The clip's samples as they are, shape (channels, n), read-only."""
    y, _ = soundfile.read(master.path, dtype="float32", always_2d=True)
    y = np.ascontiguousarray(y.T)
    y.flags.writeable = False
    return y


def _master(row: Mapping[str, str], *, root: Path) -> Master:
    return Master(
        clip=row["clip"],
        path=root / row["clip"],
        kind=row["kind"],
        origin=row["supergroup"],
        supergroup=_supergroup(row["supergroup"]),
        sr=int(row["sample_rate"]),
        bits=int(row["bits"]),
        channels=int(row["channels"]),
        seconds=Seconds(float(row["seconds"])),
        verdict=row["verdict"],
    )


def _supergroup(origin: str) -> str:
    return ONE_FAMILY if origin.startswith(SAME_SONGS) else origin
