"""Another rate, and a cut after it: is the coder's grid still heard, and where it lies?

    python benchmarks/cut.py [--files 6] [--jobs 2] [--json FILE]

Recordings are coded once and rounded to 16 bits ("plain"); brought to the other usual rate and rounded again ("rate");
and then cut off a number of samples, so that the coder's own lie between those of the file ("rate, cut"). A grid counts
that is heard, and within a sample of where the plain file has it. No model is asked.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np
from rich.progress import track
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.recordings import LONGEST_S, chosen  # noqa: E402
from ml.corpus import Master, load  # noqa: E402
from ml.decode import Excerpt  # noqa: E402
from ml.encode import decode, encode, quantise, resample  # noqa: E402
from ml.evaluation.shares import Share, share  # noqa: E402
from ml.evaluation.text import cell, line  # noqa: E402
from ml.features import quality  # noqa: E402
from ml.forensics.floor import SHORT  # noqa: E402
from ml.forensics.grid import Grid  # noqa: E402
from ml.forensics.transforms import CODERS  # noqa: E402
from ml.quality.classes import family  # noqa: E402
from ml.units import Samples  # noqa: E402

LABELS: Final = (
    "mp3-128",
    "mp3-192",
    "mp3-320",
    "aac-128",
    "aac-256",
    "vorbis-q5",
    "vorbis-q8",
    "opus-128",
)
TESTS: Final = {"mp3": ("mp3",), "aac": ("aac-kbd", "aac-sine"), "vorbis": ("vorbis",), "opus": ("opus",)}
KINDS: Final = ("plain", "rate", "rate, cut")


@dataclass(frozen=True, slots=True)
class Heard:
    """The clearest grid of the coder in one file."""

    label: str
    kind: str
    found: bool
    lattice: float


def main() -> int:
    arguments = _parsed()
    jobs = [(master, label) for master in chosen(arguments.files) for label in LABELS]
    with ProcessPoolExecutor(arguments.jobs) as pool:
        each = track(pool.map(_heard, *zip(*jobs, strict=True)), total=len(jobs), description="listen")
        heard = [one for some in each for one in some]
    print(line("found where it lies", "n", *KINDS, "lattice"))
    for label in LABELS:
        rows = [[one for one in heard if (one.label, one.kind) == (label, kind)] for kind in KINDS]
        heights = " ".join(f"{median(one.lattice for one in row):.0f}" for row in rows)
        print(line(f"  {label}", str(len(rows[0])), *(cell(_share(row)) for row in rows), heights))
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in heard], indent=1), encoding="utf-8")
    return 0


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, default=6, help="recordings")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


def _share(row: Sequence[Heard]) -> Share:
    return share(np.array([one.found for one in row]))


def _heard(master: Master, label: str) -> list[Heard]:
    sr, other = (48000, 44100) if label.startswith("opus") else (44100, 48000)
    y = resample(load(master)[:, : round(LONGEST_S * master.sr)], sr=master.sr, to=sr)
    plain, _ = decode(encode(quantise(y, depth="16"), sr=sr, label=label), depth="16")
    changed = quantise(resample(plain, sr=sr, to=other), depth="16")
    cut = int(np.random.default_rng([*master.clip.encode(), *label.encode()]).integers(1, other // 10))
    with threadpool_limits(1):
        grids = [_grid(plain, sr, label), _grid(changed, other, label), _grid(changed[:, cut:], other, label)]
    moved = (0.0, 0.0, cut * sr / other)
    return [
        Heard(label, kind, _found(grid, like=grids[0], moved=by, sr=sr), float(np.nan_to_num(grid.lattice)))
        for kind, grid, by in zip(KINDS, grids, moved, strict=True)
    ]


def _grid(y: Samples, sr: int, label: str) -> Grid:
    grids = quality.measure([Excerpt(0, y)], sr=sr, aside=False).grids
    return max((grids[name] for name in TESTS[family(label)]), key=lambda grid: grid.height)


def _found(grid: Grid, *, like: Grid, moved: float, sr: int) -> bool:
    # Vorbis' long blocks begin at any short one
    length = SHORT if grid.coder == "vorbis" else CODERS[grid.coder].length
    beside = (grid.offset - like.offset + moved + length / 2) % length - length / 2
    return grid.sr == sr and abs(beside) <= 1 and not quality.silent({grid.coder: grid})


if __name__ == "__main__":
    sys.exit(main())
