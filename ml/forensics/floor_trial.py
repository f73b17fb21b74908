"""Vorbis' stronger trial: do lines lie on floors that Vorbis could have drawn?

Free steps in even bands are wrong in most lines of a floor that moves, so at high qualities the trial of
:mod:`ml.forensics.trial` sees little. The floors themselves fit a Vorbis block alone; and since each offset has the same
freedom, what they say at wrong ones agrees to some hundredths of a nat.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics import floor
from ml.forensics.deviations import in_deviations
from ml.forensics.grid import Grid, Search
from ml.forensics.residue import (
    FINE_MOST,
    FINE_TOLERANCE,
    MOST_EVIDENCE,
    ROUGH_MOST,
    ROUGH_TOLERANCE,
    blocks,
    phases,
)
from ml.forensics.transforms import CANONICAL
from ml.forensics.trial import CLEAR, HEARD, LEAST_FRAMES

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

OFFSETS: Final = 8
"""So many are tried, no two at the same place in a short block."""

REGIONS: Final = 12
BLOCKS: Final = 4
"""Regions that are looked at, and those of them, most like a long block, whose floors are fitted."""

FIRST, END = 46, 650
"""1 to 14 kHz."""

LEAST_SPREAD: Final = 0.02
"""Floor for the deviation over the offsets, in nats a line."""


def judge_floors(grid: Grid, search: Search, *, noise: float, thorough: bool = False) -> Grid:
    """The grid with the height of its floors' evidence over other offsets', if that is clearer, and moved there.

    search, noise, thorough : as for :func:`ml.forensics.trial.judge`; at any gain only where it is worth it
    """
    regions = search.regions(REGIONS)
    if len(regions) < LEAST_FRAMES:
        return grid
    likely = [grid.offset, *CANONICAL["vorbis"], *search.candidates("vorbis", 32)]
    offsets = _apart(likely)[:OFFSETS]
    found = [blocks(regions, offsets=phases(offset), noise=noise)[:BLOCKS] for offset in offsets]
    best = _tried(grid, found, offsets, noise=noise, exact=True)
    return (
        best
        if best.lattice >= CLEAR or not thorough
        else _tried(best, found, offsets, noise=noise, exact=False)
    )


def _apart(offsets: Sequence[int]) -> list[int]:
    """The first of those at each place in a short block.

    >>> _apart([960, 64, 3, 131])
    [960, 3]
    """
    first: dict[int, int] = {}
    for offset in offsets:
        first.setdefault(offset % floor.SHORT, offset)
    return list(first.values())


def _tried(grid: Grid, found: Sequence[F32], offsets: Sequence[int], *, noise: float, exact: bool) -> Grid:
    """The grid with the outcome under the coder's own floors, or with steps wide enough for any gain."""
    tolerance, most = (FINE_TOLERANCE, FINE_MOST) if exact else (ROUGH_TOLERANCE, ROUGH_MOST)
    says = np.stack([_evidence(m, noise=noise, tolerance=tolerance, most=most) for m in found])
    means = [says[:, half::2].mean(axis=1) for half in (0, 1)]
    heights = np.minimum(*(in_deviations(mean, least=LEAST_SPREAD) for mean in means))
    at = int(heights.argmax())
    height = float(heights[at])
    if height < HEARD or height <= np.nan_to_num(grid.lattice, nan=-1.0):
        return grid
    moved = height > grid.confirmed and offsets[at] % floor.SHORT != grid.offset % floor.SHORT
    return replace(
        grid,
        lattice=height,
        evidence=float(says[at].mean()),
        exact=exact,
        offset=offsets[at] if moved else grid.offset,
    )


def _evidence(magnitudes: F32, *, noise: float, tolerance: float, most: int) -> F64:
    """Nats a line of every block, shape (n,); magnitudes of shape (n, channels, 1024)."""
    flat = magnitudes.reshape(-1, magnitudes.shape[-1])
    _, evidence = floor.fit(flat, noise=noise, phase=0.0, tolerance=tolerance, most=most, end=END)
    clipped = np.clip(evidence[:, FIRST:END], -1.0, MOST_EVIDENCE)
    return np.asarray(clipped.reshape(len(magnitudes), -1).mean(axis=1), dtype=np.float64)
