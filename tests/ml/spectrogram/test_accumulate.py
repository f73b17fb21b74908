"""Known sounds stand where they must, at the level they have, whatever the length."""

import numpy as np
import pytest

from ml.decode.blocks import blocks
from ml.spectrogram.accumulate import MOST_COLUMNS, Accumulator, Spectrogram, _columns, look_up, to_levels
from tests import signals


def measured(y: signals.Samples, *, sr: int = signals.SR, size: int = 65536) -> Spectrogram:
    accumulator = Accumulator(sr=sr)
    for block in blocks([y], size=size):
        accumulator.add(block)
    return accumulator.finish()


@pytest.mark.parametrize("db", [0, -20, -60, -100])
@pytest.mark.parametrize("hz", [1000, 9000, 16000])
def test_a_sine_has_its_level_at_its_frequency(db: float, hz: float) -> None:
    found = measured(signals.tone(hz, amplitude=10 ** (db / 20), seconds=3))
    row = round(hz / found.hz_per_row)
    inside = found.of("L")[:, 3:-4].astype(int)
    assert (inside.argmax(axis=0) == row).all()
    assert np.abs(inside[row] - (240 + 2 * db)).max() <= 3  # 1.4 dB: the window's scallop


def test_one_octave_is_one_octave() -> None:
    found = measured(signals.chirp(100, 20000, seconds=4))
    peaks = found.of("L")[:, 5:-8].argmax(axis=0) * found.hz_per_row
    hop = 4.0 / found.levels.shape[2]
    times = (np.arange(5, 5 + len(peaks))) * hop
    expected = 100 + 19900 * times / 4.0
    assert np.abs(peaks - expected).max() < 400


def test_a_brick_wall_is_where_it_is() -> None:
    found = measured(signals.brick_wall(16000))
    frequencies = np.arange(found.levels.shape[1]) * found.hz_per_row
    middle = found.of("L")[:, 5:-8].mean(axis=1)
    assert middle[frequencies < 15900].min() - middle[frequencies > 16100].max() > 60


def test_mid_and_side() -> None:
    same = measured(signals.tone(1000, channels=2))
    row = round(1000 / same.hz_per_row)
    assert np.array_equal(same.of("M"), same.of("L"))
    assert same.of("S").max() == 0
    opposite = measured(signals.tone(1000, channels=2) * np.array([[1], [-1]], np.float32))
    assert opposite.of("M").max() == 0
    assert np.array_equal(opposite.of("S")[row], opposite.of("L")[row])
    y = np.concatenate([signals.tone(1000, amplitude=1), signals.silence(channels=1)])
    left_only = measured(y)
    inside = slice(3, -4)
    assert np.abs(left_only.of("L")[row, inside].astype(int) - left_only.of("S")[row, inside] - 12).max() <= 1


@pytest.mark.parametrize("seconds", [1, 30, 100, 500])
def test_the_columns_are_few_and_fill_the_time(seconds: int) -> None:
    sr = 8000
    y = signals.silence(sr=sr, seconds=seconds, channels=1)
    y[0, -sr // 4 :] = signals.tone(1000, sr=sr, seconds=0.25)
    found = measured(y, sr=sr)
    columns = found.levels.shape[2]
    assert columns <= MOST_COLUMNS
    assert found.duration_s == seconds
    row = round(1000 / found.hz_per_row)
    loud = np.flatnonzero(found.of("L")[row] > 180)
    assert loud[0] / columns == pytest.approx(1 - 0.25 / seconds, abs=0.3 / seconds + 2 / columns)


def test_how_it_was_cut_into_blocks_does_not_matter() -> None:
    y = signals.noise(seconds=9)
    assert np.array_equal(measured(y).levels, measured(y, size=10_000).levels)


def test_long_stereo_averages_evenly() -> None:
    """Noise has one level and one grain, in the first half and in the second."""
    found = measured(signals.noise(sr=8000, seconds=900, channels=1), sr=8000)
    halves = np.array_split(found.of("L")[10:-10].astype(float), 2, axis=1)
    assert halves[0].mean() == pytest.approx(halves[1][:, :-4].mean(), abs=0.5)
    assert halves[0].std() == pytest.approx(halves[1][:, :-4].std(), rel=0.1)


@pytest.mark.parametrize(("sr", "top"), [(8000, 4000), (44100, 22050), (96000, 24000), (192000, 24000)])
def test_to_nyquist_or_24_khz(sr: int, top: float) -> None:
    found = measured(signals.noise(sr=sr, channels=1, seconds=1), sr=sr)
    assert float(found.max_hz) == pytest.approx(top, abs=25)
    assert 900 < found.levels.shape[1] < 1300


def test_levels_that_are_looked_up_are_those_that_are_computed() -> None:
    """At every float beside an edge between two levels, and at floats all over the range."""
    bits = np.arange(0, np.float32(np.inf).view(np.int32), 997, dtype=np.int32)
    levels = to_levels(bits.view(np.float32))
    low, high = (bits[np.flatnonzero(np.diff(levels)) + side] for side in (0, 1))
    assert len(low) == 255
    for _ in range(10):
        middle = low + ((high - low) >> 1)
        above = to_levels(middle.view(np.float32)) > to_levels(low.view(np.float32))
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    power = np.concatenate([bits, low, high]).view(np.float32)
    np.testing.assert_array_equal(look_up(power), to_levels(power))


def test_two_frames_that_share_a_column_are_averaged_in_power() -> None:
    frames = np.zeros((2 * MOST_COLUMNS - 1, 1, 1), dtype=np.uint8)
    frames[::2] = 200
    columns = _columns(frames)
    assert len(columns) == MOST_COLUMNS
    assert set(columns[:-1].ravel()) == {194}  # 3 dB less
    assert columns[-1] == 200  # alone
