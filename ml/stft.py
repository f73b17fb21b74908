"""The only place that makes a spectrogram for measurement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.signal.windows import hann

from ml.units import Samples

C64 = NDArray[np.complex64]
_BLOCK: Final = 32
"""Frames at a time: their temporaries stay in the cache."""


@dataclass(frozen=True, slots=True)
class StftParams:
    """Parameters of measurement; they live in the feature spec, not in the settings."""

    n_fft: int = 2048
    frames: int = 480
    """At most so many frames, spread evenly over the track."""


def power(
    pieces: Sequence[tuple[int, NDArray[np.float32]]], *, params: StftParams = StftParams()
) -> NDArray[np.float32]:
    """Power of the two channels (their mean) in units of one 16-bit step squared a line, shape (frames, n_fft // 2 + 1).

    pieces : (start, y), y of shape (2, n) in 16-bit steps
    Scaled so that white noise of variance v gives v on every line. Hann window.
    """
    window = hann(params.n_fft, sym=False).astype(np.float32)
    window /= np.sqrt((window**2).sum())
    total = sum(max(0, y.shape[1] - params.n_fft) for _, y in pieces)
    hop = max(params.n_fft // 2, total // params.frames)
    spectra = []
    for _, y in pieces:
        if y.shape[1] >= params.n_fft:
            frames = np.lib.stride_tricks.sliding_window_view(y, params.n_fft, axis=1)[:, ::hop] * window
            spectra.append((np.abs(rfft(frames)) ** 2).mean(axis=0))
    return np.concatenate(spectra)


def spectra(padded: Samples, *, n_fft: int, hop: int) -> C64:
    """Complex spectra of every frame that fits, shape (frames, n_fft // 2 + 1); Hann window.

    padded : shape (n,), n >= n_fft
    The transform is in double precision and rounded once, as in librosa, so that what counts lines comes out the same.
    """
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
    window = hann(n_fft, sym=False)
    out = np.empty((len(frames), n_fft // 2 + 1), dtype=np.complex64)
    for first in range(0, len(frames), _BLOCK):
        out[first : first + _BLOCK] = rfft(frames[first : first + _BLOCK] * window, overwrite_x=True)
    return out
