"""How Layer III sends the steps of its bands: one for the granule, and for each band a factor by which it is finer.

A factor is counted in half octaves, or in whole ones (``scalefac_scale``); treble may be finer by a table of its own
(``preflag``), which LAME's VBR does nearly always and its CBR hardly ever; the last band has no factor.
Source: ISO 11172-3, 2.4.2.7, 2.4.3.4.7 and table B.6.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
Bools = NDArray[np.bool_]

LENGTHS: Final = np.array(
    [(0, 0, 0, 0, 3, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4), (0, 1, 2, 3, 0, 1, 2, 3, 1, 2, 3, 1, 2, 3, 2, 3)]
).T
"""Bits of a factor in the lower and in the upper bands: the pairs that can be said."""

SPLIT: Final = {21: 11, 36: 18}
"""Where the upper bands begin: of long blocks, and of three short ones."""

TREBLE: Final = np.array([0] * 11 + [1, 1, 1, 1, 2, 2, 3, 3, 3, 2], dtype=np.float32)
"""``pretab``: how much finer the bands of a long block are where ``preflag`` is set."""

LEAST_KNOWN: Final = 6
"""Fewer known bands of the treble don't tell whether its table was used."""

UNSENDABLE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Factors:
    """By granule and channel."""

    bits: F32
    """Their length at least, shape (n, channels)."""
    raised: F32
    """1 where the treble's table can have been used, 0 where it can't, NaN where that isn't known; the same shape."""
    coarse: F32
    """1 where all factors are whole octaves, and not all zero; likewise."""


def factors(steps: F32) -> Factors:
    """steps : log2 of the known ones, NaN else; shape (n, channels, 22), or (n, channels, 39) of short blocks"""
    top = np.fmax.reduce(steps, axis=-1)[..., None]
    count = 21 if steps.shape[-1] == 22 else 36
    finer = np.round(2 * (top - steps))[..., :count]
    known = np.isfinite(finer)
    sent = np.where(known, finer, np.float32(0))
    even, some = (sent % 2 == 0).all(axis=-1), sent.any(axis=-1)
    bits = np.where(even, np.minimum(_bits(sent), _bits(sent * np.float32(0.5))), _bits(sent))
    if count == 36:
        return Factors(bits, np.full(bits.shape, np.nan, np.float32), np.full(bits.shape, np.nan, np.float32))
    treble = TREBLE > 0
    raised = ((finer >= TREBLE) | ~known)[..., treble].all(axis=-1)
    lowered = np.maximum(sent - TREBLE, np.float32(0))
    bits = np.where(raised, np.minimum(bits, _bits(lowered)), bits)
    told = known[..., treble].sum(axis=-1) >= LEAST_KNOWN
    return Factors(bits, _told(raised, told), _told(even & some, told & some))


def _bits(sent: F32) -> F32:
    """Length of whole factors under the shortest pair that holds them, shape of sent but for the last axis."""
    split = SPLIT[sent.shape[-1]]
    low, high = sent[..., :split].max(axis=-1), sent[..., split:].max(axis=-1)
    most = 2**LENGTHS - 1
    fits = (np.minimum(low, 15)[..., None] <= most[:, 0]) & (np.minimum(high, 7)[..., None] <= most[:, 1])
    cost = LENGTHS @ np.array([split, sent.shape[-1] - split])
    return np.asarray(np.where(fits, cost, UNSENDABLE).min(axis=-1), dtype=np.float32)


def _told(values: Bools, told: Bools) -> F32:
    return np.where(told, values, np.nan).astype(np.float32)
