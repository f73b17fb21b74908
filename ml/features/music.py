"""All that is measured of music, from the same frames."""

from itertools import chain
from typing import Final

from ml.features import contrast, deltas, modulation, pulse, timbre, tonality
from ml.features.frames import Frames
from ml.features.spec import FeatureSpec
from ml.units import Samples

FAMILIES: Final = (timbre, deltas, contrast, tonality, pulse, modulation)


def spec() -> FeatureSpec:
    """The names of every family; the version rises with any of theirs."""
    specs = [family.spec() for family in FAMILIES]
    names = tuple(chain.from_iterable(one.names for one in specs))
    return FeatureSpec(task="music", version=sum(one.version for one in specs) - len(specs) + 1, names=names)


def measure(y: Samples, *, sr: int) -> dict[str, float]:
    """y : shape (n,) or (channels, n), full scale 1.0. Raises TooShort below a second."""
    return of(Frames(y, sr=sr))


def of(frames: Frames) -> dict[str, float]:
    return {name: value for family in FAMILIES for name, value in family.of(frames).items()}
