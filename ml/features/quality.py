"""The quality task's measurement: samples in, named numbers and the grids that were found out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

import numpy as np
import soxr
from numpy.typing import NDArray

from ml import stft
from ml.errors import TooShort
from ml.features.coding import grid_features, lattice_features
from ml.features.spec import FeatureSpec
from ml.features.spectral import cutoff, spectral_features
from ml.forensics import celt
from ml.forensics.grid import CELT, TRANSFORMS, Grid, Search
from ml.forensics.lowpass import Lowpass, lowpass
from ml.units import LSB16, Hz

F32 = NDArray[np.float32]
Pieces = list[tuple[int, F32]]

VERSION: Final = 1
MINIMUM_SECONDS: Final = 1.0

HEARD_FROM: Final = 5.0
"""Height from which a grid counts as heard (genuine recordings reach about 4)."""

HEARD: Final = {"mp2": 9.0, "ac3": 8.0, "wma": 20.0}
"""Tests that few offsets, harmonics of AAC's frame or loops can fool; when real they are far higher."""

THOROUGH: Final = TRANSFORMS[0], TRANSFORMS[2]
"""MP3 and the 1024-sample frames: where high bitrates hide."""

MORE: Final = 3.0


class Excerpt(Protocol):
    """A stretch of decoded signal: where it starts, and y of shape (1 or 2, n), full scale 1.0."""

    @property
    def start(self) -> int: ...
    @property
    def y(self) -> F32: ...


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured on one track."""

    values: dict[str, float]
    grids: dict[str, Grid]
    """coder -> its best grid, whether or not it means anything."""
    cutoff_hz: Hz | None
    lowpass: Lowpass | None = None
    """Why the sound ends there; for the page, not for the model."""


def measure(excerpts: Sequence[Excerpt], *, sr: int) -> Measurement:
    """Measure coding traces and long-term spectrum.

    Coders work at 44.1 or 48 kHz; faster material is brought there first. Where no grid is heard at its own rate,
    the other rate is tried too: resampling moves a grid, it does not wipe it out.
    Raises TooShort under MINIMUM_SECONDS.
    """
    pieces = [(excerpt.start, _stereo_in_steps(excerpt.y)) for excerpt in excerpts]
    duration = sum(y.shape[1] for _, y in pieces) / sr
    if duration < MINIMUM_SECONDS:
        raise TooShort(duration_s=round(duration, 2), minimum_s=MINIMUM_SECONDS)
    rates = _Rates(pieces, sr=sr)
    grids = _hear(rates, sr=sr)
    usual = min(sr, _coding_rates(sr)[0])
    spectrum = spectral_features(stft.power(rates.at(usual)), sr=usual)
    values = grid_features(grids) | lattice_features(rates.of, grids) | spectrum
    whole = stft.power(pieces)
    return Measurement(values, grids, cutoff(whole, sr=sr), lowpass(whole, sr=sr))


def _coding_rates(sr: int) -> tuple[int, int]:
    """The rate a coder most likely worked at, and the other usual one.

    >>> _coding_rates(44100), _coding_rates(96000), _coding_rates(32000)
    ((44100, 48000), (48000, 44100), (32000, 44100))
    """
    first = sr if sr <= 48000 else (44100 if sr % 44100 == 0 else 48000)
    return first, 48000 if first == 44100 else 44100


def _hear(rates: "_Rates", *, sr: int) -> dict[str, Grid]:
    """Each coder's best grid. Cheap first; more regions, then the other rate, only while nothing is heard."""
    first, second = _coding_rates(sr)
    searches = [Search(rates.at(first), sr=first, transform=transform) for transform in TRANSFORMS]
    searches.append(Search(rates.emphasised, sr=celt.RATE, transform=CELT))
    grids = _best(searches, effort=1.0)
    if silent(grids):
        grids |= _best([s for s in searches if s.transform in THOROUGH], effort=MORE)
    if silent(grids):
        others = [Search(rates.at(second), sr=second, transform=transform) for transform in TRANSFORMS]
        for coder, grid in _best(others, effort=2.0).items():
            if coder not in grids or grid.confirmed > grids[coder].confirmed:
                grids[coder] = grid
    return grids


def silent(grids: Mapping[str, Grid]) -> bool:
    """Whether no coder is heard."""
    return all(grid.confirmed < HEARD.get(coder, HEARD_FROM) for coder, grid in grids.items())


def _best(searches: Sequence[Search], *, effort: float) -> dict[str, Grid]:
    return {grid.coder: grid for s in searches for grid in s.more(effort=effort).grids()}


class _Rates:
    """The same pieces at the rates that are asked for, each made once."""

    def __init__(self, pieces: Pieces, *, sr: int) -> None:
        self._made = {sr: pieces}
        self._sr = sr

    def at(self, rate: int) -> Pieces:
        """A resampled piece's start is rounded: its grid is searched, not known."""
        if rate not in self._made:
            self._made[rate] = [
                (round(start * rate / self._sr), np.ascontiguousarray(_resample(y, self._sr, rate)))
                for start, y in self._made[self._sr]
            ]
        return self._made[rate]

    @cached_property
    def emphasised(self) -> Pieces:
        """At 48 kHz with Opus' de-emphasis undone."""
        return [(start, celt.emphasise(y)) for start, y in self.at(celt.RATE)]

    def of(self, grid: Grid) -> Pieces:
        """The signal that a grid was found in."""
        return self.emphasised if grid.coder == "opus" else self.at(grid.sr)


def _resample(y: F32, sr: int, to: int) -> F32:
    return np.asarray(soxr.resample(y.T, sr, to, quality="VHQ").T)


def spec() -> FeatureSpec:
    """The feature spec of this version, read off a measurement of noise."""
    rng = np.random.default_rng(0)
    noise = _Noise(0, rng.standard_normal((2, 2 * 44100)).astype(np.float32) * np.float32(0.1))
    return FeatureSpec("quality", VERSION, tuple(measure([noise], sr=44100).values))


@dataclass(frozen=True, slots=True)
class _Noise:
    start: int
    y: F32


def _stereo_in_steps(y: F32) -> F32:
    both = np.repeat(y, 2, axis=0) if len(y) == 1 else y[:2]
    return np.ascontiguousarray(both * np.float32(1 / LSB16))
