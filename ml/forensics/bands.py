"""Scale-factor bands: the groups of lines for which a coder sends one step.

A step is looked for in the lines that share it; a band cut wrongly mixes two steps and fits neither.
"""

from itertools import accumulate
from typing import Final

import numpy as np
from numpy.typing import NDArray

I32 = NDArray[np.int32]

LAYER3: Final = {
    44100: (0, 4, 8, 12, 16, 20, 24, 30, 36, 44, 52, 62, 74, 90, 110, 134, 162, 196, 238, 288, 342, 418, 576),
    48000: (0, 4, 8, 12, 16, 20, 24, 30, 36, 42, 50, 60, 72, 88, 106, 128, 156, 190, 230, 276, 330, 384, 576),
    32000: (
        0,
        4,
        8,
        12,
        16,
        20,
        24,
        30,
        36,
        44,
        54,
        66,
        82,
        102,
        126,
        156,
        194,
        240,
        296,
        364,
        448,
        550,
        576,
    ),
}
"""Long blocks; ISO 11172-3, table B.8."""

AAC_WIDTHS: Final = {
    48000: (4,) * 10 + (8,) * 7 + (12,) * 4 + (16, 16, 20, 20, 24, 24, 28, 28) + (32,) * 19 + (96,),
    32000: (4,) * 10 + (8,) * 7 + (12,) * 4 + (16, 16, 20, 20, 24, 24, 28, 28) + (32,) * 22,
}
"""Long windows of 1024 lines; ISO 13818-7, tables 45 and 46 (44.1 kHz as 48)."""


def layer3(sr: int) -> I32:
    """Edges of the 22 bands of Layer III, shape (23,); the nearest table for other rates.

    The last has no scale factor of its own.

    >>> layer3(44100)[-3:].tolist()
    [342, 418, 576]
    """
    return np.array(LAYER3[min(LAYER3, key=lambda rate: abs(rate - sr))], dtype=np.int32)


def aac(sr: int) -> I32:
    """Edges of AAC's bands, shape (n_bands + 1,); 32 kHz' for all rates under 40 kHz.

    >>> aac(44100)[[0, 10, 48, 49]].tolist()
    [0, 40, 928, 1024]
    """
    widths = AAC_WIDTHS[32000 if sr < 40000 else 48000]
    return np.array(list(accumulate(widths, initial=0)), dtype=np.int32)


def even(n_lines: int, *, width: int) -> I32:
    """Edges of equal bands, shape (n_lines // width + 1,), for coders whose step moves with every few lines."""
    return np.arange(0, n_lines + 1, width, dtype=np.int32)


CELT_EDGES: Final = (
    0,
    8,
    16,
    24,
    32,
    40,
    48,
    56,
    64,
    80,
    96,
    112,
    128,
    160,
    192,
    224,
    272,
    320,
    384,
    480,
    624,
    800,
)
"""Bands of CELT's 20 ms frames: RFC 6716, table 55, times 8. Nothing is coded above, which is 20 kHz."""

CELT_PARTS: Final = ((224, 8), (320, 12), (384, 8), (480, 12), (624, 9), (800, 11), (960, 8))
"""Up to which line, and how wide."""


def celt() -> I32:
    """Edges of parts of CELT's bands that share one gain, shape (109,).

    A band that costs more than a code word holds is split in halves, each of its own gain (RFC 6716, 4.3.4.4): no part
    lies across such a split, down to its own width.

    >>> edges = celt()
    >>> set(CELT_EDGES) <= set(edges.tolist()), int(edges[-1])
    (True, 960)
    """
    lows = (0, *(edge for edge, _ in CELT_PARTS[:-1]))
    parts = [np.arange(low, high, width) for low, (high, width) in zip(lows, CELT_PARTS, strict=True)]
    return np.append(np.concatenate(parts), CELT_PARTS[-1][0]).astype(np.int32)
