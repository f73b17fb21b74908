"""What is done to sound besides coding, on noise: laws that need no recordings."""

import numpy as np
import pytest
from scipy import signal

from ml.corpus.draw import LOWPASS_KINDS
from ml.corpus.ensemble import mix
from ml.corpus.treatments import BEFORE, splice
from ml.units import Samples

SR = 44100


def noise(*, channels: int = 2, seconds: float = 2.0, seed: int = 0, level: float = 0.1) -> Samples:
    rng = np.random.default_rng(seed)
    return level * rng.standard_normal((channels, int(seconds * SR)), dtype=np.float32)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("kind", LOWPASS_KINDS)
@pytest.mark.parametrize("channels", [1, 2])
def test_a_lowpass_dulls_the_top_and_leaves_the_middle(kind: str, channels: int):
    y = noise(channels=channels)
    z = np.stack([BEFORE[kind](y, SR, rng(seed)) for seed in range(5)])
    assert z.dtype == np.float32
    assert z.shape == (5, *y.shape)
    f, before = signal.welch(y, SR, nperseg=2048)
    _, after = signal.welch(z, SR, nperseg=2048)
    change = 10 * np.log10(after / before)
    assert np.abs(change[..., (f > 500) & (f < 4000)]).max() < 2
    assert change[..., f > 20800].mean() < -6


def test_a_resampler_gives_the_length_back_whatever_it_is():
    for n in range(SR, SR + 7):
        y = noise(seconds=1.1)[:, :n]
        assert all(BEFORE["resampled-low"](y, SR, rng(seed)).shape == y.shape for seed in range(6))


def test_a_mix_of_mono_takes_is_stereo_at_the_loudest_take_s_peak():
    takes = [noise(channels=1, seed=seed, level=0.02 * (1 + seed)) for seed in range(3)]
    z = mix(takes[0], takes[1:], sr=SR, rng=rng())
    assert z.shape == (2, takes[0].shape[1])
    assert z.dtype == np.float32
    assert np.abs(z).max() == pytest.approx(max(np.abs(take).max() for take in takes), rel=1e-5)
    assert np.corrcoef(z)[0, 1] < 0.95


def test_a_mix_takes_what_is_shorter_stereo_or_silent():
    y = noise(channels=2)
    z = mix(y, [noise(channels=1, seconds=0.5), np.zeros((1, 100), np.float32)], sr=SR, rng=rng())
    assert z.shape == y.shape
    assert np.isfinite(z).all()
    silent = np.zeros((1, 1000), np.float32)
    assert not mix(silent, [silent], sr=SR, rng=rng()).any()


def test_a_splice_takes_samples_out_of_the_middle_and_touches_nothing_else():
    for seed in range(8):
        y = noise(seconds=1.0)
        z = splice(y, SR, rng(seed))
        gone = y.shape[1] - z.shape[1]
        third = y.shape[1] // 3
        assert 1 <= gone <= 5000
        np.testing.assert_array_equal(z[:, :third], y[:, :third])
        np.testing.assert_array_equal(z[:, -third + 5500 :], y[:, -third + 5500 :])
