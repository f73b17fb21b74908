"""Window shapes of the transform coders, and each as a short sum of sines.

A window of length 2N that is written as ``sum_m a[m] sin((2m+1) pi (n+1/2) / 2N)`` turns a windowed
MDCT into a few differences of neighbouring bins of *one* rectangular DFT. That DFT can slide from
sample to sample at the cost of one complex multiplication a bin (see :mod:`ml.forensics.sliding`),
and all windows of the same length share it.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal.windows import kaiser_bessel_derived

Array = NDArray[np.float64]

SERIES_TERMS = 4


def sine(length: int) -> Array:
    """Half-period sine, shape (length,). ISO 13818-7 (AAC), ISO 11172-3 (Layer III), WMA."""
    return np.sin(_angles(length))


def kbd(length: int, *, alpha: float) -> Array:
    """Kaiser-Bessel-derived, shape (length,). alpha 4: AAC long blocks; alpha 5: AC-3 (ATSC A/52)."""
    return np.asarray(kaiser_bessel_derived(length, np.pi * alpha), dtype=np.float64)


def vorbis(length: int) -> Array:
    """Power-complementary sine of Vorbis I (section 1.3.2) and of CELT's slopes, shape (length,)."""
    return np.sin(np.pi / 2 * np.sin(_angles(length)) ** 2)


def celt(length: int, *, overlap: int) -> Array:
    """CELT's low-overlap window (RFC 6716, 4.3.7), shape (length,): Vorbis slopes, flat top, zeros outside.

    >>> w = celt(1920, overlap=120)
    >>> int((w == 0).sum()), int((w == 1).sum() > 800)
    (840, 1)
    """
    half = length // 2
    slope = vorbis(2 * overlap)[:overlap]
    edge = (half - overlap) // 2
    rising = np.concatenate([np.zeros(edge), slope, np.ones(half - edge - overlap)])
    return np.concatenate([rising, rising[::-1]])


@cache
def sine_series(shape: str, length: int) -> Array:
    """Coefficients a[m] of the named window (``sine``, ``kbd4``, ``kbd5``, ``vorbis``), shape (4,).

    Four terms leave a rest of 0.4 % (kbd4), 1.0 % (kbd5) and 1.2 % (vorbis) of the peak, 39 dB down or more:
    a hole is looked for 24 dB under its band.

    >>> abs(sine_series("sine", 2048)).tolist()
    [1.0, 0.0, 0.0, 0.0]
    >>> float(abs(kbd(2048, alpha=4) - sum(a * np.sin((2 * m + 1) * _angles(2048))
    ...     for m, a in enumerate(sine_series("kbd4", 2048)))).max().round(3))
    0.004
    """
    window = {
        "sine": lambda: sine(length),
        "kbd4": lambda: kbd(length, alpha=4),
        "kbd5": lambda: kbd(length, alpha=5),
        "vorbis": lambda: vorbis(length),
    }[shape]()
    angles = _angles(length)
    series = [2 / length * float(window @ np.sin((2 * m + 1) * angles)) for m in range(SERIES_TERMS)]
    return np.round(np.array(series), 12)


def _angles(length: int) -> Array:
    return np.pi * (np.arange(length) + 0.5) / length
