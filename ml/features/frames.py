"""What the music features share: one STFT, and what follows from it, each computed once and when first asked for."""

from functools import cache, cached_property
from typing import Final

import librosa
import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.fft import dct

from ml.errors import TooShort
from ml.features.medians import harmonic_share
from ml.features.pitch import chroma_filters, tuning
from ml.stft import C64, spectra
from ml.units import Samples

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

SR: Final = 22050
N_FFT: Final = 2048
HOP: Final = 512
BANDS: Final = 128
SHORTEST_S: Final = 1.0
_RANGE_DB: Final = 80.0


def mono(y: Samples, *, sr: int) -> Samples:
    """At 22,050 Hz and in one channel, shape (n,), as ``librosa.load`` gives it.

    y : shape (n,) or (channels, n)
    """
    if y.ndim == 2:
        y = y.mean(axis=0)
    if sr == SR:
        return y
    n = -(-len(y) * SR // sr)
    resampled: Samples = librosa.util.fix_length(soxr.resample(y, sr, SR, quality="soxr_hq"), size=n)
    return resampled


class Frames:
    """Frame t is centred on sample 512 t; all arrays have shape (frames, ...), as float32 where nothing else is said."""

    def __init__(self, y: Samples, *, sr: int) -> None:
        """y : shape (n,) or (channels, n), full scale 1.0. Raises TooShort below a second."""
        if y.shape[-1] < SHORTEST_S * sr:
            raise TooShort(duration_s=round(y.shape[-1] / sr, 3), minimum_s=SHORTEST_S)
        self.y = mono(y, sr=sr)

    def __len__(self) -> int:
        return 1 + len(self.y) // HOP

    @cached_property
    def padded(self) -> Samples:
        """Mirrored at both ends, so that the first frame is centred on the first sample."""
        return np.pad(self.y, N_FFT // 2, mode="reflect")

    @cached_property
    def spectra(self) -> C64:
        """Shape (frames, 1025), complex."""
        return spectra(self.padded, n_fft=N_FFT, hop=HOP)

    @cached_property
    def magnitude(self) -> F32:
        return np.abs(self.spectra)

    @cached_property
    def power(self) -> F32:
        return np.square(self.magnitude)

    @cached_property
    def mel(self) -> F32:
        """Energy in mel bands, shape (frames, BANDS)."""
        return self.power @ mel_filters()

    @cached_property
    def mel_db(self) -> F32:
        """Levels, at most 80 dB below the loudest."""
        return clipped(decibels(self.mel))

    @cached_property
    def cepstra(self) -> F32:
        """Shape (20, frames), so that each coefficient lies in one piece."""
        return np.ascontiguousarray(dct(self.mel_db, axis=1, norm="ortho")[:, :20].T)

    @cached_property
    def chroma(self) -> F32:
        """Energy in 12 pitch classes, C first, the strongest of each frame 1; tuned as the music is."""
        energy = self.power @ chroma_filters(tuning(self.power, sr=SR), sr=SR, n_fft=N_FFT)
        top = energy.max(axis=1, keepdims=True)
        return np.asarray(energy / np.where(top < np.finfo(np.float32).tiny, np.float32(1), top))

    @cached_property
    def harmonic_share(self) -> F32:
        return harmonic_share(self.magnitude)


def decibels(power: F32) -> F32:
    """10 log10, -100 dB at least, as ``librosa.power_to_db`` before its clipping."""
    return np.float32(10.0) * np.log10(np.maximum(np.float32(1e-10), power))


def clipped(level: F32) -> F32:
    """Nothing lies more than 80 dB below the loudest."""
    return np.asarray(np.maximum(level, level.max() - np.float32(_RANGE_DB)))


@cache
def mel_filters() -> F32:
    """Slaney's, shape (1025, BANDS)."""
    filters: F32 = librosa.filters.mel(sr=SR, n_fft=N_FFT, n_mels=BANDS)
    return np.ascontiguousarray(filters.T)
