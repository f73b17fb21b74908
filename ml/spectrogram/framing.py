"""Frames of a signal of any length, in one pass and in constant memory."""

from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ml.units import Samples

Number = TypeVar("Number", bound=np.generic)

_BATCH = 8
"""Frames at a time: their temporaries stay below malloc's threshold for fresh pages."""


class Framing(Generic[Number]):
    """Feed it consecutive blocks of shape (channels, n), then :meth:`finish`.

    Frames stand at the multiples of a hop that doubles whenever ``most`` are held, every second one being dropped
    then. So the frames depend on the signal alone, and each stands for equally many samples.
    """

    def __init__(
        self, measure: Callable[[Samples], NDArray[Number]], *, n_fft: int, hop: int, most: int
    ) -> None:
        """measure : from frames of shape (channels, count, n_fft) to what is kept of them, shape (count, ...)"""
        self._measured, self._n_fft, self._hop, self._most = measure, n_fft, hop, most
        self._frames: list[NDArray[Number]] = []
        self._held = 0
        self._next = 0  # where the next frame starts
        self._tail: Samples | None = None
        self.n_samples = 0

    def add(self, y: Samples) -> None:
        self.n_samples += y.shape[1]
        self._tail = y if self._tail is None else np.concatenate([self._tail, y], axis=1)
        self._measure(end=self.n_samples)

    def finish(self) -> NDArray[Number]:
        """All that is held, shape (frames, ...). The last frame is filled up with zeros."""
        if self._tail is None:
            raise ValueError("no samples")
        self._tail = np.pad(self._tail, ((0, 0), (0, self._n_fft - 1)))
        self._measure(end=self.n_samples + self._n_fft - 1)
        return np.concatenate(self._frames)

    def _measure(self, *, end: int) -> None:
        assert self._tail is not None
        start = end - self._tail.shape[1]
        while (count := (end - self._n_fft - self._next) // self._hop + 1) > 0:
            count = min(count, self._most - self._held, _BATCH)
            first = self._next - start
            views = np.lib.stride_tricks.sliding_window_view(self._tail[:, first:], self._n_fft, axis=1)
            self._frames.append(self._measured(views[:, : (count - 1) * self._hop + 1 : self._hop]))
            self._next += count * self._hop
            self._held += count
            if self._held == self._most:
                self._thin()
        self._tail = self._tail[:, max(0, self._next - start) :]

    def _thin(self) -> None:
        self._frames = [np.concatenate(self._frames)[::2].copy()]
        self._held = len(self._frames[0])
        self._hop *= 2
