"""Where nothing is heard: every offset is put to the lattice test, in the loudest regions.

The search looks for holes and ranks the offsets by them; a coder at a high bitrate leaves none in soft or tonal music,
and its offset is not among the likeliest. And regions of middling loudness, which the search prefers, have steps under
a 16-bit file's own rounding where the loudest still show theirs. A few of these regions tell the likeliest of all
offsets, more of them judge those beside others that nothing speaks for.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics.channels import CHANNELS, alike
from ml.forensics.grid import MOST_REGIONS, Grid, Search
from ml.forensics.steps import Law
from ml.forensics.transforms import CANONICAL, CODERS, Coder, sharp
from ml.forensics.trial import HEARD, Bench, neutral_offsets, scout

F32 = NDArray[np.float32]

LOUD: Final = 48
"""Regions that judge."""
SCOUTED: Final = 8
"""Of them, those that are looked at, at every offset."""
LIKELIEST: Final = 8
"""How many offsets are judged for each law."""
EVERYWHERE: Final = ("mp3", "aac-kbd")
LIKELY: Final = ("vorbis", "opus", "ac3")
"""Coders whose offsets are all tried, and those of which the search's likeliest are. AAC's sine window is neither: loops
of electronic music read 5 to 9 (5 of 615 genuine examples), and no coding was found by it."""


def judge_combing(grid: Grid, search: Search, *, noise: float) -> Grid:
    """The grid with what its coder's lattice says in the loudest regions, moved there if that is clear.

    search, noise : as for :func:`ml.forensics.trial.judge`
    """
    if grid.coder not in (*EVERYWHERE, *LIKELY):
        return grid
    coder = CODERS[grid.coder]
    regions = _loudest(search.regions(MOST_REGIONS))
    laws = [law for law in (sharp(coder), coder.free) if law is not None]
    few = regions[:: max(1, len(regions) // SCOUTED)][:SCOUTED]
    suspects = [
        *CANONICAL.get(grid.coder, ()),
        *_likeliest(grid, search, coder, few, laws=laws, noise=noise),
    ]
    others = neutral_offsets(coder)
    bench = Bench(regions, coder=coder, offsets=[*suspects, *others], sr=grid.sr, noise=noise)
    found = [outcome for law in laws if (outcome := bench.best_of(suspects, law))]
    if not found:
        return grid
    best = max(found, key=lambda trial: trial.height)
    grid = replace(grid, combed=float(np.fmax(grid.combed, best.height)))
    if best.height < max(grid.height, HEARD):
        return grid
    return replace(grid, offset=best.offset, channel=CHANNELS[best.channel])


def _loudest(regions: F32) -> F32:
    """Of regions of shape (n, 2, reach), loudest first."""
    power = np.square(regions).mean(axis=(1, 2))
    return regions[np.argsort(-power, kind="stable")[:LOUD]]


def _likeliest(
    grid: Grid, search: Search, coder: Coder, regions: F32, *, laws: Sequence[Law], noise: float
) -> list[int]:
    """LIKELIEST offsets under each law, of few regions."""
    if grid.coder not in EVERYWHERE:
        return search.candidates(grid.coder, LIKELIEST)
    parts = [regions] if grid.coder == "mp3" else _single(regions)
    found = [
        scout(part, coder=coder, law=law, sr=grid.sr, noise=noise, n=LIKELIEST, effort=2)
        for part in parts
        for law in laws
    ]
    return [offset for offsets in found for offset in offsets]


def _single(regions: F32) -> list[F32]:
    """Left in both channels, and where right differs the middle: one of them was coded, whichever pair was, and both
    take half as long as all four."""
    left = np.repeat(regions[:, :1], 2, axis=1)
    if alike(regions):
        return [left]
    return [left, np.repeat(regions.mean(axis=1, keepdims=True), 2, axis=1)]
