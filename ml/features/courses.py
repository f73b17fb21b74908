"""Numbers that sum up how something changes over the frames."""

from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def statistics(courses: Mapping[str, Floats]) -> dict[str, float]:
    """Mean and variance of each, named as in the GTZAN tables."""
    return dict(
        chain.from_iterable(
            ((f"{name}_mean", float(course.mean())), (f"{name}_var", float(course.var())))
            for name, course in courses.items()
        )
    )


def statistic_names(courses: Sequence[str]) -> tuple[str, ...]:
    """What :func:`statistics` calls them."""
    return tuple(chain.from_iterable((f"{name}_mean", f"{name}_var") for name in courses))
