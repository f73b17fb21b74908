"""Tuning and pitch classes, as librosa has them but from peaks alone."""

from functools import lru_cache
from typing import Final

import librosa
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

LOWEST_HZ: Final = 150.0
HIGHEST_HZ: Final = 4000.0
LEAST_OF_TOP: Final = np.float32(0.1)
"""A peak counts from a tenth of its frame's strongest line on."""


def tuning(power: F32, *, sr: int) -> float:
    """How far the music is off A = 440 Hz, in semitones, -0.5 to 0.5, in steps of 0.01; 0 without a peak.

    power : shape (frames, lines)
    The same as ``librosa.estimate_tuning(S=power.T)``.
    """
    pitches, heights = peaks(power, sr=sr)
    if not len(pitches):
        return 0.0
    return float(librosa.pitch_tuning(pitches[heights >= np.median(heights)]))


def peaks(power: F32, *, sr: int) -> tuple[F32, F32]:
    """Interpolated frequencies in Hz and heights of the lines from 150 to 4,000 Hz that stand out, shape (n,) each."""
    n_fft = 2 * (power.shape[1] - 1)
    first, end = np.searchsorted(np.fft.rfftfreq(n_fft, 1 / sr), (LOWEST_HZ, HIGHEST_HZ))
    line = power[:, first:end]
    before, after = power[:, first - 1 : end - 1], power[:, first + 1 : end + 1]
    strong = line > LEAST_OF_TOP * power.max(axis=1, keepdims=True)
    frame, k = np.nonzero(strong & (line > before) & (line >= after))
    here, low, high = line[frame, k], before[frame, k], after[frame, k]
    bend, slope = high + low - 2 * here, (high - low) / 2
    inside = np.abs(slope) < np.abs(bend)
    shift = np.where(inside, -slope / np.where(inside, bend, np.float32(1)), np.float32(0))
    pitches = ((first + k + shift) * float(sr) / n_fft).astype(np.float32)
    return pitches, np.asarray(here + np.float32(0.5) * slope * shift)


@lru_cache(maxsize=101)
def chroma_filters(tuned: float, *, sr: int, n_fft: int) -> F32:
    """Shape (lines, 12), C first."""
    filters: F32 = librosa.filters.chroma(sr=sr, n_fft=n_fft, tuning=tuned)
    return np.ascontiguousarray(filters.T)
