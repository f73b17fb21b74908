"""The same coder twice: a second grid in the very frames that show the first one.

A cut lets a coder's frames begin elsewhere too, but from one place on: where the first grid shows, the second does
not. Of two codings both show everywhere, the older one under the noise of the newer.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics.deviations import in_deviations
from ml.forensics.grid import Grid, Search
from ml.forensics.transforms import CODERS
from ml.forensics.trial import BLURS, CLEAR, LEAST_FRAMES, LEAST_SPREAD, Bench, neutral_offsets

F32 = NDArray[np.float32]

CODERS_ASKED: Final = ("mp3",)

REGIONS: Final = 144
PART: Final = 3
"""The regions that are looked at, and which share of them, those that show the first grid best, is asked for another."""

LIKELY: Final = 6
OTHERS: Final = 12
"""Offsets that may be the second grid's, and those that nothing speaks for."""

BESIDE: Final = 16
"""Offsets this close to a grid are its own side lobes."""

SHORT: Final = 96
"""So are multiples of half a short block's length."""


def judge_twice(grid: Grid, search: Search, *, noise: float) -> Grid:
    """The grid with the height of another one's lattice in the regions where it shows, if it is clear itself.

    search, noise : as for :func:`ml.forensics.trial.judge`
    Over other offsets' evidence, the smaller of two halves, with any step, under the noise that the newer coding may
    have left. One coding reads 3 at most, but for one in 200; two of 160 that were cut read 22 and 24.
    """
    if grid.coder not in CODERS_ASKED or grid.height < CLEAR:
        return grid
    regions = search.regions(REGIONS)
    if len(regions) < PART * LEAST_FRAMES:
        return grid
    coder = CODERS[grid.coder]
    any_gain = coder.free
    assert any_gain is not None
    likely = _apart(search.candidates(grid.coder, coder.length), grid=grid, length=coder.length)[:LIKELY]
    even = neutral_offsets(coder, n=OTHERS)
    others = [offset for offset in _apart(even, grid=grid, length=coder.length) if offset not in likely]
    # after a change of level no frame obeys the coder's own steps, and the best of them would be any
    first = Bench(regions, coder=coder, offsets=[grid.offset], sr=grid.sr, noise=noise)
    shows = max((first.along(law)[0] for law in coder.laws), key=np.mean)
    best = np.sort(np.argsort(-shows, kind="stable")[: len(regions) // PART])
    bench = Bench(regions[best], coder=coder, offsets=[*likely, *others], sr=grid.sr, noise=noise)
    beneath = (bench.under(blur).along(any_gain) for blur in BLURS)
    return replace(grid, twice=max(_height(found, n_likely=len(likely)) for found in beneath))


def _apart(offsets: Sequence[int], *, grid: Grid, length: int) -> list[int]:
    """Those that are no side lobes of the grid."""
    away = [(offset - grid.offset) % length for offset in offsets]
    return [o for o, d in zip(offsets, away, strict=True) if BESIDE < d < length - BESIDE and d % SHORT]


def _height(evidence: F32, *, n_likely: int) -> float:
    """The highest of the likely offsets over the others, the smaller of two halves; evidence of shape (offsets, n)."""
    means = [evidence[:, half::2].mean(axis=1) for half in (0, 1)]
    halves = (in_deviations(mean, others=mean[n_likely:], least=LEAST_SPREAD) for mean in means)
    return float(np.minimum(*halves)[:n_likely].max())
