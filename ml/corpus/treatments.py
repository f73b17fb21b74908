"""What happens to a recording besides coding: the studio before it, an editor after it.

Every treatment is ``f(y, sr, rng) -> y`` on shape (channels, n). How often each is drawn does not depend
on the label (but for more low-passes on lossless, the genuine recordings that tempt to an accusation), so
a model cannot learn the label from the treatment.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from scipy import signal

from ml.corpus.lowpasses import fm, lowpass, resampled_low, tape, vinyl
from ml.units import Samples

Rng = np.random.Generator
Treatment = Callable[[Samples, int, Rng], Samples]


def apply(
    y: Samples, *, sr: int, names: tuple[str, ...], among: Mapping[str, Treatment], seed: int
) -> Samples:
    """Apply those of ``names`` that are in ``among``, in the table's order, each with its own randomness."""
    for at, (name, treatment) in enumerate(among.items()):
        if name in names:
            y = np.ascontiguousarray(treatment(y, sr, np.random.default_rng([seed, at])))
    return y


def mono(y: Samples, sr: int, rng: Rng) -> Samples:
    """One channel: the mean."""
    return np.asarray(y.mean(axis=0, keepdims=True), dtype=np.float32)


def dual_mono(y: Samples, sr: int, rng: Rng) -> Samples:
    """Two identical channels."""
    return np.repeat(mono(y, sr, rng), 2, axis=0)


def gain(y: Samples, sr: int, rng: Rng) -> Samples:
    """-9 to +2 dB: levels differ, and a little over full scale happens to genuine recordings too."""
    return y * np.float32(10 ** (rng.uniform(-9, 2) / 20))


def clip(y: Samples, sr: int, rng: Rng) -> Samples:
    """Loud mastering: 3 to 9 dB into a hard or a soft ceiling."""
    driven = y * np.float32(10 ** (rng.uniform(3, 9) / 20))
    ceiling = np.float32(0.98)
    shaped = np.clip(driven, -ceiling, ceiling) if rng.random() < 0.5 else ceiling * np.tanh(driven)
    return np.asarray(shaped, dtype=np.float32)


def fade(y: Samples, sr: int, rng: Rng) -> Samples:
    """In at the start or out over the end, 0.3 to 2 s."""
    n = min(int(rng.uniform(0.3, 2.0) * sr), y.shape[1])
    ramp = np.ones(y.shape[1], dtype=np.float32)
    ramp[:n] = np.linspace(0, 1, n) ** 2
    return y * (ramp if rng.random() < 0.5 else ramp[::-1])


def lead_in(y: Samples, sr: int, rng: Rng) -> Samples:
    """Digital silence first, up to a tenth of a second, as delays of coders and editors leave it."""
    return np.pad(y, ((0, 0), (int(rng.integers(1, sr // 10)), 0)))


def trim(y: Samples, sr: int, rng: Rng) -> Samples:
    """Cut 0 to 5000 samples from the start: the coder's framing then begins anywhere."""
    return y[:, int(rng.integers(0, 5001)) :]


def splice(y: Samples, sr: int, rng: Rng) -> Samples:
    """Cut 1 to 5000 samples out of the middle third, in half the cases with a crossfade of some milliseconds.

    From there on a coder's frames begin elsewhere.
    """
    n = y.shape[1]
    at, gone = int(rng.integers(n // 3, 2 * n // 3)), int(rng.integers(1, 5001))
    before, after = y[:, :at], y[:, at + gone :]
    fade = min(int(rng.uniform(0.001, 0.01) * sr), at) if rng.random() < 0.5 else 0
    if fade:
        ramp = np.linspace(0, 1, fade, dtype=np.float32)
        after = after.copy()
        after[:, :fade] = after[:, :fade] * ramp + y[:, at : at + fade] * (1 - ramp)
    return np.concatenate([before, after], axis=1)


def attenuate(y: Samples, sr: int, rng: Rng) -> Samples:
    """-6 to 0 dB, as normalisation does after decoding."""
    return y * np.float32(10 ** (rng.uniform(-6, 0) / 20))


def eq(y: Samples, sr: int, rng: Rng) -> Samples:
    """One bell of up to 2 dB between 100 Hz and 8 kHz (R. Bristow-Johnson's cookbook, peaking EQ)."""
    a = 10 ** (rng.uniform(-2, 2) / 40)
    w = 2 * np.pi * np.exp(rng.uniform(np.log(100), np.log(8000))) / sr
    alpha, middle = np.sin(w) / (2 * 0.7), -2 * np.cos(w)
    b = np.array([1 + alpha * a, middle, 1 - alpha * a]) / (1 + alpha / a)
    filtered = signal.lfilter(b, [1, middle / (1 + alpha / a), (1 - alpha / a) / (1 + alpha / a)], y)
    return np.asarray(filtered, dtype=np.float32)


BEFORE: Final[Mapping[str, Treatment]] = {
    "mono": mono,
    "dual-mono": dual_mono,
    "lowpass": lowpass,
    "tape": tape,
    "fm": fm,
    "vinyl": vinyl,
    "resampled-low": resampled_low,
    "gain": gain,
    "clip": clip,
    "fade": fade,
    "lead-in": lead_in,
}
AFTER: Final[Mapping[str, Treatment]] = {"eq": eq, "attenuate": attenuate}
