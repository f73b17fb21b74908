"""Which of the songs it learnt from a song sounds like: the nearest in the music network's space."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.answer import Neighbour

F32 = NDArray[np.float32]
NEAREST: Final = 5


@dataclass
class Neighbours:
    """Songs with their place in that space."""

    centre: F32
    """Shape (d,); directions are seen from here, the mean of all songs."""
    places: NDArray[np.float16]
    """Unit vectors, shape (n, d)."""
    songs: tuple[str, ...]
    labels: tuple[str, ...]

    @classmethod
    def of(cls, X: F32, *, songs: Iterable[str], labels: Iterable[str]) -> "Neighbours":
        """X : shape (n, d), mean activations"""
        centre = X.mean(axis=0)
        return cls(
            centre, _unit(X - centre).astype(np.float16), tuple(map(str, songs)), tuple(map(str, labels))
        )

    def nearest(self, x: F32, *, k: int = NEAREST) -> tuple[Neighbour, ...]:
        """x : shape (d,); the nearest first. Of songs of one name the nearest alone."""
        distances = self.distances(x[None])[0]
        found: dict[str, Neighbour] = {}
        for at in np.argsort(distances, kind="stable"):
            found.setdefault(
                self.songs[at], Neighbour(self.songs[at], self.labels[at], round(float(distances[at]), 4))
            )
            if len(found) == k:
                break
        return tuple(found.values())

    def distances(self, X: F32) -> F32:
        """Cosine distances, shape (m, d) -> (m, n)."""
        cosines = _unit(X - self.centre) @ self.places.astype(np.float32).T
        return np.asarray(np.maximum(1.0 - cosines, 0.0))


def _unit(X: F32) -> F32:
    return np.asarray(X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-9), dtype=np.float32)
