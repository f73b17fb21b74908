"""The genre task's measurement: what the music network makes of stretches, and the 57 numbers of GTZAN's tables.

Both of sound that was brought to one level, the network's windows by what the song's loud ones need, so that quiet ones
stay quiet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from ml.features import mel, network, timbre
from ml.features.excerpt import Excerpt
from ml.features.level import gain, levelled, loudness, without_quiet_ends
from ml.features.spec import FeatureSpec

F32 = NDArray[np.float32]

VERSION: Final = 2
FAINT: Final = 1e-3
"""A stretch that is so much quieter than the loudest one says nothing about the song (60 dB)."""
STATISTICS: Final = ("mean", "deviation")
TIMBRE: Final = "timbre."
SIGNED: Final = ("harmony_mean", "perceptr_mean", *(f"mfcc{i}_mean" for i in range(1, 21)))
"""Of the 57 numbers; the others are sizes, so that their logarithm is kept."""
LEAST: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured on a song."""

    starts_s: tuple[float, ...]
    """Of each stretch that was heard."""
    activations: F32
    """Of the network's penultimate layer, shape (n_stretches, UNITS)."""
    loudness: F32
    """Of each stretch, shape (n_stretches,): what is louder says more about the song."""
    timbre: Mapping[str, float]
    """The 57 numbers by the tables' names, levelled."""

    @property
    def values(self) -> dict[str, float]:
        """Mean and deviation over the song, each stretch as heavy as it is loud, and the 57, by name."""
        return named(*self._moments(), self.timbre)

    def around(self, at: int) -> dict[str, float]:
        """The same where the mean is taken of one stretch and, half as heavily, of the two beside it."""
        weights = np.maximum(1.0 - np.abs(np.arange(len(self.activations)) - at) / 2.0, 0.0)
        mean = weights @ self.activations / weights.sum()
        return named(mean, self._moments()[1], self.timbre)

    def _moments(self) -> tuple[F32, F32]:
        """Mean and deviation, shape (UNITS,) each; of silence all stretches are alike."""
        heavy = self.loudness if self.loudness.any() else np.ones_like(self.loudness)
        mean = np.average(self.activations, axis=0, weights=heavy)
        return mean, np.sqrt(np.average((self.activations - mean) ** 2, axis=0, weights=heavy))


def measure(stretches: Sequence[Excerpt], middle: Excerpt, *, sr: int) -> Measurement:
    """Stretches and middle in mono, as :mod:`ml.decode.stretches` keeps them. Raises TooShort under a second."""
    windows = np.stack([_window(stretch.y[0], sr=sr) for stretch in stretches])
    loud = loudness(windows)
    heard = loud >= FAINT * loud.max()
    activations = network.activations(mel.log_mel(windows[heard] * gain(loud))).penultimate
    starts = [stretch.start / sr for stretch, one in zip(stretches, heard, strict=True) if one]
    music = without_quiet_ends(middle.y, sr=sr)
    return Measurement(
        starts_s=tuple(round(start, 2) for start in starts),
        activations=activations,
        loudness=loud[heard],
        timbre=levelled(timbre.measure(music * gain(loudness(music)), sr=sr)),
    )


def spec() -> FeatureSpec:
    """The feature spec of this version."""
    nothing = np.zeros(network.UNITS, dtype=np.float32)
    return FeatureSpec("genre", VERSION, tuple(named(nothing, nothing, dict.fromkeys(timbre.NAMES, 0.0))))


def named(mean: F32, deviation: F32, of_middle: Mapping[str, float]) -> dict[str, float]:
    """mean, deviation : shape (UNITS,)"""
    parts: Mapping[str, F32] = dict(zip(STATISTICS, (mean, deviation), strict=True))
    return {
        f"{statistic}.{unit:03d}": float(value)
        for statistic, values in parts.items()
        for unit, value in enumerate(values)
    } | {TIMBRE + name: scaled(name, value) for name, value in of_middle.items()}


def scaled(name: str, value: float) -> float:
    """One of the 57 as it is kept.

    >>> scaled("mfcc1_mean", -113.0), scaled("rolloff_var", 0.0) < -27
    (-113.0, True)
    """
    return float(value) if name in SIGNED else log(max(value, LEAST))


def _window(y: F32, *, sr: int) -> F32:
    """The middle of a stretch at the network's rate; what is too short goes round."""
    resampled = y if sr == mel.SR else soxr.resample(y, sr, mel.SR, quality="HQ")
    margin = (len(resampled) - mel.SAMPLES) // 2
    return np.resize(resampled, mel.SAMPLES) if margin < 0 else resampled[margin : margin + mel.SAMPLES]
