"""Units as types: a signature then says what its numbers mean."""

from typing import NewType

import numpy as np
from numpy.typing import NDArray

Hz = NewType("Hz", float)
Kbps = NewType("Kbps", float)
Seconds = NewType("Seconds", float)
Decibels = NewType("Decibels", float)

Samples = NDArray[np.float32]
"""Signal, full scale = 1.0; shape (channels, n) or (n,)."""

LSB16 = 1.0 / 32768.0
"""One step of 16-bit PCM on the scale where full scale is 1.0."""
