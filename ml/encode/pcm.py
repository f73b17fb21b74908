"""What happens to PCM outside of coders: rounding, dither, resampling."""

from typing import Literal

import numpy as np
import soxr

from ml.units import Samples

Depth = Literal["16", "24", "float"]


def quantise(y: Samples, *, depth: Depth, dither: np.random.Generator | None = None) -> Samples:
    """Round to the integers of a depth, half to even, clipping at full scale; "float" is left alone.

    y : any shape, full scale 1.0
    dither : adds triangular noise of two steps peak to peak before rounding.

    >>> float(quantise(np.float32([0.5 / 32768, 1.5 / 32768, 1.0]), depth="16")[1] * 32768)
    2.0
    """
    if depth == "float":
        return y.astype(np.float32, copy=False)
    steps = 2.0 ** (int(depth) - 1)
    scaled = y.astype(np.float64) * steps
    if dither is not None:
        scaled += dither.random(y.shape) - dither.random(y.shape)
    return (np.clip(np.rint(scaled), -steps, steps - 1) / steps).astype(np.float32)


def resample(y: Samples, *, sr: int, to: int) -> Samples:
    """Change the sampling rate with soxr's VHQ filter; y : shape (channels, n)."""
    if sr == to:
        return y
    resampled = soxr.resample(np.ascontiguousarray(y.T), sr, to, quality="VHQ")
    return np.ascontiguousarray(resampled.T.astype(np.float32, copy=False))
