"""How fast the loudness of each band swings: the modulation spectrum of the mel levels."""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.features.frames import HOP, SR, Frames
from ml.features.spec import FeatureSpec
from ml.units import Samples

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

WINDOW: Final = 172
"""Frames, four seconds; half of it from one window to the next."""
EDGES_HZ: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
BANDS: Final = 8
"""Groups of 16 mel bands."""
NAMES: Final = tuple(
    name
    for band in range(1, BANDS + 1)
    for name in (f"modulation{band}_depth", *(f"modulation{band}_{low:g}" for low in EDGES_HZ[:-1]))
)


def spec() -> FeatureSpec:
    return FeatureSpec(task="modulation", version=1, names=NAMES)


def measure(y: Samples, *, sr: int) -> dict[str, float]:
    """y : shape (n,) or (channels, n), full scale 1.0. Raises TooShort below a second."""
    return of(Frames(y, sr=sr))


def of(frames: Frames) -> dict[str, float]:
    """For each band how many dB it swings, and what share of that is from 0.5, 1, 2, 4 and 8 Hz on, an octave each."""
    spectrum = modulation(frames)
    hz = np.fft.rfftfreq(WINDOW, HOP / SR)
    energy = np.stack(
        [spectrum[:, (hz >= low) & (hz < high)].sum(axis=1) for low, high in pairwise(EDGES_HZ)], axis=1
    )
    total = energy.sum(axis=1, keepdims=True)
    share = energy / np.where(total > 1e-9, total, np.inf)
    return dict(zip(NAMES, map(float, np.hstack([np.sqrt(total), share]).ravel()), strict=True))


def modulation(frames: Frames) -> F64:
    """Mean power of each band's level over the rate of its swing, shape (8, 87), in dB squared."""
    level = frames.mel_db.reshape(len(frames), BANDS, -1).mean(axis=2)
    short = max(0, WINDOW - len(level))
    level = np.pad(level, ((0, short), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(level, WINDOW, axis=0)[:: WINDOW // 2]
    swing = windows - windows.mean(axis=2, keepdims=True)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    power = np.square(np.abs(np.fft.rfft(swing * hann, axis=2)))
    return np.asarray(2 * power.mean(axis=0) / (WINDOW * np.square(hann).sum()))
