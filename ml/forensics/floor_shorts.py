"""Vorbis where sound starts: there it sends short blocks, and those show its floors far better than long ones.

Of drums and plucked strings long blocks are found with luck, for few lie between long blocks and hold anything. But
nearly every start has short blocks, one every 128 samples, whatever long blocks do around them: all 128 places are tried
at the sharpest starts. Of 36 clips that Vorbis alone has coded and whose long blocks read under 5, 28 read 5 to 48 here;
of 3,164 that nobody has coded one reads 3.7 and no other 2.4, of 1,383 that others have coded none reads 2.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics import floor
from ml.forensics.deviations import in_deviations
from ml.forensics.floor_trial import LEAST_SPREAD
from ml.forensics.grid import AUDIBLE, Grid
from ml.forensics.mdct import mdct
from ml.forensics.residue import FINE_MOST, FINE_TOLERANCE, MOST_EVIDENCE
from ml.forensics.windows import vorbis

F32 = NDArray[np.float32]

HOP: Final = floor.SHORT
HALF: Final = HOP // 2
"""From where a long block may begin to where short ones do: what their windows share has its middle at one place."""

WINDOW: Final = vorbis(2 * HOP).astype(np.float32)

STARTS: Final = 6
LEAST_STARTS: Final = 4
"""How many are looked at, and have to be there."""
BLOCKS: Final = 2
"""Looked at from each start: what leads up to it, and what follows."""
BEFORE: Final = 6
"""Hops that are quieter than the start, and that two starts lie apart."""

FIRST, END = 6, 70
"""1 to 12 kHz."""

SURE: Final = 5.0
"""Height from which the starts are believed: 3.7 at most of 3,164 that no coder touched."""


def judge_floor_shorts(grid: Grid, pieces: Sequence[tuple[int, F32]], *, noise: float) -> Grid:
    """Vorbis' grid with the height of its short blocks' floors over those at other places, moved there if that is clear.

    pieces : (start, y) at the grid's rate, y of shape (2, n), left and right in 16-bit steps
    noise : as for :func:`ml.forensics.trial.judge`
    """
    starts = _starts(pieces)
    if len(starts) < LEAST_STARTS:
        return grid
    heights = _heights(starts, noise=noise)
    place, height = int(heights.argmax()), float(heights.max())
    if height < max(grid.height, SURE):
        return grid
    return replace(grid, combed=height, offset=(place + HALF) % HOP, exact=True)


def _starts(pieces: Sequence[tuple[int, F32]]) -> F32:
    """The louder channel where sound starts most suddenly, from a hop before, shape (n, (BLOCKS + 2) * HOP - 1).

    All begin at a multiple of HOP in the signal; the most sudden come first.
    """
    found: list[tuple[float, F32]] = []
    for start, y in pieces:
        found += _in_piece(y[:, -start % HOP :])
    found.sort(key=lambda one: -one[0])
    chosen = [x for _, x in found[:STARTS]]
    return np.stack(chosen) if chosen else np.empty((0, 0), dtype=np.float32)


def _in_piece(y: F32) -> list[tuple[float, F32]]:
    """(log2 of how much louder, stretch) of each start."""
    hops = y.shape[1] // HOP
    if hops < BEFORE + BLOCKS + 2:
        return []
    treble = np.abs(np.diff(y[:, : hops * HOP], axis=1, prepend=0)).reshape(2, hops, HOP).mean(axis=2)
    level = treble.sum(axis=0)
    past = np.lib.stride_tricks.sliding_window_view(level, BEFORE)[:-1].mean(axis=1)
    rise = np.log2(level[BEFORE:] + AUDIBLE) - np.log2(past + AUDIBLE)
    rise[hops - BEFORE - BLOCKS - 1 :] = -np.inf
    rise[level[BEFORE:] < AUDIBLE] = -np.inf
    out: list[tuple[float, F32]] = []
    while len(out) < STARTS and np.isfinite(rise.max()):
        at = int(rise.argmax())
        begins = (at + BEFORE - 1) * HOP
        loud = treble[:, at + BEFORE].argmax()
        out.append((float(rise[at]), y[loud, begins : begins + (BLOCKS + 2) * HOP - 1]))
        rise[max(0, at - BEFORE) : at + BEFORE + 1] = -np.inf
    return out


def _heights(starts: F32, *, noise: float) -> F32:
    """Of each place, over the others, in the half of the starts that speaks less for it: shape (HOP,)."""
    frames = np.lib.stride_tricks.sliding_window_view(starts, 2 * HOP, axis=1)  # (n, BLOCKS * HOP, 2 * HOP)
    lines = np.abs(mdct(frames, WINDOW)).reshape(-1, HOP)
    _, evidence = floor.fit(
        lines,
        noise=noise,
        phase=0.0,
        tolerance=FINE_TOLERANCE,
        most=FINE_MOST,
        end=END,
        shape=floor.BRIEF,
    )
    clipped = np.clip(evidence[:, FIRST:END], -1.0, MOST_EVIDENCE).mean(axis=1)
    by_place = clipped.reshape(len(starts), BLOCKS, HOP).mean(axis=1)
    halves = (in_deviations(by_place[half::2].mean(axis=0), least=LEAST_SPREAD) for half in (0, 1))
    return np.asarray(np.minimum(*halves))
