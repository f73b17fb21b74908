"""The genre task's measurement: stretches of sound in, the music network's activations out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import soxr
from numpy.typing import NDArray

from ml.features import mel, network
from ml.features.spec import FeatureSpec

F32 = NDArray[np.float32]

VERSION: Final = 1
FAINT: Final = 1e-3
"""A stretch that is so much quieter than the loudest one says nothing about the song (60 dB)."""
STATISTICS: Final = ("mean", "deviation")


class Excerpt(Protocol):
    """A stretch of decoded signal: where it starts, and y of shape (1, n), full scale 1.0."""

    @property
    def start(self) -> int: ...
    @property
    def y(self) -> F32: ...


@dataclass(frozen=True, slots=True)
class Measurement:
    """What the network makes of a song."""

    starts_s: tuple[float, ...]
    """Of each stretch that was heard."""
    activations: F32
    """Of the penultimate layer, shape (n_stretches, UNITS)."""

    @property
    def values(self) -> dict[str, float]:
        """Mean and deviation over the song, by name."""
        return named(self.activations.mean(axis=0), self.activations.std(axis=0))

    def around(self, at: int) -> dict[str, float]:
        """The same where the mean is taken of one stretch and, half as heavily, of the two beside it."""
        weights = np.maximum(1.0 - np.abs(np.arange(len(self.activations)) - at) / 2.0, 0.0)
        mean = weights @ self.activations / weights.sum()
        return named(mean, self.activations.std(axis=0))


def measure(stretches: Sequence[Excerpt], *, sr: int) -> Measurement:
    """Stretches as :class:`ml.decode.stretches.Stretches` keeps them, at least one."""
    windows = np.stack([_window(stretch.y[0], sr=sr) for stretch in stretches])
    loudness = np.sqrt((windows**2).mean(axis=1))
    heard = loudness >= FAINT * loudness.max()
    activations = network.activations(mel.log_mel(windows[heard])).penultimate
    starts = [stretch.start / sr for stretch, one in zip(stretches, heard, strict=True) if one]
    return Measurement(tuple(round(start, 2) for start in starts), activations)


def spec() -> FeatureSpec:
    """The feature spec of this version."""
    nothing = np.zeros(network.UNITS, dtype=np.float32)
    return FeatureSpec("genre", VERSION, tuple(named(nothing, nothing)))


def named(mean: F32, deviation: F32) -> dict[str, float]:
    """Each of shape (UNITS,)."""
    parts: Mapping[str, F32] = dict(zip(STATISTICS, (mean, deviation), strict=True))
    return {
        f"{statistic}.{unit:03d}": float(value)
        for statistic, values in parts.items()
        for unit, value in enumerate(values)
    }


def _window(y: F32, *, sr: int) -> F32:
    """The middle of a stretch at the network's rate; what is too short goes round."""
    resampled = y if sr == mel.SR else soxr.resample(y, sr, mel.SR, quality="HQ")
    margin = (len(resampled) - mel.SAMPLES) // 2
    return np.resize(resampled, mel.SAMPLES) if margin < 0 else resampled[margin : margin + mel.SAMPLES]
