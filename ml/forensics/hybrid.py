"""The filter bank of MPEG-1 audio: 32 polyphase bands (MP2), and an MDCT of 18 in each (MP3).

Source: ISO/IEC 11172-3, 2.4.3 and annex C.1. The analysis here is the encoder's own, so that at the
encoder's frame offset the lines are the very numbers that it rounded.
"""

from functools import cache

import numba
import numpy as np
from numpy.typing import NDArray

from ml.forensics.channels import four
from ml.forensics.polyphase_table import HALF_WINDOW
from ml.forensics.sliding import column_statistics

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

BANDS = 32
LINES = 576
"""MDCT lines of a granule = its length in samples = the number of frame offsets to try."""

TAPS = 512
SLOTS = 36
"""Subband samples under one long block."""

SPAN = TAPS + (SLOTS - 1) * BANDS
"""Samples that the lines of one granule are made of."""

REACH = LINES + SLOTS * BANDS + TAPS
"""Samples from the first that one search over all offsets looks at."""


@cache
def prototype() -> F32:
    """Analysis window C of the standard, newest sample first, shape (512,)."""
    half = np.array(HALF_WINDOW) / 65536 / 32
    window = np.concatenate([half, np.zeros(TAPS - len(half))])
    block_sign = np.where(np.arange(TAPS) // 64 % 2, -1.0, 1.0)
    smooth = window * block_sign
    smooth[257:] = smooth[255:0:-1]
    return (smooth * block_sign).astype(np.float32)


@cache
def modulation() -> F32:
    """Cosines of the polyphase matrix for a fold that runs forward in time, shape (64, 32)."""
    i, k = 63 - np.arange(64)[:, None], np.arange(BANDS)
    return np.cos((2 * k + 1) * (i - 16) * np.pi / 64).astype(np.float32)


@cache
def long_block() -> F32:
    """Windowed MDCT of 36 subband samples, for even and odd bands, shape (2, 36, 18).

    Odd bands run backwards in frequency; the encoder turns them by flipping every second sample.
    Scaled so that a line is near the orthonormal MDCT of the same length.
    """
    n, k = np.arange(SLOTS)[:, None], np.arange(18)
    mdct = np.sin(np.pi / SLOTS * (n + 0.5)) * np.cos(np.pi / 72 * (2 * n + 1 + 18) * (2 * k + 1))
    flipped = mdct * np.where(n % 2, -1.0, 1.0)
    scale = np.sqrt(2.0 / 18) * np.sqrt(BANDS)
    return np.asarray(scale * np.stack([mdct, flipped]), dtype=np.float32)


@cache
def butterflies() -> F32:
    """Alias-reduction coefficients (cs, ca), shape (2, 8); table B.9."""
    c = np.array([-0.6, -0.535, -0.33, -0.185, -0.095, -0.041, -0.0142, -0.0037])
    return np.stack([1 / np.sqrt(1 + c**2), c / np.sqrt(1 + c**2)]).astype(np.float32)


def polyphase(x: F32, *, step: int = 1) -> F32:
    """Subband samples at every ``step``-th sample position: shape (1 + (n - 512) // step, 32) from x of shape (n,).

    Row j is the encoder's output when sample j * step + 511 is the newest.
    """
    folded = _fold(np.ascontiguousarray(x, dtype=np.float32), prototype(), step)
    return np.ascontiguousarray(modulation().T @ folded.T).T


def hybrid_lines(bands: F32, *, slot: int, step: int, count: int) -> F32:
    """Long-block lines of ``count`` granules that begin ``step`` rows apart, shape (576, count).

    bands : shape (n, 32), subband samples as :func:`polyphase` gives them
    slot : rows from one subband sample of a granule to the next (32 where bands has every position, else 1)
    """
    columns = bands.T
    span = step * (count - 1) + 1
    blocks = np.empty((BANDS, SLOTS, count), dtype=np.float32)
    for i in range(SLOTS):
        blocks[:, i] = columns[:, slot * i : slot * i + span : step]
    lines = (_long_block_by_band() @ blocks).reshape(LINES, count)
    reduce_aliases(lines)
    return lines


@cache
def _long_block_by_band() -> F32:
    return np.ascontiguousarray(long_block()[np.arange(BANDS) % 2].transpose(0, 2, 1))


def reduce_aliases(lines: F32) -> None:
    """The butterflies at every band edge, in place; lines of long blocks, shape (576, n)."""
    by_band = lines.reshape(BANDS, 18, -1)
    upper, lower = by_band[:-1, :9:-1], by_band[1:, :8]  # the 8 lines on each side of 31 band edges
    cs, ca = butterflies()[:, None, :, None]
    upper[...], lower[...] = upper * cs + lower * ca, lower * cs - upper * ca


def scan_hybrid(y: F32, edges: I32, out: F32) -> None:
    """Line statistics at all 576 frame offsets, for L, R, M, S.

    y : shape (2, REACH), left and right in 16-bit steps
    edges : shape (n_bands + 1,), line numbers
    out : shape (576, 1, 4, 2, n_bands)
    """
    for c, lines in enumerate(four(*(at_all_offsets(channel) for channel in y))):
        column_statistics(lines, lines.view(np.int32), edges, out[:, 0, c])


def at_all_offsets(x: F32) -> F32:
    """Long-block lines at all 576 frame offsets, shape (576 lines, 576 offsets); x of shape (REACH,)."""
    return hybrid_lines(polyphase(x), slot=BANDS, step=1, count=LINES)


def scan_polyphase(y: F32, edges: I32, out: F32) -> None:
    """The same for MP2, which rounds the subband samples themselves: all 32 phases.

    y : shape (2, REACH), left and right in 16-bit steps
    edges : shape (n_bands + 1,), numbers of subbands
    out : shape (32, 1, 4, 2, n_bands), averaged over the slots
    """
    left, right = (polyphase(channel).T for channel in y)
    n = left.shape[1] // BANDS * BANDS
    part = np.empty((n, *out.shape[3:]), dtype=np.float32)
    for c, bands in enumerate(four(left[:, :n], right[:, :n])):
        lines = np.ascontiguousarray(bands)
        column_statistics(lines, lines.view(np.int32), edges, part)
        out[:, 0, c] = part.reshape(-1, BANDS, *part.shape[1:]).mean(axis=0)


@numba.njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _fold(x: F32, window: F32, step: int) -> F32:
    """Windowed samples added up modulo 64, oldest first: shape (positions, 64)."""
    n = 1 + (len(x) - 512) // step
    out = np.zeros((n, 64), dtype=np.float32)
    backwards = window[::-1].copy()
    for j in range(n):
        row, frame = out[j], x[j * step : j * step + 512]
        for q in range(8):
            part, taps = frame[64 * q : 64 * q + 64], backwards[64 * q : 64 * q + 64]
            for i in range(64):
                row[i] += part[i] * taps[i]
    return out
