"""The 57 numbers of the GTZAN tables, by the tables' names, from any sound."""

from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from ml.features.courses import statistic_names, statistics
from ml.features.frames import HOP, N_FFT, SR, Frames
from ml.features.rhythm import onset_strength, tempo
from ml.features.spec import FeatureSpec
from ml.units import Samples

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Floats = NDArray[np.floating]

_PAIRS: Final = (
    "chroma_stft",
    "rms",
    "spectral_centroid",
    "spectral_bandwidth",
    "rolloff",
    "zero_crossing_rate",
    "harmony",
    "perceptr",
)
_CEPSTRA: Final = tuple(f"mfcc{i}" for i in range(1, 21))
NAMES: Final = (*statistic_names(_PAIRS), "tempo", *statistic_names(_CEPSTRA))
ROLLOFF: Final = np.float32(0.85)
SILENT: Final = np.float32(1e-10)
"""Up to here a sample is neither above nor below zero."""


def spec() -> FeatureSpec:
    """Names in the order of the tables' columns."""
    return FeatureSpec(task="timbre", version=1, names=NAMES)


def measure(y: Samples, *, sr: int) -> dict[str, float]:
    """All 57 of the whole of y, as librosa 0.11 gives them (the tables' extractor); cut a song before.

    y : shape (n,) or (channels, n), full scale 1.0. Raises TooShort below a second.
    """
    return of(Frames(y, sr=sr))


def of(frames: Frames) -> dict[str, float]:
    """The same from frames that others use as well."""
    centroid, bandwidth = centroid_and_bandwidth(frames)
    harmonic, percussive = parts(frames)
    courses: dict[str, Floats] = {
        "chroma_stft": frames.chroma,
        "rms": loudness(frames),
        "spectral_centroid": centroid,
        "spectral_bandwidth": bandwidth,
        "rolloff": rolloff(frames),
        "zero_crossing_rate": zero_crossing_rate(frames),
        "harmony": harmonic,
        "perceptr": percussive,
        **dict(zip(_CEPSTRA, frames.cepstra, strict=True)),
    }
    found = statistics(courses) | {"tempo": tempo(onset_strength(frames))}
    return {name: found[name] for name in NAMES}


def loudness(frames: Frames) -> F32:
    """Root of the mean square, shape (frames,). A frame is four hops, whose sums are shared."""
    padded = frames.padded
    hops = np.square(padded[: len(padded) // HOP * HOP]).reshape(-1, HOP).sum(axis=1)
    pairs = hops[:-1] + hops[1:]
    return np.asarray(np.sqrt((pairs[:-2] + pairs[2:]) / np.float32(N_FFT)))


def centroid_and_bandwidth(frames: Frames) -> tuple[F64, F64]:
    """Mean and deviation of the frequency, weighted with magnitude, in Hz, shape (frames,) each; 0 in silence."""
    hz = np.fft.rfftfreq(N_FFT, 1 / SR)
    total, first, second = (frames.magnitude.astype(np.float64) @ np.stack([hz**0, hz, hz**2], axis=1)).T
    some = np.where(total > 0, total, np.inf)
    centroid = first / some
    return centroid, np.sqrt(np.maximum(second / some - centroid**2, 0))


def rolloff(frames: Frames) -> F64:
    """Frequency below which 85 % of the magnitudes lie, in Hz, shape (frames,)."""
    running = np.cumsum(frames.magnitude, axis=1)
    below = (running < ROLLOFF * running[:, -1:]).sum(axis=1)
    return np.asarray(below * (SR / N_FFT))


def zero_crossing_rate(frames: Frames) -> F64:
    """Changes of sign a sample, shape (frames,)."""
    padded = np.pad(frames.y, N_FFT // 2, mode="edge")
    crossed = np.diff(padded < -SILENT)
    before = np.concatenate([[0], np.cumsum(crossed)])
    first = HOP * np.arange(len(frames))
    return np.asarray((before[first + N_FFT - 1] - before[first]) / N_FFT)


def parts(frames: Frames) -> tuple[F32, F32]:
    """Harmonic and percussive sound, shape (n,) each, zero behind the last frame's centre.

    Both masks add up to one and the STFT can be inverted, so the percussive part is what the harmonic one leaves.
    """
    n_frames = len(frames)
    end = (n_frames - 1) * HOP
    spectrum = frames.spectra * frames.harmonic_share
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)
    pieces = scipy.fft.irfft(spectrum, axis=1, overwrite_x=True) * window.astype(np.float32)
    sound = np.zeros((n_frames + 3, HOP), np.float32)
    weight = np.zeros((n_frames + 3, HOP), np.float32)
    for k in range(N_FFT // HOP):
        part = slice(k * HOP, (k + 1) * HOP)
        sound[k : k + n_frames] += pieces[:, part]
        weight[k : k + n_frames] += np.square(window[part]).astype(np.float32)
    inner = slice(N_FFT // 2, N_FFT // 2 + end)
    harmonic = np.zeros_like(frames.y)
    harmonic[:end] = sound.ravel()[inner] / weight.ravel()[inner]
    percussive = frames.y - harmonic
    percussive[end:] = 0
    return harmonic, percussive
