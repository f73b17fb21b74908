"""Onsets and tempo, as librosa has them."""

from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from ml.features.frames import HOP, N_FFT, SR, Frames, clipped, decibels, mel_filters
from ml.stft import spectra

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

WINDOW: Final = 344
"""Frames of the autocorrelation: 8 s."""
START_BPM: Final = 120.0
MOST_BPM: Final = 320.0


def onset_strength(frames: Frames) -> F32:
    """Median rise of the 128 mel levels into each frame, in dB, shape (frames,); silence is assumed around the sound.

    The same as ``librosa.onset.onset_strength(y=y, aggregate=np.median)``.
    """
    level = clipped(decibels(_mel_in_silence(frames)))
    rise = np.median(np.maximum(np.float32(0), np.diff(level, axis=0)), axis=1)
    late = 1 + N_FFT // (2 * HOP)
    return np.concatenate([np.zeros(late, np.float32), rise])[: len(frames)]


def _mel_in_silence(frames: Frames) -> F32:
    """Only the outermost frames differ from those of the mirrored sound."""
    mel = frames.mel.copy()
    edge = N_FFT // 2 // HOP
    last = (len(frames.y) - N_FFT // 2) // HOP + 1
    padded = np.pad(frames.y, N_FFT // 2)
    for rows in (slice(0, edge), slice(max(last, edge), len(frames))):
        piece = padded[rows.start * HOP : (rows.stop - 1) * HOP + N_FFT]
        if rows.stop > rows.start:
            mel[rows] = np.square(np.abs(spectra(piece, n_fft=N_FFT, hop=HOP))) @ mel_filters()
    return mel


def periodicity(onsets: F32) -> F64:
    """Mean of the autocorrelations of all 8-second windows, each 1 at lag 0; shape (344,), a lag a frame.

    The same as ``librosa.feature.tempogram(onset_envelope=onsets).mean(axis=1)``. The autocorrelation is linear in
    the power spectrum, so spectra are averaged and one of them is transformed back.
    """
    padded = np.pad(onsets, WINDOW // 2, mode="linear_ramp", end_values=0)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[: len(onsets)] * hann
    energy = np.square(windows).sum(axis=1)
    n_fft = scipy.fft.next_fast_len(2 * WINDOW - 1, real=True)
    power = np.square(np.abs(scipy.fft.rfft(windows, n_fft, axis=1)))
    mean = (1 / np.where(energy > 0, energy, np.inf)) @ power / len(onsets)
    return np.asarray(scipy.fft.irfft(mean, n_fft)[:WINDOW])


def tempo(onsets: F32) -> float:
    """Beats a minute, 0 where nothing begins; tempi near 120 are preferred, log-normally.

    The same as ``librosa.feature.tempo(onset_envelope=onsets)``.
    """
    if not onsets.any():
        return 0.0
    bpm = 60.0 * SR / (HOP * np.arange(1, WINDOW))
    likely = np.log1p(1e6 * periodicity(onsets)[1:]) - 0.5 * np.log2(bpm / START_BPM) ** 2
    return float(bpm[np.where(bpm < MOST_BPM, likely, -np.inf).argmax()])
