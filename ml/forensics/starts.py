"""Where sound starts suddenly coders cut it into short blocks, and those show what long ones hide.

Of drums and plucked strings long blocks are found with luck, for few lie between long blocks and hold anything. But at
nearly every start there are short ones, one every 128 samples of AAC and Vorbis, every 192 of Layer III: all places are
tried at the sharpest starts.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics.deviations import in_deviations
from ml.forensics.grid import AUDIBLE, Pieces
from ml.forensics.steps import Law

F32 = NDArray[np.float32]

AROUND: Final = 2
"""Blocks that are looked at around each start: the one that leads up to it, and the next."""
BEFORE: Final = 6
"""Hops that are quieter than the start, and that two starts lie apart."""

MOST: Final = 6
LEAST: Final = 4
"""How many starts are looked at, and have to be there."""

SURE: Final = {"mp3": 10.0, "aac-kbd": 15.0, "vorbis": 5.0}
"""Height from which the starts are believed: 7.2, 13.3 and 3.7 at most of 3,164 that no coder touched."""

LEAST_SPREAD: Final = 0.02
"""Floor for the deviation over the places, in nats a line."""


@dataclass(frozen=True, slots=True)
class Place:
    """The clearest one."""

    height: float
    """Over the other places, in robust deviations, the smaller of two halves."""
    place: int
    """Where short blocks begin in the signal, modulo the hop."""
    channel: int
    law: Law | None = None
    """Under which the steps showed; None where floors did."""


def starts(pieces: Pieces, *, hop: int, before: int, length: int) -> F32:
    """Stretches around the most sudden starts, these first, shape (MOST or fewer, 2, length); none of fewer than LEAST.

    hop : samples from one short block to the next
    before : hops that a stretch begins before its start, at a multiple of the hop in the signal
    """
    found: list[tuple[float, F32]] = []
    for start, y in pieces:
        found += _in_piece(y[:, -start % hop :], hop=hop, before=before, length=length)
    found.sort(key=lambda one: -one[0])
    chosen = [x for _, x in found[:MOST]]
    return np.stack(chosen) if len(chosen) >= LEAST else np.empty((0, 2, length), dtype=np.float32)


def heights(evidence: F32) -> F32:
    """Of each place over the others, in the half of the starts that speaks less for it: shape (places, channels).

    evidence : nats a line, shape (starts, AROUND * places, channels)
    """
    by_place = evidence.reshape(len(evidence), AROUND, -1, evidence.shape[-1]).mean(axis=1)
    halves = (in_deviations(by_place[half::2].mean(axis=0), least=LEAST_SPREAD) for half in (0, 1))
    return np.asarray(np.minimum(*halves))


def clearest(heights: F32, *, law: Law | None = None) -> Place:
    """heights : shape (places, channels)"""
    place, channel = np.unravel_index(int(heights.argmax()), heights.shape)
    return Place(float(heights.max()), int(place), int(channel), law)


def _in_piece(y: F32, *, hop: int, before: int, length: int) -> list[tuple[float, F32]]:
    """(log2 of how much louder, stretch) of each start."""
    hops = y.shape[1] // hop
    last = hops + before - BEFORE - length // hop - 1
    if last <= 0:
        return []
    treble = np.abs(np.diff(y[:, : hops * hop], axis=1, prepend=0)).reshape(2, hops, hop).mean(axis=2)
    level = treble.sum(axis=0)
    past = np.lib.stride_tricks.sliding_window_view(level, BEFORE)[:-1].mean(axis=1)
    rise = np.log2(level[BEFORE:] + AUDIBLE) - np.log2(past + AUDIBLE)
    rise[last:] = -np.inf
    rise[level[BEFORE:] < AUDIBLE] = -np.inf
    out: list[tuple[float, F32]] = []
    while len(out) < MOST and np.isfinite(rise.max()):
        at = int(rise.argmax())
        begins = (at + BEFORE - before) * hop
        out.append((float(rise[at]), y[:, begins : begins + length]))
        rise[max(0, at - BEFORE) : at + BEFORE + 1] = -np.inf
    return out
