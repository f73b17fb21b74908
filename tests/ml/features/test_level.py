"""How loud a song was recorded leaves no trace in what is measured."""

import numpy as np
import pytest

from ml.features import timbre
from ml.features.level import LEVEL, gain, levelled, loudness, without_quiet_ends
from tests import signals


def test_the_loud_windows_are_brought_to_the_level() -> None:
    windows = signals.noise(channels=4, rms=0.1) * np.array([[1.0], [0.8], [0.1], [0.01]], dtype=np.float32)
    loud = loudness(windows * gain(loudness(windows)))
    assert np.sqrt(np.square(loud[:2]).mean()) == pytest.approx(LEVEL, rel=1e-4)
    assert loud[2] == pytest.approx(loud[0] / 10, rel=0.05), "quiet ones stay as quiet beside them"


def test_silence_stays_silence() -> None:
    assert gain(np.zeros(3, dtype=np.float32)) == 1.0
    silent = timbre.measure(signals.silence(channels=1), sr=signals.SR)
    assert levelled(silent) == silent


@pytest.mark.parametrize("db", [-20, -6, 6])
def test_levelled_numbers_are_those_of_levelled_sound(db: float) -> None:
    y = signals.music(seconds=3.0, channels=1)
    found, louder = (
        levelled(timbre.measure(g * y, sr=signals.SR)) for g in (1.0, np.float32(10 ** (db / 20)))
    )
    assert list(louder.values()) == pytest.approx(list(found.values()), rel=1e-3, abs=1e-6)
    at_level = y * gain(loudness(y))
    plain = timbre.measure(at_level, sr=signals.SR)
    assert found["mfcc1_mean"] == pytest.approx(
        plain["mfcc1_mean"], abs=2.0
    )  # frames overlap, and the ends count less
    assert found["rms_mean"] == pytest.approx(plain["rms_mean"], rel=0.02)


@pytest.mark.parametrize("rms", [0.0, 0.003])
def test_what_is_no_music_yet_is_left_out(rms: float) -> None:
    tune = signals.music(seconds=4.0, channels=1)
    hiss = signals.noise(seconds=2.0, rms=rms, channels=1)
    found = without_quiet_ends(np.concatenate([hiss, tune, hiss], axis=1), sr=signals.SR)
    np.testing.assert_array_equal(found, tune)
    between = np.concatenate([tune, hiss, tune], axis=1)
    assert without_quiet_ends(between, sr=signals.SR).shape == between.shape


def test_of_what_is_short_or_silent_all_is_left() -> None:
    click = signals.silence(seconds=3.0, channels=1).copy()
    click[0, 50000] = 0.5
    for y in (click, signals.silence(seconds=3.0, channels=1), signals.noise(seconds=0.3, channels=1)):
        assert without_quiet_ends(y, sr=signals.SR).shape == y.shape
