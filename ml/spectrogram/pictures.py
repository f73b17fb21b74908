"""All pictures of a track, from one pass over it."""

from dataclasses import dataclass

from ml.spectrogram.accumulate import Accumulator, Spectrogram
from ml.spectrogram.chroma import ChromaAccumulator, Chromagram
from ml.units import Samples


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """What a page shows of a sound."""

    spectrogram: Spectrogram
    chromagram: Chromagram


class Drawing:
    """Feed it consecutive blocks, then :meth:`finish`."""

    def __init__(self, *, sr: int) -> None:
        self._spectrogram, self._chromagram = Accumulator(sr=sr), ChromaAccumulator(sr=sr)

    def add(self, y: Samples, mono: Samples) -> None:
        """y : shape (1 or 2, n); mono : their mean, shape (1, n)"""
        self._spectrogram.add(y)
        self._chromagram.add(mono)

    def finish(self) -> Pictures:
        return Pictures(self._spectrogram.finish(), self._chromagram.finish())
