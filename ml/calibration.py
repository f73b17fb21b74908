"""Probabilities that hold what they promise: one temperature and one shift a class, from rows out of fold."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

F64 = NDArray[np.float64]

KEEP: Final = 20.0
"""How strongly shifts are held near zero."""
UNSHIFTED: Final = 1e6
"""So strongly that there is none: for classes whose shares among the rows are an accident of the collection."""


def calibrated(log_proba: F64, *, temperature: float, shift: F64 | None) -> F64:
    """Probabilities after scaling, shape kept."""
    scores = log_proba / temperature + (0.0 if shift is None else shift)
    return np.asarray(np.exp(log_softmax(scores, axis=1)))


def fit_calibration(log_proba: F64, truth: NDArray[np.intp], *, keep: float = KEEP) -> tuple[float, F64]:
    """Temperature and shifts of least log loss (Guo et al., ICML 2017: vector scaling with one slope).

    keep : as KEEP says
    """
    n_classes = log_proba.shape[1]
    rows = np.arange(len(truth))

    def loss(parameters: F64) -> float:
        scores = log_proba * np.exp(-parameters[0]) + parameters[1:]
        penalty = keep * float((parameters[1:] ** 2).sum())
        return float(-log_softmax(scores, axis=1)[rows, truth].sum()) + penalty

    best = minimize(loss, np.zeros(1 + n_classes), method="L-BFGS-B").x
    return float(np.exp(best[0])), np.asarray(best[1:])
