"""How loud, how clipped, how silent, on how many bits, and whether both channels are one."""

from dataclasses import dataclass

import numpy as np

from ml.units import LSB16, Samples

_PIECE = 1024  # silence is looked for in pieces of this many samples
_LATTICE = np.float32(2.0**23)  # float32 holds integers of 24 bits exactly


@dataclass(frozen=True, slots=True)
class Levels:
    """Of the first two channels; amplitudes are linear, full scale 1.0."""

    peak: float
    rms: float
    clipped_share: float
    """Share of samples at full scale or beyond."""
    silent_share: float
    """Share of the time in which nothing rises above two steps of 16 bits."""
    effective_bits: int | None
    """Smallest k for which every sample is a multiple of 2**-(k - 1); None beyond 24 (a lossy decode)."""
    dual_mono: bool
    """Two channels that never differ by more than half a step of 16 bits."""
    dc: float
    """Mean of the channel that has the larger one."""


class LevelMeter:
    """Feed it blocks of equal size (but the last), then read :meth:`levels`."""

    def __init__(self) -> None:
        self._n = self._clipped = self._pieces = self._silent = 0
        self._energy = 0.0
        self._sum = self._low = self._high = np.zeros(1)
        self._bits: int | None = 0
        self._differ = 0.0

    def add(self, y: Samples) -> None:
        low, high = y.min(axis=1), y.max(axis=1)
        if not self._n:
            self._low, self._high, self._sum = low, high, np.zeros(len(y))
        self._low, self._high = np.minimum(self._low, low), np.maximum(self._high, high)
        self._n += y.shape[1]
        self._sum = self._sum + y.sum(axis=1, dtype=np.float64)
        self._energy += float(sum(np.dot(c, c) for c in y))
        if max(float(high.max()), -float(low.min())) >= 1 - LSB16:
            self._clipped += int(np.count_nonzero(np.abs(y) >= 1 - LSB16))
        if len(y) == 2:
            self._differ = max(self._differ, float(np.abs(y[0] - y[1]).max()))
        self._count_silence(y)
        self._count_bits(y)

    def half_swing(self) -> float:
        """Half the distance from the lowest to the highest sample: a peak that an offset doesn't raise."""
        return float((self._high - self._low).max() / 2)

    def levels(self) -> Levels:
        channels = len(self._sum)
        mean = self._sum / self._n
        return Levels(
            peak=float(max(self._high.max(), -self._low.min())),
            rms=float(np.sqrt(self._energy / (channels * self._n))),
            clipped_share=self._clipped / (channels * self._n),
            silent_share=self._silent / self._pieces,
            effective_bits=None if self._bits is None else max(1, self._bits),
            dual_mono=channels == 2 and self._differ <= LSB16 / 2,
            dc=float(mean[np.abs(mean).argmax()]),
        )

    def _count_silence(self, y: Samples) -> None:
        starts = np.arange(0, y.shape[1], _PIECE)
        high = np.maximum.reduceat(y, starts, axis=1).max(axis=0)
        low = np.minimum.reduceat(y, starts, axis=1).min(axis=0)
        self._pieces += len(starts)
        self._silent += int(np.count_nonzero(np.maximum(high, -low) <= 2 * LSB16))

    def _count_bits(self, y: Samples) -> None:
        """The lowest bit that is ever set, on a lattice of 24."""
        if self._bits is None:
            return
        if max(float(self._high.max()), -float(self._low.min())) > 128.0:
            self._bits = None
            return
        scaled = y * _LATTICE
        whole = scaled.astype(np.int32)
        if not np.array_equal(whole, scaled):
            self._bits = None
            return
        used = int(np.bitwise_or.reduce(whole, axis=None))
        if used:
            self._bits = max(self._bits, 24 - ((used & -used).bit_length() - 1))
