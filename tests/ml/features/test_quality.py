"""The measurement works on whatever people send, and is the same for the same samples."""

import numpy as np
import pytest

from ml.encode import quantise, resample
from ml.errors import TooShort
from ml.features import quality
from ml.features.spectral import shelf
from ml.stft import power
from tests.coded import coded
from tests.signals import brick_wall, music, noise


class Excerpt:
    def __init__(self, y, start=0):
        self.y, self.start = np.ascontiguousarray(y, dtype=np.float32), start


@pytest.mark.slow
@pytest.mark.parametrize("sr", [8000, 22050, 32000, 88200, 192000])
def test_odd_rates_are_measured(sr):
    measured = quality.measure([Excerpt(music(sr=sr, seconds=2.0))], sr=sr)
    assert tuple(measured.values) == quality.spec().names


def test_a_coder_at_32_khz_is_heard_there():
    y, sr = coded("mp3-192", sr=32000)
    grid = quality.measure([Excerpt(y)], sr=sr).grids["mp3"]
    assert (grid.sr, grid.exact) == (32000, True)
    assert grid.lattice > 20


@pytest.mark.parametrize(
    "to", [88200, pytest.param(96000, marks=pytest.mark.slow), pytest.param(48000, marks=pytest.mark.slow)]
)
def test_resampling_is_undone(to):
    """To the rate that the coder worked at: there, and only there, its grid is found."""
    y, sr = coded("mp3-192", depth="float")
    later = quantise(resample(y, sr=sr, to=to), depth="16")
    grid = quality.measure([Excerpt(later)], sr=to).grids["mp3"]
    assert (grid.sr, grid.offset) == (44100, 48)
    assert grid.lattice > 20
    assert grid.confirmed > 20


def test_one_second_is_enough_and_less_is_said():
    y = music(seconds=1.0)
    quality.measure([Excerpt(y)], sr=44100)
    with pytest.raises(TooShort):
        quality.measure([Excerpt(y[:, :-100])], sr=44100)


def test_mono_is_both_channels():
    y = music(seconds=1.5)[:1]
    mono = quality.measure([Excerpt(y)], sr=44100).values
    both = quality.measure([Excerpt(np.repeat(y, 2, axis=0))], sr=44100).values
    assert mono == pytest.approx(both, nan_ok=True)


def test_the_same_samples_give_the_same_numbers():
    y = music(seconds=1.5)
    first, again = (quality.measure([Excerpt(y.copy())], sr=44100).values for _ in range(2))
    np.testing.assert_array_equal(list(first.values()), list(again.values()))


def test_a_click_in_silence_is_measured():
    y = np.zeros((2, 2 * 44100), dtype=np.float32)
    y[:, 44100] = 0.9
    quality.measure([Excerpt(y)], sr=44100)


@pytest.mark.parametrize("wall", [11000.0, 16000.0, 19500.0])
def test_a_wall_is_found_where_it_is(wall):
    steps = brick_wall(wall, seconds=3.0) * 32768
    found = shelf(power([(0, steps)]), sr=44100)
    assert found.hz == pytest.approx(wall, abs=100)
    assert found.drop > 30


def test_noise_has_no_wall():
    assert quality.measure([Excerpt(noise(seconds=1.5))], sr=44100).cutoff_hz is None


def test_white_noise_has_its_variance_on_every_line():
    spectrum = power([(0, (100 * np.random.default_rng(0).standard_normal((2, 200000))).astype(np.float32))])
    assert np.median(spectrum.mean(axis=0)) == pytest.approx(100**2, rel=0.05)
