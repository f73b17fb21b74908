"""Shares with their n and interval, and how honest a confidence is."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.intervals import wilson

F64 = NDArray[np.float64]
Bools = NDArray[np.bool_]
Share = Mapping[str, Any]
"""value, n, low, high; None where there are no rows."""

BINS: Final = 15


def share(hits: Bools) -> Share:
    """A share as it is stored: value, n and interval; of no rows there is none.

    >>> share(np.zeros(0, dtype=bool))
    {'value': None, 'n': 0, 'low': None, 'high': None}
    """
    n, k = len(hits), int(hits.sum())
    if n == 0:
        return {"value": None, "n": 0, "low": None, "high": None}
    low, high = wilson(k, n)
    return {"value": k / n, "n": n, "low": round(low, 5), "high": round(high, 5)}


def calibration_curve(confidence: F64, right: Bools) -> Sequence[Share]:
    """For each of 15 equal bins its n, mean confidence and share right."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    curve = []
    for b in range(BINS):
        here = bins == b
        mean = round(float(confidence[here].mean()), 5) if here.any() else None
        curve.append({"from": round(b / BINS, 3), "confidence": mean, **share(right[here])})
    return curve


def calibration_error(confidence: F64, right: Bools) -> float | None:
    """Expected calibration error over the bins (Naeini 2015); None without rows.

    >>> calibration_error(np.array([0.8] * 10), np.array([True] * 8 + [False] * 2))
    0.0
    """
    if len(right) == 0:
        return None
    bins = [one for one in calibration_curve(confidence, right) if one["n"]]
    error = sum(abs(one["confidence"] - one["value"]) * one["n"] for one in bins) / len(right)
    return round(float(error), 5)
