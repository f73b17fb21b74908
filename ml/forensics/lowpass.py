"""Why the treble ends: most recordings that stop short of their range were never near a lossy coder.

A broadcast ends at 15 kHz and carries its pilot tone at 19 kHz; a resampler cuts at the other rate's Nyquist
frequency; tape, voices and dark instruments fade into the noise. A coder cuts a wall anywhere, as studio filters
and samplers do: only its grid tells them apart.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from ml.units import Decibels, Hz

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

Kind = Literal["fm", "resampler", "wall", "slope"]

PILOT_HZ: Final = 19000.0
"""ITU-R BS.450: pilot tone of stereo FM, within 2 Hz; programme ends at 15 kHz."""
SLOWER_RATES: Final = (22050, 24000, 32000, 44100, 48000)
NEAR_NYQUIST: Final = (0.96, 1.02)
"""Where a resampler's stop band begins, as a share of the slower rate's Nyquist frequency."""
SPAN_HZ: Final = 700.0
LOWEST_HZ: Final = 8000.0
LEAST_DROP: Final = 15.0
STEEP: Final = 250.0
"""dB an octave: LAME's low-pass has about 1000, a mastering filter some 100, tape under 50."""
LEAST_FADE: Final = 10.0
"""dB over the last octave."""
FADED: Final = 30.0
"""dB between the middle and the noise floor: with less there is no treble to speak of."""


@dataclass(frozen=True, slots=True)
class Lowpass:
    """How the sound ends below the end of the file's range."""

    kind: Kind
    hz: Hz
    """Where nothing more comes."""
    drop: Decibels
    """Of the wall; of the last octave where there is a slope."""
    rate: int | None = None
    """The slower sampling rate whose range ends there."""


def lowpass(power: F32, *, sr: int) -> Lowpass | None:
    """What ends the sound, or None where it reaches the end of the range or leaves no clear picture.

    power : shape (frames, bins), linear, as :func:`ml.stft.power` gives it
    """
    level = uniform_filter1d(10 * np.log10(power.mean(axis=0, dtype=np.float64) + 1e-4), 5)
    hz_per_bin = sr / 2 / (len(level) - 1)
    if _has_pilot(power, level, hz_per_bin=hz_per_bin):
        return Lowpass("fm", Hz(PILOT_HZ), Decibels(_drop(level, 15500, hz_per_bin=hz_per_bin)))
    return _wall(level, sr=sr, hz_per_bin=hz_per_bin) or _slope(level, sr=sr, hz_per_bin=hz_per_bin)


def _has_pilot(power: F32, level: F64, *, hz_per_bin: float) -> bool:
    """A line at 19 kHz in (nearly) every frame, alone between 15.5 kHz and the end."""
    if hz_per_bin * (len(level) - 1) < 21000:
        return False
    at = round(PILOT_HZ / hz_per_bin)
    line = power[:, at - 1 : at + 2].max(axis=1)
    below, above = (_band(low, high, hz_per_bin) for low, high in ((18200, 18850), (19150, 19800)))
    beside = np.median(np.concatenate([power[:, below], power[:, above]], axis=1), axis=1)
    steady = np.percentile(line, 10) > 10 * np.percentile(beside, 90) + 1e-3
    empty = level[_band(15800, 18800, hz_per_bin)].max() < level[_band(13000, 14500, hz_per_bin)].mean() - 10
    return bool(steady and empty)


def _wall(level: F64, *, sr: int, hz_per_bin: float) -> Lowpass | None:
    """The steepest fall, if it is a wall below the end of the range."""
    span = round(SPAN_HZ / hz_per_bin)
    first, last = round(LOWEST_HZ / hz_per_bin), len(level) - span - 1
    if last <= first:
        return None
    sums = np.concatenate([[0.0], np.cumsum(level)])
    at = np.arange(first, last)
    edge = int(at[(2 * sums[at] - sums[at - span] - sums[at + span]).argmax()])
    high, low = (
        np.median(level[edge - span : edge - span // 3]),
        np.median(level[edge + span // 3 : edge + span]),
    )
    drop = float(high - low)
    if drop < LEAST_DROP:
        return None
    top = edge - span + int(np.flatnonzero(level[edge - span : edge + 1] >= high - 0.2 * drop)[-1])
    foot = edge + int((level[edge:] <= low + 0.2 * drop).argmax())
    if 0.6 * drop / np.log2((foot + 1) / top) < STEEP:
        return None
    end = Hz(
        (edge + int((level[edge:] <= low + max(3.0, 0.15 * drop)).argmax())) * hz_per_bin
    )  # leakage aside
    if end >= NEAR_NYQUIST[0] * sr / 2:
        return None
    rate = _slower_rate(end, sr=sr)
    return Lowpass("resampler" if rate else "wall", end, Decibels(drop), rate)


def _slower_rate(end: float, *, sr: int) -> int | None:
    low, high = NEAR_NYQUIST
    return next((rate for rate in SLOWER_RATES if rate < sr and low <= end / (rate / 2) <= high), None)


def _slope(level: F64, *, sr: int, hz_per_bin: float) -> Lowpass | None:
    """Treble that sinks into the noise floor well before the end of the range, without any edge."""
    smooth = uniform_filter1d(level, max(1, round(300 / hz_per_bin)))
    floor = float(np.median(smooth[_band(0.9 * sr / 2, 0.97 * sr / 2, hz_per_bin)]))
    sounding = np.flatnonzero(smooth[: round(0.95 * sr / 2 / hz_per_bin)] > floor + 4)
    end = int(sounding[-1]) + 1 if len(sounding) else 0
    hz = end * hz_per_bin
    if not 4000 <= hz <= 0.78 * sr / 2 or smooth[_band(1000, 3000, hz_per_bin)].mean() < floor + FADED:
        return None
    steepest = max(_drop(level, at * hz_per_bin, hz_per_bin=hz_per_bin) for at in range(end // 2, end))
    last_octave = float(smooth[end // 2] - smooth[end - 1])
    if steepest > LEAST_DROP or last_octave < LEAST_FADE:
        return None
    return Lowpass("slope", Hz(hz), Decibels(last_octave))


def _drop(level: F64, hz: float, *, hz_per_bin: float) -> float:
    """Mean level over 700 Hz below minus the same above."""
    at, span = round(hz / hz_per_bin), round(SPAN_HZ / hz_per_bin)
    return float(level[max(0, at - span) : at].mean() - level[at : at + span].mean())


def _band(low: float, high: float, hz_per_bin: float) -> slice:
    return slice(round(low / hz_per_bin), round(high / hz_per_bin))
