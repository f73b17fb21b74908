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
from ml.forensics.steps import Law
from ml.forensics.transforms import CODERS
from ml.forensics.trial import CLEAR, CODED, LEAST_FRAMES, LEAST_SPREAD, Bench, neutral_offsets

F32 = NDArray[np.float32]

CODERS_ASKED: Final = ("mp3",)

HINT: Final = 3.5
"""Height of the second best offset from which it is asked about: one coding alone seldom reaches it."""

REGIONS: Final = 48
PART: Final = 3
"""The regions that are looked at, and which share of them, those that show the first grid best, is asked for another."""

LIKELY: Final = 6
OTHERS: Final = 12
"""Offsets that may be the second grid's, and those that nothing speaks for."""

NOISES: Final = (CODED, 2 * CODED)
"""Of the newer coding, in 16-bit steps: it differs by as much as the music's loudness."""

BESIDE: Final = 16
"""Offsets this close to a grid are its own side lobes."""

SHORT: Final = 96
"""So are multiples of half a short block's length."""


def judge_twice(grid: Grid, search: Search, *, noise: float) -> Grid:
    """The grid with the height of another one's lattice in the regions where it shows, if it is clear itself.

    search, noise : as for :func:`ml.forensics.trial.judge`
    Over other offsets' evidence, the smaller of two halves, with any step. One coding, spliced or not, reads 2.5 at most.
    """
    if grid.coder not in CODERS_ASKED or grid.height < CLEAR or grid.second < HINT:
        return grid
    regions = search.regions(REGIONS)
    if len(regions) < PART * LEAST_FRAMES:
        return grid
    coder = CODERS[grid.coder]
    own, any_gain = coder.exact, coder.free
    assert own is not None
    assert any_gain is not None
    likely = _apart(search.candidates(grid.coder, coder.length), grid=grid, length=coder.length)[:LIKELY]
    even = neutral_offsets(coder, n=OTHERS)
    others = [offset for offset in _apart(even, grid=grid, length=coder.length) if offset not in likely]

    def along(regions: F32, suspects: Sequence[int], law: Law, noise: float) -> F32:
        found = Bench(regions, coder=coder, offsets=[*suspects, *others], sr=grid.sr, noise=noise).along(law)
        return np.asarray(found - np.median(found[-len(others) :], axis=0))

    shows = along(regions, [grid.offset], own, noise)[0]
    best = np.sort(np.argsort(-shows, kind="stable")[: len(regions) // PART])
    beneath = [along(regions[best], likely, any_gain, noise) for noise in NOISES]
    heights = [_heights(found, n_others=len(others))[: len(likely)].max() for found in beneath]
    return replace(grid, twice=float(max(heights)))


def _apart(offsets: Sequence[int], *, grid: Grid, length: int) -> list[int]:
    """Those that are no side lobes of the grid."""
    away = [(offset - grid.offset) % length for offset in offsets]
    return [o for o, d in zip(offsets, away, strict=True) if BESIDE < d < length - BESIDE and d % SHORT]


def _heights(evidence: F32, *, n_others: int) -> F32:
    """The smaller of two halves' heights over the last offsets, shape (offsets,); evidence of shape (offsets, n)."""
    means = [evidence[:, half::2].mean(axis=1) for half in (0, 1)]
    halves = (in_deviations(mean, others=mean[-n_others:], least=LEAST_SPREAD) for mean in means)
    return np.asarray(np.minimum(*halves))
