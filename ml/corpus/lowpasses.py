"""Natural ends of the spectrum, by kind: genuine recordings that look as if a coder had cut them.

Every one is a treatment ``f(y, sr, rng) -> y`` on shape (channels, n), and has its own name in an example's
``disturbance``, so that a report can say which kind tempts to an accusation.
"""

from typing import Final

import numpy as np
import soxr
from scipy import signal

from ml.units import Hz, Samples

Rng = np.random.Generator

PILOT = Hz(19000.0)
"""FM stereo's pilot tone (ITU-R BS.450)."""
LOW_RATES: Final = (32000, 24000, 22050)
"""Digital radio and NICAM; old samplers and sound cards."""
QUALITIES: Final = ("VHQ", "HQ", "MQ", "LQ", "QQ")


def lowpass(y: Samples, sr: int, rng: Rng) -> Samples:
    """Any low-pass: from a gentle slope to a sampler's brick wall, 11 to 20.5 kHz."""
    cutoff = rng.uniform(11000, 20500)
    if rng.random() < 0.4:
        return _slope(y, sr, cutoff=cutoff, order=int(rng.integers(2, 13)))
    width = np.exp(rng.uniform(np.log(80), np.log(3000)))
    return _wall(y, sr, cutoff=cutoff, width=width)


def tape(y: Samples, sr: int, rng: Rng) -> Samples:
    """A cassette or an old reel: 2nd to 4th order at 12 to 17 kHz, under hiss of -78 to -52 dB."""
    dull = _slope(y, sr, cutoff=rng.uniform(12000, 17000), order=int(rng.integers(2, 5)))
    hiss = _noise(y, rng, db=rng.uniform(-78, -52))
    return dull + _slope(hiss, sr, cutoff=rng.uniform(14000, 20000), order=1)


def fm(y: Samples, sr: int, rng: Rng) -> Samples:
    """A tuner: brick wall at 15 kHz, what is left of the pilot (-90 to -55 dB), a little noise."""
    cut = _wall(y, sr, cutoff=rng.uniform(14800, 15800), width=rng.uniform(300, 1200))
    t = np.arange(y.shape[1]) / sr
    pilot = 10 ** (rng.uniform(-90, -55) / 20) * np.sin(2 * np.pi * (PILOT * t + rng.random()))
    return (cut + pilot + _noise(y, rng, db=rng.uniform(-90, -65))).astype(np.float32)


def vinyl(y: Samples, sr: int, rng: Rng) -> Samples:
    """A record: a gentle slope from 13 to 19 kHz, rumble under 80 Hz, surface noise and clicks."""
    dull = _slope(y, sr, cutoff=rng.uniform(13000, 19000), order=int(rng.integers(1, 4)))
    rumble = _slope(_noise(y, rng, db=0), sr, cutoff=rng.uniform(25, 80), order=2)
    rumble *= _level(rng.uniform(-62, -44)) / max(float(rumble.std()), 1e-9)
    surface = _slope(_noise(y, rng, db=rng.uniform(-72, -50)), sr, cutoff=rng.uniform(4000, 12000), order=1)
    return dull + rumble + surface + _clicks(y, sr, rng)


def resampled_low(y: Samples, sr: int, rng: Rng) -> Samples:
    """Once kept at 32, 24 or 22.05 kHz: a resampler's wall, good or poor, or linear interpolation's images."""
    low = int(rng.choice(LOW_RATES, p=(0.5, 0.2, 0.3)))
    down = soxr.resample(np.ascontiguousarray(y.T), sr, low, quality="VHQ")
    if rng.random() < 0.2:
        up = _linear(down, low=low, sr=sr, n=y.shape[1])
    else:
        up = soxr.resample(down, low, sr, quality=str(rng.choice(QUALITIES))).T
    missing = max(0, y.shape[1] - up.shape[1])  # a rounded length may lack a sample
    return np.pad(up, ((0, 0), (0, missing)))[:, : y.shape[1]].astype(np.float32)


def _slope(y: Samples, sr: int, *, cutoff: float, order: int) -> Samples:
    sos = signal.butter(order, cutoff, fs=sr, output="sos")
    return np.asarray(signal.sosfilt(sos, y), dtype=np.float32)


def _wall(y: Samples, sr: int, *, cutoff: float, width: float) -> Samples:
    taps = signal.firwin(int(3.3 * sr / width) | 1, min(cutoff, 0.49 * sr - width / 2), fs=sr)
    return np.asarray(signal.oaconvolve(y, taps[None], mode="same", axes=1), dtype=np.float32)


def _level(db: float) -> np.float32:
    return np.float32(10 ** (db / 20))


def _noise(y: Samples, rng: Rng, *, db: float) -> Samples:
    """White, its own in each channel unless the recording is the same in all."""
    same = bool(np.array_equal(y[0], y[-1]))
    white = rng.standard_normal((1 if same else len(y), y.shape[1]), dtype=np.float32)
    return np.repeat(white, len(y), axis=0) * _level(db) if same else white * _level(db)


def _clicks(y: Samples, sr: int, rng: Rng) -> Samples:
    """One to twelve a second, most of them small, ringing for a fraction of a millisecond."""
    out = np.zeros_like(y)
    seconds = y.shape[1] / sr
    length = int(0.002 * sr)
    for _ in range(int(rng.poisson(rng.uniform(1, 12) * seconds))):
        at = int(rng.integers(0, max(1, y.shape[1] - length)))
        decay = np.exp(-np.arange(length) / (rng.uniform(0.00005, 0.0005) * sr))
        ring = np.cos(2 * np.pi * rng.uniform(800, 6000) / sr * np.arange(length))
        loud = min(0.3, rng.exponential(0.01)) * rng.choice((-1.0, 1.0))
        left_right = rng.uniform(0.2, 1.0, size=(len(y), 1)) if len(y) > 1 else 1.0
        out[:, at : at + length] += (loud * left_right * decay * ring).astype(np.float32)
    return out


def _linear(down: Samples, *, low: int, sr: int, n: int) -> Samples:
    at = np.arange(n) * (low / sr)
    return np.stack([np.interp(at, np.arange(len(down)), channel) for channel in down.T])
