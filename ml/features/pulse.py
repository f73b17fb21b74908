"""How strongly and how regularly things begin: the mean tempogram and the onsets in numbers."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks
from scipy.stats import skew

from ml.features.frames import HOP, SR, Frames
from ml.features.rhythm import WINDOW, onset_strength, periodicity, tempo
from ml.features.spec import FeatureSpec
from ml.units import Samples

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

EDGES_BPM: Final = (40, 60, 80, 100, 120, 140, 170, 200, 260)
_BANDS: Final = tuple(f"tempogram_{low}" for low in EDGES_BPM[:-1])
NAMES: Final = (
    "pulse_tempo",
    "pulse_clarity",
    "pulse_half",
    "pulse_double",
    "tempogram_entropy",
    *_BANDS,
    "onset_mean",
    "onset_var",
    "onset_skew",
    "onsets_per_s",
    "onset_gap_variation",
)


def spec() -> FeatureSpec:
    return FeatureSpec(task="pulse", version=1, names=NAMES)


def measure(y: Samples, *, sr: int) -> dict[str, float]:
    """y : shape (n,) or (channels, n), full scale 1.0. Raises TooShort below a second."""
    return of(Frames(y, sr=sr))


def of(frames: Frames) -> dict[str, float]:
    onsets = onset_strength(frames)
    return dict(zip(NAMES, (*tempogram(onsets), *onset_numbers(onsets)), strict=True))


def tempogram(onsets: F32) -> tuple[float, ...]:
    """The likeliest tempo, how clear it, its half and its double are (autocorrelation, 1 at most); entropy; bands."""
    bpm = tempo(onsets)
    if bpm == 0:
        return (0.0,) * (5 + len(_BANDS))
    strength = np.maximum(periodicity(onsets), 0)
    lag = round(60 * SR / (HOP * bpm))
    clear = [float(strength[at]) if 1 <= at < WINDOW else 0.0 for at in (lag, 2 * lag, round(lag / 2))]
    bands = [float(strength[slice(*_lags(i))].max()) for i in range(len(_BANDS))]
    share = strength[1:] / max(float(strength[1:].sum()), 1e-9)
    entropy = -float((share * np.log2(share + 1e-12)).sum())
    return (bpm, *clear, entropy, *bands)


def onset_numbers(onsets: F32) -> tuple[float, ...]:
    """Mean, variance and skewness of the onset strength; onsets a second, and how unequal the gaps between them are."""
    at = onset_frames(onsets)
    gaps = np.diff(at)
    variation = float(gaps.std() / gaps.mean()) if len(gaps) else 0.0
    lopsided = float(skew(onsets.astype(np.float64))) if onsets.std() > 1e-6 else 0.0
    rate = len(at) * SR / (HOP * len(onsets))
    return float(onsets.mean()), float(onsets.var()), lopsided, float(rate), variation


def onset_frames(onsets: F32) -> NDArray[np.intp]:
    """Peaks that stand out by a deviation of the whole, at least 70 ms apart."""
    return np.asarray(find_peaks(onsets, prominence=max(float(onsets.std()), 1e-6), distance=3)[0])


def _lags(band: int) -> tuple[int, int]:
    """First lag and end of a band of tempi."""
    low, high = EDGES_BPM[band], EDGES_BPM[band + 1]
    first = int(np.ceil(60 * SR / (HOP * high)))
    return first, max(first + 1, int(np.ceil(60 * SR / (HOP * low))))
