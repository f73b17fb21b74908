"""Spectral band replication as HE-AAC's decoder does it (ISO 14496-3, 4.6.18), simulated: no such encoder is at hand.

A complex bank of 64 subbands, the patch (a copy of low subbands, an even number of them higher), inverse filtering by
linear prediction, gains that bring each copied group to the original's energy, and a share of noise. The prototype is
a windowed sinc, not the standard's table, and a real encoder's choice of groups and borders is finer.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import firwin

from ml.units import Samples

C128 = NDArray[np.complex128]

BANDS = 64
TAPS = 640
CUTOFF = 1.2
SLOTS = 32
"""Time slots (of 64 samples) in a frame: gains and prediction are sent once for it."""
GROUP = 3
"""Subbands that share a gain."""


def replicated(
    y: Samples,
    *,
    crossover: int,
    shift: int,
    noise: float = 0.1,
    chirp: float = 0.0,
    core: Samples | None = None,
    seed: int = 0,
) -> Samples:
    """``y`` with all subbands from ``crossover`` on replaced by copies from ``shift`` (even) subbands below.

    y : shape (channels, n)
    noise : energy of the noise for each copied one
    chirp : 0 (no inverse filtering) to 0.98 (strong)
    core : what the low band is taken from, of ``y``'s shape; ``y`` itself without
    """
    assert shift % 2 == 0
    rng = np.random.default_rng(seed)
    core = y if core is None else core
    done = [_channel(x, low, crossover, shift, noise, chirp, rng) for x, low in zip(y, core, strict=True)]
    return np.stack(done).astype(np.float32)


def _channel(
    x: NDArray[np.float32],
    core: NDArray[np.float32],
    crossover: int,
    shift: int,
    noise: float,
    chirp: float,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    original, low = analyse(x), analyse(core)
    out = low.copy()
    out[:, crossover:] = 0
    patch = _patch(low, crossover, shift, chirp)
    last = min(crossover + patch.shape[1], BANDS)
    for slot in range(0, len(out), SLOTS):
        for first in range(crossover, last, GROUP):
            here = slice(slot, slot + SLOTS), slice(first, min(first + GROUP, last))
            copied = patch[here[0], first - crossover : here[1].stop - crossover]
            energy, own = np.mean(np.abs(original[here]) ** 2), np.mean(np.abs(copied) ** 2) + 1e-12
            random = rng.standard_normal((2, *copied.shape))
            hiss = (random[0] + 1j * random[1]) / np.sqrt(2)
            out[here] = np.sqrt(energy / (1 + noise)) * (copied / np.sqrt(own) + np.sqrt(noise) * hiss)
    return synthesise(out, n=len(x))


def _patch(low: C128, crossover: int, shift: int, chirp: float) -> C128:
    """Copies of the subbands below the crossover, whitened."""
    count = min(shift, crossover - 1)
    source = low[:, crossover - shift : crossover - shift + count]
    if chirp:
        source = source.copy()
        for start in range(0, len(source), SLOTS):
            for band in range(source.shape[1]):
                a = _prediction(source[start : start + SLOTS, band])
                x = np.concatenate(
                    [source[max(0, start - 2) : start, band], source[start : start + SLOTS, band]]
                )
                x = np.pad(x, (SLOTS + 2 - len(x), 0))[: SLOTS + 2] if start < 2 else x
                filtered = x[2:] - chirp * a[0] * x[1:-1] - chirp**2 * a[1] * x[:-2]
                source[start : start + SLOTS, band] = filtered[: len(source) - start]
    return source


def _prediction(x: C128) -> C128:
    """Two coefficients by least squares; none where the sound is silent."""
    if len(x) < 6:
        return np.zeros(2, dtype=np.complex128)
    past = np.stack([x[1:-1], x[:-2]], axis=1)
    a = np.linalg.lstsq(past, x[2:], rcond=1e-6)[0]
    return a if np.abs(a).max() < 4 else np.zeros(2, dtype=np.complex128)


def analyse(x: NDArray[np.floating]) -> C128:
    """Complex subband samples, shape (slots, 64)."""
    padded = np.pad(x.astype(np.float64), (TAPS, 2 * TAPS))
    frames = np.lib.stride_tricks.sliding_window_view(padded, TAPS)[::BANDS]
    return np.asarray((frames * _prototype()) @ _turns().conj())


def synthesise(subbands: C128, *, n: int) -> NDArray[np.float64]:
    """The inverse, shape (n,)."""
    frames = (subbands @ _turns().T).real * _prototype()
    out = np.zeros(len(frames) * BANDS + TAPS)
    for slot, frame in enumerate(frames):
        out[slot * BANDS : slot * BANDS + TAPS] += frame
    return 2 * BANDS * out[TAPS : TAPS + n]


def _prototype() -> NDArray[np.float64]:
    """3 dB down at the borders of a subband, so that analysis and synthesis together add up to one."""
    return np.asarray(firwin(TAPS, CUTOFF / (2 * BANDS), window=("kaiser", 8.0)))


def _turns() -> C128:
    middle = np.arange(TAPS)[:, None] - (TAPS - 1) / 2
    return np.asarray(np.exp(1j * np.pi / BANDS * (np.arange(BANDS) + 0.5) * middle))
