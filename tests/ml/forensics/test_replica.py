"""A treble that is a copy is known by its distance; steady tones, pulses and what coders leave are none."""

from functools import partial

import numpy as np
import pytest

from ml.encode import decode, encode, resample
from ml.forensics.replica import LEAST_HEIGHT, replica, strongest
from tests.sbr import analyse, replicated, synthesise
from tests.signals import brick_wall, music, noise

SR = 44100
BAND = SR / 128


def sound(seconds=3.5):
    """Music with a treble that breathes."""
    hiss = noise(seconds=seconds, rms=0.01) * (
        1 + np.sin(np.arange(round(seconds * SR)) / 9000, dtype=np.float32)
    )
    return music(seconds=seconds) + hiss.astype(np.float32)


def in_steps(y, start=0):
    return [(start, np.rint(y * 32768).astype(np.float32))]


def coded_core(y):
    half = resample(y, sr=SR, to=SR // 2)
    core = resample(decode(encode(half, sr=SR // 2, label="aac-96"))[0], sr=SR // 2, to=SR)
    return np.pad(core, ((0, 0), (0, max(0, y.shape[1] - core.shape[1]))))[:, : y.shape[1]]


def test_the_simulated_bank_gives_back_what_went_in():
    x = noise(seconds=0.5)[0]
    assert np.std(synthesise(analyse(x), n=len(x)) - x) < 0.01 * np.std(x)


@pytest.mark.parametrize(("crossover", "shift", "chirp", "hiss"), [(24, 14, 0.0, 0.1), (20, 18, 0.75, 0.3)])
def test_a_copy_is_found_at_its_distance(crossover, shift, chirp, hiss):
    y = sound()
    made = replicated(y, crossover=crossover, shift=shift, chirp=chirp, noise=hiss, core=coded_core(y))
    found = replica(in_steps(made[:, 77:] * 0.6), sr=SR)
    assert found is not None
    assert found.lag_bands == shift
    assert found.crossover_hz == pytest.approx(crossover * BAND, abs=2 * BAND)


def test_a_copy_survives_another_coder():
    y = sound()
    made, _ = decode(encode(replicated(y, crossover=24, shift=14), sr=SR, label="mp3-192"))
    found = replica(in_steps(made), sr=SR)
    assert found is not None
    assert found.lag_bands == 14


def harmonics(spacing, *, first=1, seconds=3.5):
    """A steady tone with all harmonics up to 16 kHz, over a little hiss."""
    t = np.arange(round(seconds * SR)) / SR
    parts = [np.cos(2 * np.pi * k * spacing * t + k * k) for k in range(first, int(16000 / spacing) + 1)]
    return noise(seconds=seconds, rms=1e-4) + (0.02 * np.sum(parts, axis=0)).astype(np.float32)


def pulses(period, *, seconds=3.5):
    y = noise(seconds=seconds, rms=1e-4)
    y[:, ::period] += 0.5
    return y


@pytest.mark.parametrize(
    "make",
    [
        sound,
        noise,
        partial(brick_wall, 11000.0, seconds=3.5),
        *(partial(harmonics, k * BAND) for k in (1, 14)),
        *(partial(pulses, period) for period in (128, 10000)),
    ],
)
def test_what_was_not_copied_is_no_copy(make):
    found = strongest(in_steps(make()), sr=SR)
    assert found is None or found.height < 0.6 * LEAST_HEIGHT


@pytest.mark.parametrize("label", ["aac-96", "opus-96"])
def test_other_coders_copy_nothing(label):
    y, sr = decode(encode(sound(), sr=SR, label=label))
    assert replica(in_steps(y), sr=sr) is None


def test_silence_and_short_sounds_are_no_copy():
    assert replica(in_steps(np.zeros((2, 3 * SR), dtype=np.float32)), sr=SR) is None
    assert replica(in_steps(sound(seconds=1.0)), sr=SR) is None
    assert replica(in_steps(sound()), sr=8000) is None
