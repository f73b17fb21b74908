"""Cut a stream into equal blocks, and keep a few of them spread over the whole."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ml.units import Samples

BLOCK = 65536
"""Samples a block."""
MOST_BLOCKS = 32


@dataclass(frozen=True, slots=True, eq=False)
class Excerpt:
    """A run of neighbouring blocks."""

    start: int
    """First sample's place in the signal."""
    y: Samples
    """Shape (channels, n)."""


def blocks(pieces: Iterable[Samples], *, size: int) -> Iterator[Samples]:
    """The same samples in blocks of exactly ``size``, the last one shorter.

    >>> [b.shape[1] for b in blocks([np.zeros((1, 3)), np.zeros((1, 4))], size=5)]
    [5, 2]
    """
    held: list[Samples] = []
    waiting = 0
    for piece in pieces:
        while waiting + piece.shape[1] >= size:
            cut = size - waiting
            yield np.concatenate([*held, piece[:, :cut]], axis=1)
            held, waiting, piece = [], 0, piece[:, cut:]
        if piece.shape[1]:
            held.append(piece)
            waiting += piece.shape[1]
    if waiting:
        yield np.concatenate(held, axis=1)


class Excerpts:
    """Keeps blocks whose index is a multiple of a stride, which doubles whenever more than 32 are kept.

    Which samples are kept depends on the signal's length alone, and memory stays below 17 MB.
    """

    def __init__(self) -> None:
        self._kept: dict[int, Samples] = {}
        self._stride = 1
        self._index = 0

    def add(self, y: Samples) -> None:
        if self._index % self._stride == 0:
            self._kept[self._index] = y
        self._index += 1
        if len(self._kept) > MOST_BLOCKS:
            self._stride *= 2
            self._kept = {i: b for i, b in self._kept.items() if i % self._stride == 0}

    def merged(self) -> tuple[Excerpt, ...]:
        """Neighbours joined: a signal of up to 32 blocks is one excerpt with all of it."""
        if self._stride > 1 or not self._kept:
            return tuple(Excerpt(i * BLOCK, y) for i, y in self._kept.items())
        return (Excerpt(0, np.concatenate(list(self._kept.values()), axis=1)),)
