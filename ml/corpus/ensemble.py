"""Several takes made one stereo mix: placed by level, by time, and by a wall or two that reflects.

A solo instrument in the middle is easy on a coder and rare among what people send; a mix keeps both channels
and most bands busy at once, and gives left and right something different to say.
"""

from collections.abc import Sequence

import numpy as np
from scipy import signal

from ml.units import Samples

Rng = np.random.Generator

QUIETEST_DB = -12.0
"""Of another take, against the first one, both at the same RMS."""
LATEST_S = 0.02
"""Between the two channels of one source, as two microphones stand apart."""


def mix(y: Samples, others: Sequence[Samples], *, sr: int, rng: Rng) -> Samples:
    """``y`` and the others, each placed, as two channels of ``y``'s length.

    y, others : shape (channels, n), at one rate; others may be shorter and then start anywhere.
    The peak is that of the loudest source.
    """
    n = y.shape[1]
    total = _placed(y, n=n, at=0, sr=sr, rng=rng)
    for other in others:
        at = int(rng.integers(0, n - other.shape[1] + 1))
        level = _rms(y) / max(_rms(other), 1e-5) * 10 ** (rng.uniform(QUIETEST_DB, 0) / 20)
        total += _placed(other * np.float32(min(level, 30.0)), n=n, at=at, sr=sr, rng=rng)
    loudest = max(float(np.abs(source).max(initial=0.0)) for source in (y, *others))
    peak = float(np.abs(total).max(initial=0.0))
    return total * np.float32(loudest / peak) if peak > 0 else total


def _placed(y: Samples, *, n: int, at: int, sr: int, rng: Rng) -> Samples:
    """One source among n samples of two channels."""
    out = np.zeros((2, n), dtype=np.float32)
    stereo = _panned(y, sr=sr, rng=rng) if len(y) == 1 else y[:2] * _balance(rng)
    out[:, at : at + stereo.shape[1]] = stereo[:, : n - at]
    return out


def _panned(y: Samples, *, sr: int, rng: Rng) -> Samples:
    """A mono source: constant power, half the time later on one side, with up to two early reflections."""
    angle = rng.uniform(0, np.pi / 2)
    stereo = np.repeat(y, 2, axis=0) * np.array([[np.cos(angle)], [np.sin(angle)]], dtype=np.float32)
    if rng.random() < 0.5:
        far = int(angle < np.pi / 4)
        stereo[far] = _later(stereo[far], int(rng.uniform(0, LATEST_S) * sr))
    for _ in range(int(rng.integers(0, 3))):
        stereo += _reflection(y[0], sr=sr, rng=rng)
    return stereo


def _reflection(y: Samples, *, sr: int, rng: Rng) -> Samples:
    """6 to 45 ms later and 8 to 20 dB lower, duller than the source, never the same on both sides."""
    damping = rng.uniform(0.1, 0.7)
    dull = signal.lfilter([1 - damping], [1, -damping], y).astype(np.float32)
    sides = [
        _later(dull, int(rng.uniform(0.006, 0.045) * sr)) * 10 ** (rng.uniform(-20, -8) / 20)
        for _ in range(2)
    ]
    return np.asarray(sides, dtype=np.float32)


def _later(y: Samples, by: int) -> Samples:
    return np.pad(y, (by, 0))[: y.shape[-1]]


def _balance(rng: Rng) -> Samples:
    """A stereo source leans by up to 3 dB to one side."""
    lean = 10 ** (rng.uniform(-3, 0) / 20)
    return np.array([[1.0], [lean]] if rng.random() < 0.5 else [[lean], [1.0]], dtype=np.float32)


def _rms(y: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(y), dtype=np.float64)))
