"""How far something stands out from others of its kind, most of which are nothing."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Real = TypeVar("Real", np.float32, np.float64)


def in_deviations(
    values: NDArray[Real], *, least: float, others: NDArray[Real] | None = None
) -> NDArray[Real]:
    """Over the median along axis 0, in robust deviations; the shape of values.

    least : added to the deviation, in the unit of the values: what is alike everywhere stands out nowhere
    others : what median and deviation are of; all values, where none are given

    >>> bool(in_deviations(np.float32([1, 2, 3, 2, 30]), least=0.5)[-1] > 10)
    True
    """
    others = values if others is None else others
    middle = np.median(others, axis=0)
    deviation = 1.4826 * np.median(np.abs(others - middle), axis=0)
    return np.asarray((values - middle) / (deviation + least))
