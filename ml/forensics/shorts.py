"""Layer III where it cut every granule into short blocks: no long block's lines lie on a lattice there.

Drums and plucked strings, above all in mono, LAME may code in short blocks from end to end. Three of 192 samples make a
granule, so the grid of these is three times as dense, and 192 offsets are all there are. Those who look at long blocks
see nothing at all: in an MP3 160 and a V2 that nothing else found, the lattice of the short blocks reads 192 and 106.
Which of the three comes first in its granule, only a long block among them can tell.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics import hybrid
from ml.forensics.blocks import by_band, narrow_edges, noise_in
from ml.forensics.channels import CHANNELS, alike, four
from ml.forensics.deviations import in_deviations
from ml.forensics.grid import Grid, Pieces, Search
from ml.forensics.starts import AROUND, Place, clearest, heights, starts
from ml.forensics.steps import Law
from ml.forensics.transforms import CODERS
from ml.forensics.trial import HEARD, LEAST_SPREAD, by_group, clipped_columns, frame_among

F32 = NDArray[np.float32]

LENGTH: Final = 192
"""Samples from one short block to the next = its lines."""
SLOTS: Final = 12
"""Subband samples under one."""
BLOCKS: Final = (hybrid.REACH - hybrid.TAPS - SLOTS * hybrid.BANDS) // LENGTH
"""Blocks one after the other in a region, at every offset."""
REGIONS: Final = 8
REGIONS_MONO: Final = 16
"""How many are looked at."""
LEAD: Final = 3
"""Blocks before a start at which a region begins there: the first two at each offset are the ones around it."""


def judge_shorts(grid: Grid, search: Search, *, noise: float, mp2: bool = False) -> Grid:
    """Layer III's grid with what the lattice of short blocks says at all offsets, moved there if that is clear.

    search, noise : as for :func:`ml.forensics.trial.judge`
    mp2 : whether MP2 is heard. It rounds the subband samples, which reads up to 460 in any block that begins with one; a
        block of Layer III has to stand out from those that begin one or more of them later
    """
    regions = search.regions(REGIONS_MONO)
    mono = alike(regions)
    regions = regions if mono else regions[:REGIONS]
    if len(regions) < 2:
        return grid
    coder = CODERS["mp3"]
    found = [
        (*_clearest(regions, law=law, sr=grid.sr, noise=noise, mono=mono, mp2=mp2), law) for law in coder.laws
    ]
    height, at, channel, law = max(found, key=lambda one: one[0])
    if height < max(grid.height, HEARD):
        return replace(grid, combed=height)
    offset = frame_among(begins(at), regions, coder="mp3", law=law, sr=grid.sr, noise=noise)
    return replace(grid, combed=height, offset=offset, channel=CHANNELS[channel])


def begins(place: int) -> list[int]:
    """Where granules may begin, given where short blocks do."""
    return [place + LENGTH * k for k in range(3)]


def at_starts(pieces: Pieces, *, sr: int, noise: float) -> Place | None:
    """Where short blocks are clearest where sound starts, under either law; None without starts.

    They have to stand out from those that begin later slots whatever is heard, for MP2 is not always told before.
    pieces : as for :func:`ml.forensics.starts.starts`
    """
    around = starts(pieces, hop=LENGTH, before=LEAD, length=hybrid.REACH)
    if not len(around):
        return None
    mono = alike(around)
    return max(
        (
            clearest(_over_places(around, law=law, sr=sr, noise=noise, mono=mono), law=law)
            for law in CODERS["mp3"].laws
        ),
        key=lambda place: place.height,
    )


def _over_places(around: F32, *, law: Law, sr: int, noise: float, mono: bool) -> F32:
    """Heights of the places, shape (LENGTH, channels), all bands together."""
    edges, first = narrow_edges(coder="mp3", sr=sr), AROUND * LENGTH
    found = []
    for left, right in around:
        a = _at_all_offsets(left)[:, :first]
        lines = (a,) if mono else four(a, _at_all_offsets(right)[:, :first])
        evidence = clipped_columns(lines, edges, law=law, noise=noise * noise_in("short", coder="mp3"))
        found.append(by_group(evidence, edges, sr=sr, n_lines=LENGTH)[..., -1])
    return _over_later_slots(heights(np.stack(found)))


def _clearest(
    regions: F32, *, law: Law, sr: int, noise: float, mono: bool, mp2: bool
) -> tuple[float, int, int]:
    """Height over the other offsets, offset and channel of the clearest; as :class:`ml.forensics.trial.Bench` judges."""
    edges = narrow_edges(coder="mp3", sr=sr)
    noise *= noise_in("short", coder="mp3")
    found = []
    for left, right in regions:
        a = _at_all_offsets(left)
        lines = (a,) if mono else four(a, _at_all_offsets(right))
        evidence = clipped_columns(lines, edges, law=law, noise=noise)
        by_offset = evidence.reshape(BLOCKS, LENGTH, *evidence.shape[1:]).mean(axis=0)
        found.append(by_group(by_offset, edges, sr=sr, n_lines=LENGTH))
    halves = [np.asarray(np.mean(found[half::2], axis=0, dtype=np.float32)) for half in (0, 1)]
    over = np.minimum(*(in_deviations(half, least=LEAST_SPREAD) for half in halves))
    if mp2:
        over = _over_later_slots(over)
    offset, channel, _ = np.unravel_index(int(over.argmax()), over.shape)
    return float(over.max()), int(offset), int(channel)


def _over_later_slots(heights: F32) -> F32:
    """How much each offset has over those whole subband samples away; shape (LENGTH, ...) kept."""
    slots = heights.reshape(LENGTH // hybrid.BANDS, hybrid.BANDS, *heights.shape[1:])
    second, first = np.sort(slots, axis=0)[-2:]
    return np.asarray(slots - np.maximum(np.where(slots == first, second, first), 0)).reshape(heights.shape)


def _at_all_offsets(x: F32) -> F32:
    """Lines of the short blocks that begin at each sample: (REACH,) -> (192 lines, BLOCKS * LENGTH).

    A granule's first one begins six slots behind the granule, which is one LENGTH.
    """
    columns = hybrid.polyphase(x).T
    count = BLOCKS * LENGTH
    slots = np.stack([columns[:, hybrid.BANDS * i : hybrid.BANDS * i + count] for i in range(SLOTS)], axis=1)
    first = np.ascontiguousarray(by_band("short")[:, :6, 6 : 6 + SLOTS])
    return np.ascontiguousarray((first @ slots).reshape(LENGTH, count))
