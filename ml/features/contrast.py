"""Peaks against valleys in octave bands (Jiang 2002), as librosa has it."""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.features.courses import statistic_names, statistics
from ml.features.frames import N_FFT, SR, Frames, clipped, decibels
from ml.features.spec import FeatureSpec
from ml.units import Samples

F32 = NDArray[np.float32]

EDGES_HZ: Final = (0.0, *(200.0 * 2.0**k for k in range(7)))
QUANTILE: Final = 0.02
_COURSES: Final = tuple(f"contrast{i}" for i in range(1, len(EDGES_HZ)))


def spec() -> FeatureSpec:
    return FeatureSpec(task="contrast", version=1, names=statistic_names(_COURSES))


def measure(y: Samples, *, sr: int) -> dict[str, float]:
    """y : shape (n,) or (channels, n), full scale 1.0. Raises TooShort below a second."""
    return of(Frames(y, sr=sr))


def of(frames: Frames) -> dict[str, float]:
    return statistics(dict(zip(_COURSES, contrast(frames), strict=True)))


def contrast(frames: Frames) -> F32:
    """Level of the strongest lines less that of the weakest, in dB, shape (7, frames).

    The same as ``librosa.feature.spectral_contrast(S=magnitude)``.
    """
    found = [_ends(frames.magnitude[:, first:end], count) for first, end, count in _bands()]
    weakest, strongest = np.array(found).transpose(1, 0, 2)
    return np.asarray(clipped(decibels(strongest)) - clipped(decibels(weakest)))


def _bands() -> list[tuple[int, int, int]]:
    """First line, end and how many lines are an end of each band.

    From the second one on a band takes in the line below it, and all but the last leave their own last line out.
    """
    hz = np.fft.rfftfreq(N_FFT, 1 / SR)
    bands = []
    for k, (low, high) in enumerate(pairwise(EDGES_HZ)):
        inside = np.flatnonzero((hz >= low) & (hz <= high))
        first = int(inside[0]) - (k > 0)
        last = k == len(EDGES_HZ) - 2
        end = len(hz) if last else int(inside[-1]) + 1
        bands.append((first, end - (not last), max(1, round(QUANTILE * (end - first)))))
    return bands


def _ends(lines: F32, count: int) -> tuple[F32, F32]:
    """Mean of the ``count`` weakest and strongest lines, shape (frames,) each."""
    ordered = np.partition(lines, (count - 1, lines.shape[1] - count), axis=1)
    return ordered[:, :count].mean(axis=1), ordered[:, -count:].mean(axis=1)
