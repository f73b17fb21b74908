"""A spectrogram of any length in at most 2048 columns, from one pass in constant memory."""

import math
from dataclasses import dataclass
from functools import cache

import numba
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from ml.spectrogram.colormap import FLOOR_DB, STEP_DB
from ml.spectrogram.framing import Framing
from ml.units import Hz, Samples

Levels8 = NDArray[np.uint8]

TOP_HZ = 24000.0
MOST_COLUMNS = 2048
_MOST_FRAMES = 2 * MOST_COLUMNS
_FIRST_HOP = 1024
_FINE_BITS = 19
"""Bits of a float32 below those that tell a sixteenth of an octave: less than a level is wide."""


@dataclass(frozen=True, slots=True, eq=False)
class Spectrogram:
    """Levels in steps of 0.5 dB: 0 = -120 dBFS, 240 = 0 dBFS, which is a full-scale sine."""

    channels: tuple[str, ...]
    """("L", "R", "M", "S"), or ("L",) for mono; M = (L + R)/2 and S = (L - R)/2."""
    levels: Levels8
    """Shape (channels, rows, columns); row r is centred on r * hz_per_row."""
    hz_per_row: Hz
    duration_s: float

    @property
    def max_hz(self) -> Hz:
        """Frequency of the last row: 24 kHz or Nyquist."""
        return Hz((self.levels.shape[1] - 1) * self.hz_per_row)

    def of(self, channel: str) -> Levels8:
        """Shape (rows, columns); KeyError for a channel that isn't there."""
        if channel not in self.channels:
            raise KeyError(channel)
        level: Levels8 = self.levels[self.channels.index(channel)]
        return level


def n_fft_for(sr: int) -> int:
    """Frame length: about 23 Hz a row, as Spek draws 44.1 kHz.

    >>> [n_fft_for(sr) for sr in (8000, 44100, 48000, 96000, 384000)]
    [2048, 2048, 2048, 4096, 16384]
    """
    return int(max(2048, 2 ** math.ceil(math.log2(sr / 24.0))))


class Accumulator:
    """Feed it consecutive blocks of shape (1 or 2, n), then :meth:`finish`.

    Of frames as :class:`Framing` keeps them each column averages equally many; four minutes of stereo cost about
    0.15 CPU-s.
    """

    def __init__(self, *, sr: int) -> None:
        self._sr = sr
        self._n_fft = n_fft_for(sr)
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self._n_fft) / self._n_fft)  # Hann
        self._window = (window / (window.sum() / 2)).astype(np.float32)  # a full-scale sine has magnitude 1
        self._rows = min(self._n_fft // 2, int(TOP_HZ * self._n_fft / sr)) + 1
        self._framing = Framing(self._levels, n_fft=self._n_fft, hop=_FIRST_HOP, most=_MOST_FRAMES)

    def add(self, y: Samples) -> None:
        self._framing.add(y)

    def finish(self) -> Spectrogram:
        columns = _columns(self._framing.finish())
        return Spectrogram(
            channels=("L", "R", "M", "S") if columns.shape[1] == 4 else ("L",),
            levels=np.ascontiguousarray(columns.transpose(1, 2, 0)),
            hz_per_row=Hz(self._sr / self._n_fft),
            duration_s=self._framing.n_samples / self._sr,
        )

    def _levels(self, frames: Samples) -> Levels8:
        """Frames of shape (channels, count, n_fft) to levels (count, 1 or 4, rows)."""
        spectra = scipy.fft.rfft(frames * self._window, axis=-1)[..., : self._rows]
        if len(spectra) == 2:
            left, right = spectra
            half = np.float32(0.5)  # a real factor: dividing complex numbers takes three times as long
            spectra = np.stack([left, right, half * (left + right), half * (left - right)])
        return look_up(np.square(np.abs(spectra))).transpose(1, 0, 2)


def look_up(power: NDArray[np.float32]) -> Levels8:
    """The same as :func:`to_levels`, for many values: four times as fast.

    power : any shape, contiguous, not negative
    """
    first, edge = _lookup()
    levels = np.empty(power.shape, dtype=np.uint8)
    _look_up(power.view(np.int32).ravel(), first, edge, levels.ravel())
    return levels


@numba.njit(cache=True, nogil=True)
def _look_up(bits: NDArray[np.int32], first: Levels8, edge: NDArray[np.int32], out: Levels8) -> None:
    for i in range(len(bits)):
        k = bits[i] >> _FINE_BITS
        out[i] = first[k] + (bits[i] >= edge[k])


@cache
def _lookup() -> tuple[Levels8, NDArray[np.int32]]:
    """Level of the least float of every sixteenth of an octave, and the float from which it is one more.

    Floats are told by their bits, which grow as they do.
    """
    least = np.arange(np.float32(np.inf).view(np.int32) >> _FINE_BITS, dtype=np.int32) << _FINE_BITS
    first = to_levels(least.view(np.float32))
    low, high = least, least + (1 << _FINE_BITS)  # the edge is above low, and at high if there is none
    for _ in range(_FINE_BITS):
        middle = low + ((high - low) >> 1)
        above = to_levels(middle.view(np.float32)) > first
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return first, high


def to_levels(power: NDArray[np.float32]) -> Levels8:
    """Power relative to a full-scale sine to levels of 0.5 dB.

    >>> to_levels(np.array([0.0, 1e-12, 1e-6, 1.0, 100.0], np.float32)).tolist()
    [0, 0, 120, 240, 255]
    """
    level = np.log2(power + _TINY)
    level *= np.float32(10 * np.log10(2) / STEP_DB)
    level += np.float32(0.5 - FLOOR_DB / STEP_DB)
    levels: Levels8 = np.clip(level, 0, 255, out=level).astype(np.uint8)
    return levels


_TINY = np.float32(1e-20)
_POWER = (10 ** ((FLOOR_DB + STEP_DB * np.arange(256)) / 10)).astype(np.float32)


def _columns(frames: Levels8) -> Levels8:
    """Shape (frames, channels, rows): neighbours averaged in power, two at a time, where more than 2048 are held."""
    if len(frames) <= MOST_COLUMNS:
        return frames
    pairs = frames[0 : len(frames) // 2 * 2 : 2].astype(np.uint16) << 8
    pairs |= frames[1::2]
    columns: Levels8 = _mean_of_two().take(pairs)
    return columns if len(frames) % 2 == 0 else np.concatenate([columns, frames[-1:]])


@cache
def _mean_of_two() -> Levels8:
    """Level of the mean power of two levels, shape (65536,), at 256 of the one plus the other."""
    return to_levels((_POWER[:, None] + _POWER) / np.float32(2)).ravel()
