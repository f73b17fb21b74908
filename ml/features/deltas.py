"""How the cepstrum moves: slopes and bends of the 20 coefficients."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter

from ml.errors import TooShort
from ml.features.courses import statistic_names, statistics
from ml.features.frames import HOP, SR, Frames
from ml.features.spec import FeatureSpec
from ml.units import Samples

WIDTH: Final = 9
"""Frames that a slope is fitted to: librosa's default."""
ORDERS: Final = {1: "delta", 2: "bend"}
_COURSES: Final = tuple(f"{name}{i}" for name in ORDERS.values() for i in range(1, 21))


def spec() -> FeatureSpec:
    return FeatureSpec(task="deltas", version=1, names=statistic_names(_COURSES))


def measure(y: Samples, *, sr: int) -> dict[str, float]:
    """y : shape (n,) or (channels, n), full scale 1.0. Raises TooShort below a second."""
    return of(Frames(y, sr=sr))


def of(frames: Frames) -> dict[str, float]:
    if len(frames) < WIDTH:
        raise TooShort(duration_s=round(len(frames.y) / SR, 3), minimum_s=WIDTH * HOP / SR)
    courses = np.concatenate([deltas(frames, order=order) for order in ORDERS])
    return statistics(dict(zip(_COURSES, courses, strict=True)))


def deltas(frames: Frames, *, order: int) -> NDArray[np.float32]:
    """First or second derivative, shape (20, frames). The same as ``librosa.feature.delta(mfcc, order=order)``."""
    fitted = savgol_filter(frames.cepstra, WIDTH, polyorder=order, deriv=order, axis=1, mode="interp")
    return np.asarray(fitted, dtype=np.float32)
