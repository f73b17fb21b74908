"""A few seconds here and there, the same whatever sizes the signal came in."""

import numpy as np
import pytest

from ml.decode.stretches import MIDDLE_SECONDS, MOST_STRETCHES, SECONDS, Middle, Stretches
from ml.units import Samples

SR = 1000
LENGTH = round(SECONDS * SR)


def ramp(n: int) -> Samples:
    """Each sample tells where it is; the right channel is one more."""
    return np.stack([np.arange(n), np.arange(n) + 2]).astype(np.float32)


def kept(y: Samples, *, size: int) -> list[tuple[int, int]]:
    stretches = Stretches(sr=SR)
    for at in range(0, y.shape[1], size):
        stretches.add(y[:, at : at + size])
    found = stretches.kept()
    for one in found:
        expected = np.arange(one.start, one.start + one.y.shape[1]) + 1.0  # the mean of both channels
        np.testing.assert_array_equal(one.y[0], expected)
    return [(one.start, one.y.shape[1]) for one in found]


@pytest.mark.parametrize("n", [LENGTH, 9 * LENGTH + 17, 25 * LENGTH, 240 * SR, 3600 * SR])
def test_whole_stretches_evenly_spread_over_the_signal(n: int) -> None:
    found = kept(ramp(n), size=65536)
    starts, lengths = zip(*found, strict=True)
    assert set(lengths) == {LENGTH}
    assert len(set(np.diff(starts))) <= 1
    assert min(n // LENGTH, MOST_STRETCHES // 2) <= len(found) <= MOST_STRETCHES
    assert starts[-1] + LENGTH > n - 2 * (starts[1] if len(starts) > 1 else LENGTH)


def test_four_minutes_are_twenty_stretches() -> None:
    assert len(kept(ramp(240 * SR), size=4096)) == 20


@pytest.mark.parametrize("n", [700, LENGTH - 1, 5 * LENGTH + 1, 100 * LENGTH])
def test_sizes_of_blocks_leave_no_trace(n: int) -> None:
    assert kept(ramp(n), size=997) == kept(ramp(n), size=65536) == kept(ramp(n), size=n)


def test_of_less_than_a_stretch_all_is_kept() -> None:
    assert kept(ramp(700), size=64) == [(0, 700)]


@pytest.mark.parametrize("seconds", [1, 29, 30, 45, 61, 100, 240, 3600])
def test_half_a_minute_somewhere_in_the_middle(seconds: int) -> None:
    middle, y = Middle(sr=SR), ramp(seconds * SR)
    for at in range(0, y.shape[1], 65536):
        middle.add(y[:, at : at + 65536])
    found = middle.kept()
    assert found.y.shape[1] == min(seconds, MIDDLE_SECONDS) * SR
    np.testing.assert_array_equal(found.y[0], np.arange(found.start, found.start + found.y.shape[1]) + 1.0)
    if seconds >= 3 * MIDDLE_SECONDS:
        assert 0.2 * seconds < found.start / SR < 0.92 * seconds - MIDDLE_SECONDS
