"""The same sound at the rates that coders work at."""

import math
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from ml.forensics import celt
from ml.forensics.grid import Grid

F32 = NDArray[np.float32]
Pieces = list[tuple[int, F32]]
"""Where each starts, in samples, and left and right in 16-bit steps, shape (2, n)."""

SOME_SECONDS: Final = 10
"""Sound in which the place between two samples is looked for."""

MOST_APART: Final = 1024
"""Samples: rates that have one together less often (44,101 Hz) are taken as they come."""


class Rates:
    """The same pieces at the rates that are asked for, each made once."""

    def __init__(self, pieces: Pieces, *, sr: int) -> None:
        self.integers = all(bool((y == np.rint(y)).all()) for _, y in pieces)
        self._sr, self._pieces = sr, pieces
        self._made: dict[tuple[int, bool], Pieces] = {(sr, False): pieces}
        self._phase: dict[int, int] = {}

    def at(self, rate: int, *, emphasised: bool = False) -> Pieces:
        """emphasised : with Opus' de-emphasis undone"""
        key = rate, emphasised
        if key not in self._made:
            phase = self._phase.get(rate, 0)
            self._made[key] = (
                [(start, celt.emphasise(y)) for start, y in self.at(rate)]
                if emphasised
                else self._resampled(self._pieces, rate, phase)
            )
        return self._made[key]

    def of(self, grid: Grid) -> Pieces:
        """The signal that a grid was found in."""
        return self.at(grid.sr, emphasised=grid.coder == "opus")

    def phases(self, rate: int) -> int:
        """How many places a sample at a rate may have between two of the file's.

        >>> [Rates([], sr=sr).phases(44100) for sr in (44100, 48000, 88200, 44101)]
        [1, 160, 2, 1]
        """
        apart = self._sr // math.gcd(self._sr, rate)
        return apart if apart <= MOST_APART else 1

    def settle(self, rate: int, phase: int) -> None:
        """From now on, this phase at that rate."""
        self._phase[rate] = phase
        self._made = {key: made for key, made in self._made.items() if key[0] != rate}

    def some(self, grid: Grid, phase: int) -> Pieces:
        """Some seconds of the piece with most sound, as a grid's signal would be at a phase."""
        start, y = loudest(self._pieces)
        pieces = self._resampled([(start, y[:, : SOME_SECONDS * self._sr])], grid.sr, phase)
        return [(at, celt.emphasise(x)) for at, x in pieces] if grid.coder == "opus" else pieces

    def _resampled(self, pieces: Pieces, rate: int, phase: int) -> Pieces:
        """All begin at the same phase, so that one grid runs through them: with 0, where both rates have a sample."""
        apart = self.phases(rate)
        # after k of the file's samples those at the other rate lie k * rate / sr further: a phase for each k
        k = phase * pow(rate // math.gcd(self._sr, rate), -1, apart) % apart
        return [
            ((start + skipped) * rate // self._sr, _resample(y[:, skipped:], self._sr, rate))
            for start, y in pieces
            for skipped in [(k - start) % apart]
        ]


def loudest(pieces: Pieces) -> tuple[int, F32]:
    """The piece that moves most from sample to sample."""
    return max(pieces, key=lambda piece: float(np.abs(np.diff(piece[1])).sum()))


def _resample(y: F32, sr: int, to: int) -> F32:
    return np.ascontiguousarray(soxr.resample(y.T, sr, to, quality="VHQ").T)
