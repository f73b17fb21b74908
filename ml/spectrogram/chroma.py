"""Which notes sound when: twelve pitch classes over a whole track, from one pass in constant memory."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from ml.spectrogram import colormap
from ml.spectrogram.accumulate import n_fft_for
from ml.spectrogram.framing import Framing
from ml.units import Samples

F32 = NDArray[np.float32]

MOST_COLUMNS: Final = 1200
_MOST_FRAMES: Final = 1600
C0: Final = 440.0 * 2.0 ** (-9 / 12 - 4)
LOWEST_HZ: Final = 55.0
HIGHEST_HZ: Final = 5000.0
"""Below, a semitone is narrower than a line; above, there are overtones and little else."""
FAINT: Final = np.float32(1e-6)
"""What is more than 60 dB below the loudest column fades: silence has no notes."""


@dataclass(frozen=True, slots=True, eq=False)
class Chromagram:
    """Pitch classes over time, for A = 440 Hz."""

    C: F32
    """Shape (12, columns), at most 1,200 columns; C first, B last; the strongest note of a column is 1."""
    duration_s: float


class ChromaAccumulator:
    """Feed it consecutive blocks of shape (1, n), then :meth:`finish`; four minutes cost about 0.1 CPU-s."""

    def __init__(self, *, sr: int) -> None:
        self._sr = sr
        n_fft = 4 * n_fft_for(sr)  # about 5.4 Hz a line
        hz = np.fft.rfftfreq(n_fft, 1 / sr)
        first, end = np.searchsorted(hz, (LOWEST_HZ, HIGHEST_HZ))
        self._lines = slice(int(first), int(end))
        self._filters = filters(hz[self._lines], apart=sr / n_fft)
        self._window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)).astype(np.float32)
        self._framing = Framing(self._energy, n_fft=n_fft, hop=n_fft // 2, most=_MOST_FRAMES)

    def add(self, mono: Samples) -> None:
        self._framing.add(mono)

    def finish(self) -> Chromagram:
        energy = _columns(self._framing.finish())
        strongest = energy.max(axis=1, keepdims=True)
        least = max(FAINT * strongest.max(), np.finfo(np.float32).tiny)
        C = np.ascontiguousarray((energy / np.maximum(strongest, least)).T)
        return Chromagram(C=C, duration_s=self._framing.n_samples / self._sr)

    def _energy(self, frames: Samples) -> F32:
        """Frames of shape (1, count, n_fft) to the energy of each class, shape (count, 12)."""
        spectra = scipy.fft.rfft(frames[0] * self._window, axis=-1)[:, self._lines]
        return np.asarray(np.square(np.abs(spectra)) @ self._filters)


def filters(hz: NDArray[np.floating], *, apart: float) -> F32:
    """How each line is shared among the classes, shape (lines, 12), rows of sum 1.

    Bells of a semitone's width, or a line's where that is wider, as in Ellis' chromagram, which librosa follows.
    """
    away = (12 * np.log2(hz / C0)[:, None] - np.arange(12) + 6) % 12 - 6
    width = np.maximum(1.0, 12 * np.log2(1 + apart / hz))[:, None]
    share = np.exp(-0.5 * (2 * away / width) ** 2)
    return np.asarray(share / share.sum(axis=1, keepdims=True), dtype=np.float32)


def chroma_png(C: F32, *, palette: str = "spek") -> bytes:
    """An 8-bit palette PNG, one pixel a column and a note, C at the bottom; index 240 = 1.

    C : shape (12, columns), 0 to 1
    """
    levels = np.rint(C[::-1] * colormap.FULL_SCALE).astype(np.uint8)
    return colormap.palette_png([row.tobytes() for row in levels], width=levels.shape[1], name=palette)


def _columns(energy: F32) -> F32:
    """Shape (frames, 12): neighbours added up so that at most 1,200 remain."""
    group = -(-len(energy) // MOST_COLUMNS)
    starts = np.arange(0, len(energy), group)
    return np.asarray(np.add.reduceat(energy, starts, axis=0))
