"""Where an answer ends and "can't tell" begins, from songs that the model had not met."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.genre.verdict import Thresholds

F64 = NDArray[np.float64]
Bools = NDArray[np.bool_]

RIGHT: Final = 0.9
"""Of the answers that are given so many shall be right."""
TAKEN_FOR_STRANGE: Final = 0.03
"""Share of songs that may be taken for something else."""


def least_confidence(confidence: F64, right: Bools) -> float:
    """The least confidence from which on, out of fold, enough answers were right.

    >>> least_confidence(np.array([0.4, 0.5, 0.6, 0.9]), np.array([False, False, True, True]))
    0.6
    """
    order = np.argsort(-confidence, kind="stable")
    shares = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(shares >= RIGHT)
    return float(np.round(confidence[order][enough[-1]] if len(enough) else 0.999, 4))


def choose_thresholds(proba: F64, truth: NDArray[np.intp], *, strangeness: F64) -> Thresholds:
    """Of songs, out of fold: proba of shape (n, n_classes), calibrated; truth and strangeness of shape (n,)."""
    answer = least_confidence(proba.max(axis=1), proba.argmax(axis=1) == truth)
    return Thresholds(answer, float(np.round(np.quantile(strangeness, 1.0 - TAKEN_FOR_STRANGE), 4)))
