"""Opus' music coder (CELT, RFC 6716): a 960-line MDCT at 48 kHz behind a pre-emphasis.

Its window is flat but for 120-sample slopes, too steep for a short sum of sines; so the frames
are folded and transformed one by one (DCT-IV).
"""

from functools import cache

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from ml.forensics.sliding import line_statistics
from ml.forensics.windows import celt

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

LINES = 960
OVERLAP = 120
EMPHASIS = 0.85
REACH = 3 * LINES
RATE = 48000


def emphasise(y: F32) -> F32:
    """Undo the decoder's de-emphasis: x[n] - 0.85 x[n-1]; shape kept."""
    out = y.copy()
    out[..., 1:] -= np.float32(EMPHASIS) * y[..., :-1]
    return out


def scan_celt(y: F32, edges: I32, out: F32, *, batch: int = 120) -> None:
    """Line statistics at all 960 offsets, for L, R, M, S.

    y : shape (2, 3 * 960), pre-emphasised left and right in 16-bit steps, at 48 kHz
    edges : shape (n_bands + 1,), line numbers
    out : shape (960, 1, 4, 2, n_bands)
    """
    for first in range(0, LINES, batch):
        starts = np.arange(first, first + batch)
        left, right = (mdct(channel, starts) for channel in y)
        _statistics(left, right, edges, out[first : first + batch, 0])


def mdct(x: F32, starts: NDArray[np.int64]) -> F32:
    """Orthonormal CELT lines of the frames that begin at ``starts``, shape (frames, 960)."""
    frames = np.lib.stride_tricks.sliding_window_view(x, 2 * LINES)[starts] * _window()
    return np.asarray(dct(fold(frames), type=4, norm="ortho", axis=-1))


def fold(frames: F32) -> F32:
    """Time-domain aliasing of windowed frames: (frames, 2N) -> (frames, N), so that DCT-IV gives the MDCT."""
    half = frames.shape[-1] // 2
    quarter = half // 2
    a, b = frames[..., :quarter], frames[..., quarter:half]
    c, d = frames[..., half : half + quarter], frames[..., half + quarter :]
    return np.concatenate([-c[..., ::-1] - d, a - b[..., ::-1]], axis=-1)


@cache
def _window() -> F32:
    return celt(2 * LINES, overlap=OVERLAP).astype(np.float32)


def _statistics(left: F32, right: F32, edges: I32, out: F32) -> None:
    lines = np.ascontiguousarray(np.stack([left, right, (left + right) / 2, (left - right) / 2], axis=1))
    _each(lines, lines.view(np.int32), edges, out)


@numba.njit(cache=True, nogil=True)
def _each(lines: F32, bits: I32, edges: I32, out: F32) -> None:
    for o in range(lines.shape[0]):
        for c in range(4):
            line_statistics(lines[o, c], bits[o, c], edges, out[o, c])
