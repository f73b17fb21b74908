"""The channels that a coder may have rounded: left and right, or what they share and what sets them apart."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

CHANNELS: Final = ("L", "R", "M", "S")


def alike(y: F32) -> bool:
    """Whether left and right are the same throughout; shape (..., 2, n)."""
    return np.array_equal(y[..., 0, :], y[..., 1, :])


def four(left: F32, right: F32) -> tuple[F32, F32, F32, F32]:
    """L, R, M = (L + R) / 2 and S = (L - R) / 2, in the order of CHANNELS; shapes kept.

    Coders scale M and S by another sqrt(1/2) or sqrt(2); a grid shows at any scale.
    """
    half = np.float32(0.5)
    return left, right, half * (left + right), half * (left - right)
