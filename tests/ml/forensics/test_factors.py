"""Scale factors cost what the standard says, and its table for the treble is recognised."""

import numpy as np
import pytest

from ml.forensics.factors import LENGTHS, TREBLE, Factors, factors


def sent(finer: list[float] | np.ndarray) -> Factors:
    """One granule of one channel; how much finer each band of 21 is than the last one, in half octaves."""
    steps = 8.0 - np.append(np.asarray(finer, dtype=np.float32), 0) / 2
    return factors(steps[None, None].astype(np.float32))


def test_every_pair_of_lengths_is_there_once() -> None:
    assert LENGTHS.shape == (16, 2)
    assert len(np.unique(LENGTHS, axis=0)) == 16


@pytest.mark.parametrize(
    ("low", "high", "bits"), [(0, 0, 0), (1, 0, 21), (5, 0, 33), (3, 5, 52), (15, 7, 74), (9, 1, 64)]
)
def test_the_shortest_pair_that_holds_them(low: int, high: int, bits: int) -> None:
    """11 lower bands and 10 upper ones; (1, 0) is no pair, (0, 0) and (3, 0) are."""
    assert sent([low] + [0] * 10 + [high] + [0] * 9).bits[0, 0] == bits


def test_whole_octaves_are_counted_as_such() -> None:
    assert sent([6] * 11 + [6] * 10).bits == sent([3] * 11 + [3] * 10).bits
    assert sent([6] * 21).coarse == 1
    assert sent([6, 3] + [6] * 19).coarse == 0
    assert np.isnan(sent([0] * 21).coarse)


def test_the_treble_of_vbr() -> None:
    over = sent(TREBLE + 1)
    assert over.raised == 1
    assert over.bits == sent([1] * 21).bits
    assert sent([1] * 21).raised == 0


def test_what_is_not_known_says_nothing() -> None:
    steps = np.full((1, 1, 22), np.nan, dtype=np.float32)
    steps[..., :4] = 3
    one = factors(steps)
    assert one.bits == 0
    assert np.isnan(one.raised)
    assert np.isnan(one.coarse)


def test_short_blocks_have_factors_too() -> None:
    steps = np.full((1, 1, 39), 5, dtype=np.float32)
    steps[..., 0] = 4.5
    assert factors(steps).bits == 18 + 18
