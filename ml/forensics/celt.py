"""Opus' music coder (CELT, RFC 6716): a 960-line MDCT at 48 kHz behind a pre-emphasis.

Its window is flat but for 120-sample slopes, too steep for a short sum of sines; so the frames
are folded and transformed one by one (DCT-IV).
"""

from functools import cache
from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

from ml.forensics import bands
from ml.forensics.channels import four
from ml.forensics.mdct import mdct
from ml.forensics.sliding import line_statistics
from ml.forensics.windows import celt

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

LINES: Final = 960
OVERLAP: Final = 120
EMPHASIS: Final = 0.85
REACH: Final = 3 * LINES
RATE: Final = 48000

WINDOW: Final = celt(2 * LINES, overlap=OVERLAP).astype(np.float32)
"""Shape (1920,)."""


def emphasise(y: F32) -> F32:
    """Undo the decoder's de-emphasis: x[n] - 0.85 x[n-1]; shape kept."""
    out = y.copy()
    out[..., 1:] -= np.float32(EMPHASIS) * y[..., :-1]
    return out


@cache
def rounding_gain() -> F32:
    """What pre-emphasis makes of the file's own rounding, which is white: a factor for every line, shape (960,).

    Each part of a band has one factor: divided by it, a lattice stays a lattice, and all lines have the same noise.

    >>> [round(float(gain), 2) for gain in rounding_gain()[[0, 480, 959]]]
    [0.15, 1.32, 1.85]
    """
    edges = bands.celt()
    angles = np.pi * (edges[:-1] + edges[1:]) / 2 / LINES
    gain = np.abs(1 - EMPHASIS * np.exp(-1j * angles))
    return np.repeat(gain, np.diff(edges)).astype(np.float32)


def scan_celt(y: F32, edges: I32, out: F32, *, batch: int = 120) -> None:
    """Line statistics at all 960 offsets, for L, R, M, S.

    y : shape (2, 3 * 960), pre-emphasised left and right in 16-bit steps, at 48 kHz
    edges : shape (n_bands + 1,), line numbers
    out : shape (960, 1, 4, 2, n_bands)
    """
    for first in range(0, LINES, batch):
        frames = np.lib.stride_tricks.sliding_window_view(y, 2 * LINES, axis=1)[:, first : first + batch]
        lines = np.stack(four(*(mdct(channel, WINDOW) for channel in frames)), axis=1)
        _each(lines, lines.view(np.int32), edges, out[first : first + batch, 0])


@numba.njit(cache=True, nogil=True)
def _each(lines: F32, bits: I32, edges: I32, out: F32) -> None:
    for o in range(lines.shape[0]):
        for c in range(4):
            line_statistics(lines[o, c], bits[o, c], edges, out[o, c])
