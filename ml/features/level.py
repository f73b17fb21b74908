"""One level for everything that is heard: how loud a song was recorded says nothing about what kind of music it is."""

from collections.abc import Mapping
from math import log10, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.features.frames import BANDS

F32 = NDArray[np.float32]

LEVEL: Final = 10 ** (-17 / 20)
"""Root of the mean square of loud music on GTZAN's clips (-17 dB), so that others are as the network knows music."""
LOUD: Final = 10 ** (-10 / 20)
"""What is at most so far below the loudest window is loud."""
QUIET: Final = 10 ** (-20 / 20)
"""What is farther below the loudest half second is no music yet, or no more, at the ends of an excerpt."""
POWERS: Final = {
    **dict.fromkeys(("rms_mean", "harmony_mean", "perceptr_mean"), 1),
    **dict.fromkeys(("rms_var", "harmony_var", "perceptr_var"), 2),
}
"""How those of the 57 numbers grow with the level that are sizes."""


def loudness(windows: F32) -> F32:
    """Root of the mean square of each, shape (n, samples) -> (n,)."""
    return np.asarray(np.sqrt(np.square(windows).mean(axis=1)))


def without_quiet_ends(y: F32, *, sr: int) -> F32:
    """From the first half second that is not QUIET to the last; all, where less than two would be left.

    y : shape (1, n)
    """
    size = sr // 2
    whole = y.shape[1] // size * size
    if not whole:
        return y
    loud = loudness(y[0, :whole].reshape(-1, size))
    heard = np.flatnonzero(loud >= QUIET * loud.max())
    first, last = int(heard[0]), int(heard[-1])
    end = y.shape[1] if last + 1 == len(loud) else (last + 1) * size
    return y[:, first * size : end] if last - first > 1 else y


def gain(loud: F32) -> float:
    """What brings a song's loud windows to LEVEL; of digital silence 1.

    loud : of each window, shape (n,)
    """
    top = loud[loud >= LOUD * loud.max()].astype(np.float64)
    now = sqrt(float(np.square(top).mean()))
    return LEVEL / now if now > 0 else 1.0


def levelled(numbers: Mapping[str, float]) -> dict[str, float]:
    """The 57 numbers by name, as if all of the sound had been brought to LEVEL before."""
    now = sqrt(numbers["rms_mean"] ** 2 + numbers["rms_var"])
    if now == 0:
        return dict(numbers)
    factor = LEVEL / now
    louder = {name: numbers[name] * factor**power for name, power in POWERS.items()}
    return {
        **numbers,
        **louder,
        "mfcc1_mean": numbers["mfcc1_mean"] + 20 * log10(factor) * sqrt(BANDS),
    }
