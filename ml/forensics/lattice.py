"""What the lines look like at a coder's grid: the traces of its rounding, from which the bitrate is read.

At the right offset a line is a rounded number times a step. The less the coder could spend, the larger
the steps, the more lines are zero, and the higher the smallest line that is not (ISO 11172-3: |X| = q**(4/3)
times a power of 2**(1/4)). Ten bands, left/right and mid/side, and how all of this moves from frame to frame.
"""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics.channels import four
from ml.forensics.grid import Pieces
from ml.forensics.transforms import CODERS, Coder, consecutive

F32 = NDArray[np.float32]

BAND_EDGES_HZ: Final = (0, 1000, 2500, 4500, 7000, 10000, 13000, 15500, 16500, 18500, 20500)
STATISTICS: Final = ("zeros", "level", "spread", "least", "wander", "octave")
"""Share of lines under half a 16-bit step; mean log2 |X|; log2 of the 80th over the 20th percentile; log2 of the
10th percentile of the lines that are not zero; deviation of the level over the frames; entropy of log2 |X|."""

MOST_FRAMES = 96


def statistics(pieces: Pieces, *, sr: int, coder: str, offset: int) -> F32:
    """Shape (2: left/right and mid/side, n_bands, n_statistics); NaN where there was nothing to look at.

    pieces : (start, y), y of shape (2, n) in 16-bit steps (pre-emphasised and at 48 kHz for Opus)
    """
    mags = _magnitudes(pieces, coder=CODERS[coder], offset=offset)
    edges = np.round(np.array(BAND_EDGES_HZ) / (sr / 2) * mags.shape[2]).astype(int)
    out = np.full((2, len(edges) - 1, len(STATISTICS)), np.nan, dtype=np.float32)
    for pair in range(2):
        for band, (low, high) in enumerate(pairwise(edges)):
            part = mags[2 * pair : 2 * pair + 2, :, low:high]
            if part.size:
                out[pair, band] = _describe(part)
    return out


def _magnitudes(pieces: Pieces, *, coder: Coder, offset: int) -> F32:
    """|X| of L, R, M, S in at most MOST_FRAMES frames spread over the track: shape (4, frames, n_lines)."""
    found = []
    most = coder.length * (max(4, MOST_FRAMES // len(pieces)) + 4)
    for start, y in pieces:
        first = (offset - start) % coder.length
        left, right = (consecutive(channel, coder=coder) for channel in y[:, first : first + most])
        found.append(np.stack(four(left, right)))
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
