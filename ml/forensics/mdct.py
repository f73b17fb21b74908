"""The MDCT of single frames: windowed, folded to half their length, and a DCT-IV of that.

Source: Princen, Johnson & Bradley, "Subband/transform coding using filter bank designs based on time domain
aliasing cancellation", ICASSP 1987. Scaled to be orthonormal, so that a line is in the units of the samples.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

F32 = NDArray[np.float32]


def mdct(frames: F32, window: F32) -> F32:
    """Orthonormal lines: frames of shape (..., 2N) and a window of shape (2N,) -> (..., N)."""
    return np.asarray(dct(fold(frames * window), type=4, norm="ortho", axis=-1))


def fold(frames: F32) -> F32:
    """Time-domain aliasing of windowed frames, (..., 2N) -> (..., N), so that a DCT-IV gives the MDCT."""
    half = frames.shape[-1] // 2
    quarter = half // 2
    a, b = frames[..., :quarter], frames[..., quarter:half]
    c, d = frames[..., half : half + quarter], frames[..., half + quarter :]
    return np.concatenate([-c[..., ::-1] - d, a - b[..., ::-1]], axis=-1)
