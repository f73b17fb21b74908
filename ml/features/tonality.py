"""Where the harmony is and how it moves: tonal centroids (Harte 2006) and the pitch classes themselves."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.features.courses import statistic_names, statistics
from ml.features.frames import Frames
from ml.features.spec import FeatureSpec
from ml.units import Samples

F32 = NDArray[np.float32]
Floats = NDArray[np.floating]

_AXES: Final = ("fifths_x", "fifths_y", "minor_x", "minor_y", "major_x", "major_y")
_CLASSES: Final = tuple(f"degree{i}" for i in range(12))
_COURSES: Final = tuple(f"tonnetz_{axis}" for axis in _AXES)


def spec() -> FeatureSpec:
    return FeatureSpec(
        task="tonality", version=1, names=(*statistic_names(_COURSES), "tonnetz_step", *_CLASSES)
    )


def measure(y: Samples, *, sr: int) -> dict[str, float]:
    """y : shape (n,) or (channels, n), full scale 1.0. Raises TooShort below a second."""
    return of(Frames(y, sr=sr))


def of(frames: Frames) -> dict[str, float]:
    """Tonal centroids, how far they go from frame to frame, and how much of each degree there is.

    Degrees count from the strongest pitch class, so that a song in another key gives the same ones.
    """
    place = tonnetz(frames.chroma)
    mean = frames.chroma.mean(axis=0)
    degrees = np.roll(mean, -int(mean.argmax())) / max(float(mean.sum()), 1e-9)
    step = float(np.linalg.norm(np.diff(place, axis=1), axis=0).mean())
    return (
        statistics(dict(zip(_COURSES, place, strict=True)))
        | {"tonnetz_step": step}
        | dict(zip(_CLASSES, map(float, degrees), strict=True))
    )


def tonnetz(chroma: F32) -> Floats:
    """Fifths, minor and major thirds as three circles, shape (6, frames).

    chroma : shape (frames, 12)
    The same as ``librosa.feature.tonnetz(chroma=chroma.T)``.
    """
    turn = np.pi * np.outer((7 / 6, 7 / 6, 3 / 2, 3 / 2, 2 / 3, 2 / 3), np.arange(12))
    circles = np.where(np.arange(6)[:, None] % 2 == 0, np.sin(turn), np.cos(turn))
    total = chroma.sum(axis=1, keepdims=True)
    share = chroma / np.where(total > 0, total, 1)
    return np.asarray((circles * np.array([[1], [1], [1], [1], [0.5], [0.5]])) @ share.T)
