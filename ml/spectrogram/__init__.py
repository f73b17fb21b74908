"""Spectrograms: measured in one pass, drawn as palette PNGs."""

from ml.spectrogram.accumulate import Accumulator, Spectrogram

__all__ = ["Accumulator", "Spectrogram"]
