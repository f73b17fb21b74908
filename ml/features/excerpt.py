"""What measurements are made of."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Excerpt(Protocol):
    """A stretch of decoded signal: where it starts, and y of shape (1 or 2, n), full scale 1.0."""

    @property
    def start(self) -> int: ...
    @property
    def y(self) -> NDArray[np.float32]: ...
