"""Why the treble ends, told from the spectrum alone."""

import numpy as np
import pytest
from scipy import signal

from ml.encode import decode, encode, resample
from ml.forensics.lowpass import Lowpass, lowpass
from ml.stft import power
from ml.units import Samples
from tests.signals import SR, brick_wall, music, noise, quantised, tone


def look(y: Samples, *, sr: int = SR) -> Lowpass | None:
    both = np.repeat(y, 2, axis=0) if len(y) == 1 else y
    return lowpass(power([(0, quantised(both, bits=16) * np.float32(32768))]), sr=sr)


def fm() -> Samples:
    return brick_wall(15000, seconds=3) + tone(19000, seconds=3, amplitude=0.003, channels=2)


def test_the_pilot_of_a_broadcast() -> None:
    found = look(fm())
    assert found is not None
    assert (found.kind, found.hz) == ("fm", 19000)
    assert found.drop > 30


@pytest.mark.parametrize(
    "y",
    [
        brick_wall(15000, seconds=3),
        noise(seconds=3) + tone(19000, seconds=3, amplitude=0.1, channels=2),
        brick_wall(15000, seconds=3) + tone(18500, seconds=3, amplitude=0.003, channels=2),
        brick_wall(15000, seconds=3)
        + tone(19000, seconds=3, amplitude=0.003, channels=2) * (np.arange(3 * SR) % SR < SR / 2),
    ],
    ids=["no line", "line in noise", "another line", "a line that comes and goes"],
)
def test_nothing_else_is_a_broadcast(y: Samples) -> None:
    found = look(y.astype(np.float32))
    assert found is None or found.kind != "fm"


@pytest.mark.parametrize(
    ("slow", "sr"),
    [
        (22050, 44100),
        (24000, 48000),
        (32000, 44100),
        (32000, 48000),
        (44100, 48000),
        (44100, 96000),
        (48000, 96000),
    ],
)
def test_upsampling_ends_where_the_slower_rate_did(slow: int, sr: int) -> None:
    y = resample(noise(sr=slow, seconds=3), sr=slow, to=sr)
    found = look(y, sr=sr)
    assert found is not None
    assert (found.kind, found.rate) == ("resampler", slow)


@pytest.mark.parametrize("hz", [13000.0, 17200.0, 18600.0, 20100.0])
def test_a_wall_elsewhere_is_a_wall(hz: float) -> None:
    found = look(brick_wall(hz, seconds=3))
    assert found is not None
    assert (found.kind, found.rate) == ("wall", None)
    assert found.hz == pytest.approx(hz, abs=250)


def test_so_is_a_coders() -> None:
    y, sr = decode(encode(noise(seconds=3), sr=SR, label="mp3-192"), depth="16")
    found = look(y, sr=sr)
    assert found is not None
    assert found.kind == "wall"
    assert found.hz == pytest.approx(18900, abs=300)


@pytest.mark.parametrize("order", [4, 6])
def test_tape_fades(order: int) -> None:
    slope = signal.butter(order, 2500, fs=SR, output="sos")
    y = signal.sosfilt(slope, noise(seconds=3, rms=0.2)) + noise(seconds=3, rms=1e-4, seed=1)
    found = look(y.astype(np.float32))
    assert found is not None
    assert found.kind == "slope"
    assert found.hz < 17000
    assert 10 < found.drop < 8 * order  # 6 dB an octave and order, and the floor


@pytest.mark.parametrize("y", [noise(seconds=3), music(), tone(440), np.zeros((2, SR), np.float32)])
def test_where_there_is_nothing_to_say_nothing_is_said(y: Samples) -> None:
    assert look(y) is None


@pytest.mark.parametrize("sr", [8000, 16000, 22050, 192000])
def test_odd_rates_are_looked_at(sr: int) -> None:
    assert look(noise(sr=sr, seconds=2), sr=sr) is None


def test_a_converters_own_filter_at_the_end_of_the_range_is_none() -> None:
    assert look(brick_wall(21600, seconds=3)) is None
