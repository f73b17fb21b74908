"""A spectrogram of any length in at most 2048 columns, from one pass in constant memory."""

import math
from dataclasses import dataclass

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
            spectra = np.stack([left, right, (left + right) / 2, (left - right) / 2])
        return to_levels(np.square(np.abs(spectra))).transpose(1, 0, 2)


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
    """Shape (frames, channels, rows): neighbours averaged in power so that at most 2048 remain."""
    group = -(-len(frames) // MOST_COLUMNS)
    if group == 1:
        return frames
    whole = frames[: len(frames) // group * group]
    power = sum(_POWER[whole[i::group]] for i in range(group)) / np.float32(group)
    rest = frames[len(whole) :]
    last = [_POWER[rest].mean(axis=0, keepdims=True)] if len(rest) else []
    return to_levels(np.concatenate([power, *last]))
