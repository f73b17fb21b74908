"""What the lines look like at a coder's grid: the traces of its rounding, from which the bitrate is read.

At the right offset a line is a rounded number times a step. The less the coder could spend, the larger
the steps, the more lines are zero, and the higher the smallest line that is not (ISO 11172-3: |X| = q**(4/3)
times a power of 2**(1/4)). Ten bands, left/right and mid/side, and how all of this moves from frame to frame.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from ml.forensics import celt, hybrid
from ml.forensics.windows import celt as celt_window
from ml.forensics.windows import kbd, sine, vorbis

F32 = NDArray[np.float32]

BAND_EDGES_HZ: Final = (0, 1000, 2500, 4500, 7000, 10000, 13000, 15500, 16500, 18500, 20500)
STATISTICS: Final = ("zeros", "level", "spread", "least", "wander", "octave")
"""Share of lines under half a 16-bit step; mean log2 |X|; log2 of the 80th over the 20th percentile; log2 of the
10th percentile of the lines that are not zero; deviation of the level over the frames; entropy of log2 |X|."""

MOST_FRAMES = 96

Lines = Callable[[F32, int], F32]
"""(channel of shape (n,), sample of the first frame) -> lines, shape (frames, n_lines)"""


def mdct_lines(x: F32, first: int, *, window: F32) -> F32:
    """Orthonormal MDCT of consecutive frames, shape (frames, N); window of shape (2N,)."""
    half = len(window) // 2
    if len(x) - first < 2 * half:
        return np.empty((0, half), dtype=np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(x[first:], 2 * half)[::half] * window
    return np.asarray(dct(celt.fold(frames), type=4, norm="ortho", axis=-1))


def layer3_lines(x: F32, first: int) -> F32:
    """Layer III long-block lines of consecutive granules, shape (granules, 576)."""
    if len(x) - first < hybrid.TAPS:
        return np.empty((0, hybrid.LINES), dtype=np.float32)
    bands = hybrid.polyphase(x[first:], step=hybrid.BANDS)
    count = (len(bands) - hybrid.SLOTS) // 18 + 1
    return hybrid.hybrid_lines(bands, slot=1, step=18, count=max(0, count)).T


def _windowed(window: NDArray[np.float64]) -> Lines:
    return lambda x, first: mdct_lines(x, first, window=window.astype(np.float32))


TRANSFORMS: Final[dict[str, tuple[int, Lines]]] = {
    "mp3": (hybrid.LINES, layer3_lines),
    "aac-sine": (1024, _windowed(sine(2048))),
    "aac-kbd": (1024, _windowed(kbd(2048, alpha=4))),
    "vorbis": (1024, _windowed(vorbis(2048))),
    "opus": (celt.LINES, _windowed(celt_window(2 * celt.LINES, overlap=celt.OVERLAP))),
    "ac3": (256, _windowed(kbd(512, alpha=5))),
    "wma": (2048, _windowed(sine(4096))),
}
"""Frame length in samples and the coder's transform."""


def statistics(pieces: Sequence[tuple[int, F32]], *, sr: int, coder: str, offset: int) -> F32:
    """Shape (2: left/right and mid/side, n_bands, n_statistics); NaN where there was nothing to look at.

    pieces : (start, y), y of shape (2, n) in 16-bit steps (pre-emphasised and at 48 kHz for Opus)
    """
    length, lines = TRANSFORMS[coder]
    mags = _magnitudes(pieces, length=length, offset=offset, lines=lines)
    edges = np.round(np.array(BAND_EDGES_HZ) / (sr / 2) * mags.shape[2]).astype(int)
    out = np.full((2, len(edges) - 1, len(STATISTICS)), np.nan, dtype=np.float32)
    for pair in range(2):
        for band, (low, high) in enumerate(pairwise(edges)):
            part = mags[2 * pair : 2 * pair + 2, :, low:high]
            if part.size:
                out[pair, band] = _describe(part)
    return out


def _magnitudes(pieces: Sequence[tuple[int, F32]], *, length: int, offset: int, lines: Lines) -> F32:
    """|X| of L, R, M, S in at most MOST_FRAMES frames spread over the track: shape (4, frames, n_lines)."""
    found = []
    share = max(4, MOST_FRAMES // len(pieces))
    for start, y in pieces:
        first = (offset - start) % length
        span = y[:, : first + length * (share + 4)]
        left, right = (lines(np.ascontiguousarray(channel), first) for channel in span)
        found.append(np.stack([left, right, (left + right) / 2, (left - right) / 2]))
    every = np.abs(np.concatenate(found, axis=1))
    step = max(1, every.shape[1] // MOST_FRAMES)
    return np.asarray(every[:, ::step][:, :MOST_FRAMES])


def _describe(part: F32) -> F32:
    """part : magnitudes of one band in 16-bit steps, shape (2, frames, lines)"""
    logs = np.log2(part + np.float32(0.03))
    low, high = np.percentile(logs, (20, 80))
    nonzero = part[part > 0.5]
    least = np.log2(np.percentile(nonzero, 10)) if nonzero.size > 20 else np.nan
    histogram = np.histogram(logs, bins=16, range=(-5, 11))[0] / logs.size
    entropy = -(histogram * np.log2(histogram + 1e-9)).sum()
    level = logs.mean(axis=2)
    return np.array(
        [(part < 0.5).mean(), logs.mean(), high - low, least, level.std(axis=1).mean(), entropy],
        dtype=np.float32,
    )
