"""What the genre task measures: of the PCM alone, by name, in the order of the spec."""

import numpy as np
import pytest

from ml.decode.blocks import Excerpt
from ml.decode.stretches import Middle, Stretches
from ml.features import genre, network, timbre
from ml.units import Samples
from tests import signals


def stretches(y: Samples, *, sr: int = signals.SR) -> tuple[Excerpt, ...]:
    kept = Stretches(sr=sr)
    kept.add(y)
    return kept.kept()


def measure(y: Samples, *, sr: int = signals.SR) -> genre.Measurement:
    middle = Middle(sr=sr)
    middle.add(y)
    return genre.measure(stretches(y, sr=sr), middle.kept(), sr=sr)


@pytest.fixture(scope="module")
def tune() -> Samples:
    return signals.music(seconds=7.0)


@pytest.fixture(scope="module")
def measured(tune: Samples) -> genre.Measurement:
    return measure(tune)


def test_the_spec_names_what_is_measured(measured: genre.Measurement) -> None:
    spec = genre.spec()
    assert tuple(measured.values) == spec.names
    assert spec.vector(measured.values).shape == (2 * network.UNITS + 57,)
    assert measured.activations.shape == (2, network.UNITS)
    assert measured.starts_s == (0.0, 3.06)


def test_a_moment_leans_on_its_neighbours_and_keeps_the_songs_deviation(measured: genre.Measurement) -> None:
    first, whole = measured.around(0), measured.values
    expected = (2 * measured.activations[0] + measured.activations[1]) / 3
    assert [first[f"mean.{i:03d}"] for i in range(network.UNITS)] == pytest.approx(expected, abs=1e-5)
    assert all(first[name] == whole[name] for name in whole if name.startswith("deviation"))


def test_one_channel_twice_is_one_channel(tune: Samples, measured: genre.Measurement) -> None:
    mono = tune.mean(axis=0, keepdims=True)
    twice = measure(np.repeat(mono, 2, axis=0))
    assert list(twice.values.values()) == pytest.approx(list(measured.values.values()), abs=1e-2)


def test_another_sampling_rate_hears_the_same(measured: genre.Measurement) -> None:
    fine = signals.music(seconds=7.0, sr=48000)
    found = measure(fine, sr=48000)
    assert found.activations.shape == measured.activations.shape


def test_silent_stretches_are_not_heard(tune: Samples, measured: genre.Measurement) -> None:
    late = np.concatenate([np.zeros((2, stretches(tune)[0].y.shape[1]), np.float32), tune], axis=1)
    found = measure(late)
    assert found.starts_s == (3.06, 6.12)
    np.testing.assert_allclose(found.activations, measured.activations, atol=1e-3)


def test_a_second_goes_round() -> None:
    assert measure(signals.music(seconds=1.0)).activations.shape[0] == 1


def test_sizes_are_kept_as_logarithms(tune: Samples, measured: genre.Measurement) -> None:
    plain = timbre.measure(tune, sr=signals.SR)
    assert measured.values["timbre.mfcc2_mean"] == pytest.approx(plain["mfcc2_mean"], rel=1e-3)
    assert np.exp(measured.values["timbre.rolloff_var"]) == pytest.approx(plain["rolloff_var"], rel=1e-3)


@pytest.mark.parametrize("db", [-40, -34, -12, -1])
def test_a_song_turned_down_is_the_same_song(tune: Samples, measured: genre.Measurement, db: float) -> None:
    soft = measure(tune * np.float32(10 ** (db / 20)))
    np.testing.assert_allclose(soft.activations, measured.activations, atol=1e-3)
    assert list(soft.values.values()) == pytest.approx(list(measured.values.values()), abs=1e-3)


def test_a_hiss_before_the_song_says_little(tune: Samples, measured: genre.Measurement) -> None:
    n = stretches(tune)[0].y.shape[1]
    hiss = signals.noise(seconds=4.0, rms=0.002)[:, :n]
    found = measure(np.concatenate([hiss, tune], axis=1))
    assert len(found.activations) == 3
    alike = np.abs(found.activations.mean(axis=0) - measured.activations.mean(axis=0)).max()
    song, before = ([one.values[f"mean.{i:03d}"] for i in range(network.UNITS)] for one in (found, measured))
    assert np.abs(np.subtract(song, before)).max() < alike / 4


def test_what_is_quiet_in_a_song_is_heard_quietly(tune: Samples, measured: genre.Measurement) -> None:
    half = tune.copy()
    half[:, : stretches(tune)[0].y.shape[1]] *= np.float32(0.1)
    found = measure(half)
    np.testing.assert_allclose(found.activations[1], measured.activations[1], atol=0.3)
    assert np.abs(found.activations[0] - measured.activations[0]).max() > 1.0
