"""What the music network hears: 96 mel bands at 16 kHz, as it was trained on them."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.signal.windows import hann

SR: Final = 16000
N_FFT, HOP, MELS, FRAMES = 512, 256, 96, 187
SAMPLES: Final = (FRAMES - 1) * HOP + N_FFT
"""Of one window: 3.008 s."""


def log_mel(y: NDArray[np.float32]) -> NDArray[np.float32]:
    """log10(1 + 10000 S) of windows of SAMPLES at 16 kHz, shape (n, SAMPLES) -> (n, FRAMES, MELS)."""
    frames = np.lib.stride_tricks.sliding_window_view(y, N_FFT, axis=1)[:, ::HOP] * _window()
    spectrum = rfft(frames)
    power = spectrum.real**2 + spectrum.imag**2
    return np.asarray(np.log10(1.0 + 10000.0 * (power @ _filters())), dtype=np.float32)


@cache
def _window() -> NDArray[np.float32]:
    return np.asarray(hann(N_FFT, sym=False), dtype=np.float32)


@cache
def _filters() -> NDArray[np.float32]:
    """Slaney's mel scale, each triangle of equal area, shape (N_FFT // 2 + 1, MELS)."""
    import librosa.filters  # takes a while, and only this task needs it

    return np.ascontiguousarray(librosa.filters.mel(sr=SR, n_fft=N_FFT, n_mels=MELS).T, dtype=np.float32)
