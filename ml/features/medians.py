"""Harmonic and percussive parts by running medians (Fitzgerald 2010), about 40 times as fast as a general filter.

A window of sorted values slides along one axis while the innermost loops run over the other one and vectorise:
taking the oldest value out and putting the newest in is one sweep of compares, with no branch.
"""

from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
Indices = NDArray[np.intp]

SIZE: Final = 31
"""Frames and lines of the two medians: librosa's default."""

_LANES: Final = 128
_TINY: Final = np.finfo(np.float32).tiny
_VAST: Final = np.finfo(np.float32).max


def harmonic_share(S: F32) -> F32:
    """Wiener mask of the harmonic part, shape (frames, lines), 0 to 1; the rest is percussive.

    S : shape (frames, lines), magnitude
    The same as ``librosa.decompose.hpss(S.T, mask=True)[0].T`` but for rounding.
    """
    share = np.empty_like(S)
    along_lines = _mirrored(S.shape[1])
    for first in range(0, len(S), _LANES):  # percussive: smooth over lines
        block = np.ascontiguousarray(S[first : first + _LANES].T)
        share[first : first + _LANES] = _median(block, along_lines).T
    along_frames = _mirrored(len(S))
    for first in range(0, S.shape[1], _LANES):  # harmonic: smooth over frames
        block = np.ascontiguousarray(S[:, first : first + _LANES])
        _mask(_median(block, along_frames), share[:, first : first + _LANES])
    return share


def running_median(x: F32) -> F32:
    """Median of SIZE neighbours along the first axis, mirrored at the ends; x : shape (n, lanes), not negative."""
    return _median(np.ascontiguousarray(x), _mirrored(len(x)))


def _median(x: F32, order: Indices) -> F32:
    out = np.empty_like(x)
    _slide(x, order, out)
    return out


def _mirrored(n: int) -> Indices:
    return np.pad(np.arange(n), SIZE // 2, mode="symmetric")


@numba.njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _slide(x: F32, order: Indices, out: F32) -> None:
    """``order`` says which row of x is the next in the window, shape (n + SIZE - 1,)."""
    lanes = x.shape[1]
    held = np.full((SIZE, lanes), _VAST)
    old, below = held[0].copy(), held[0].copy()  # while the window fills, a vast value goes out
    for i in range(len(order)):
        new = x[order[i]]
        if i >= SIZE:
            old[:] = x[order[i - SIZE]]
        below[:] = np.float32(-1.0)
        for k in range(SIZE - 1):
            here, above = held[k], held[k + 1]
            for o in range(lanes):
                kept = above[o] if here[o] >= old[o] else here[o]
                low = new[o] if new[o] < kept else kept
                here[o] = low if low > below[o] else below[o]
                below[o] = kept
        last = held[SIZE - 1]
        for o in range(lanes):
            last[o] = new[o] if new[o] > below[o] else below[o]
        if i >= SIZE - 1:
            out[i - SIZE + 1] = held[SIZE // 2]


@numba.njit(cache=True, error_model="numpy", nogil=True)
def _mask(harmonic: F32, percussive: F32) -> None:
    """h^2 / (h^2 + p^2), written over ``percussive``; a half where both are silent."""
    n, lines = harmonic.shape
    for i in range(n):
        for k in range(lines):
            h, p = harmonic[i, k], percussive[i, k]
            top = h if h > p else p
            scale = np.float32(1.0) / (top if top >= _TINY else np.float32(1.0))
            h2, p2 = (h * scale) * (h * scale), (p * scale) * (p * scale)
            percussive[i, k] = h2 / (h2 + p2) if top >= _TINY else np.float32(0.5)
