"""Keep a few seconds here and there, in mono, spread over a signal whose length is not known yet."""

from typing import Final

import numpy as np

from ml.decode.blocks import Excerpt
from ml.units import Samples

SECONDS: Final = 3.06
"""Of one stretch: a window of the music network (3.008 s at 16 kHz), and a margin that resampling may spoil."""
MOST_STRETCHES: Final = 24
MIDDLE_SECONDS: Final = 30.0


class Stretches:
    """Keeps stretches that start at multiples of a step, which doubles whenever more than ``most`` have begun.

    At first the step is a stretch's length, so that up to 73 s all is kept; of four minutes it is a quarter.
    Which samples are kept depends on the signal's length alone, and memory stays below 14 MB at 44.1 kHz.
    """

    def __init__(self, *, sr: int, seconds: float = SECONDS, most: int = MOST_STRETCHES) -> None:
        self._length = self._step = round(seconds * sr)
        self._most = most
        self._kept: dict[int, list[Samples]] = {}
        self._at = 0

    def add(self, y: Samples) -> None:
        """y : shape (channels, n), what follows"""
        mono = y[0] if len(y) == 1 else y.mean(axis=0)
        end = self._at + len(mono)
        self._begin(end)
        for start, pieces in self._kept.items():
            if start + self._length > self._at:
                pieces.append(mono[max(start - self._at, 0) : start + self._length - self._at].copy())
        self._at = end

    def kept(self) -> tuple[Excerpt, ...]:
        """Whole ones, y of shape (1, n); of a signal shorter than one stretch all of it."""
        joined = [Excerpt(start, np.concatenate(pieces)[None]) for start, pieces in self._kept.items()]
        whole = tuple(one for one in joined if one.y.shape[1] == self._length)
        return whole or tuple(joined[:1])

    def _begin(self, end: int) -> None:
        start = max(self._kept, default=-self._step) + self._step
        while start < end:
            self._kept[start] = []
            start += self._step
            if len(self._kept) > self._most:
                self._step *= 2
                self._kept = {s: pieces for s, pieces in self._kept.items() if s % self._step == 0}
                start = max(self._kept) + self._step


class Middle:
    """Half a minute that is neither the beginning nor the end of a signal; all of one shorter than that.

    Memory stays below 22 MB at 44.1 kHz.
    """

    def __init__(self, *, sr: int) -> None:
        self._stretches = Stretches(sr=sr, seconds=MIDDLE_SECONDS, most=3)

    def add(self, y: Samples) -> None:
        """y : shape (channels, n), what follows"""
        self._stretches.add(y)

    def kept(self) -> Excerpt:
        """y of shape (1, n)."""
        found = self._stretches.kept()
        return found[len(found) // 2]
