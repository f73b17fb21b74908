"""Code lengths are the standards', and the cheapest choice among them is found."""

import numpy as np
import pytest

from ml.forensics.bands import aac, layer3
from ml.forensics.huffman import AAC_FOURS, AAC_PAIRS, COUNT1, LAYER3, NONE
from ml.forensics.spending import aac_bits, layer3_bits

EDGES = layer3(44100)


def granule(*q: int) -> np.ndarray:
    out = np.zeros((1, 576), dtype=np.int32)
    out[0, : len(q)] = q
    return out


def signed(table: np.ndarray, *, base: int) -> float:
    """Sum of 2**-length over all code words, with both signs of each number that has one: 1 for a complete code."""
    digits = np.array(
        np.unravel_index(np.arange(len(table)), (base,) * round(np.log(len(table)) / np.log(base)))
    )
    signs = 2.0 ** (digits > 0).sum(axis=0)
    return float((signs * 2.0 ** -table.astype(float))[table < NONE].sum())


def test_codes_are_complete() -> None:
    """Kraft: a typing error in a length would leave a gap or an overlap."""
    assert [signed(table, base=16) for table in LAYER3] == [1.0] * len(LAYER3)
    assert [signed(table, base=2) for table in COUNT1] == [1.0] * 2
    assert [signed(table, base=3) for table in AAC_FOURS[2:]] == [1.0] * 2
    assert [signed(table, base=17) for table in AAC_PAIRS[2:]] == [1.0] * 5


@pytest.mark.parametrize("table", [*AAC_FOURS[:2], *AAC_PAIRS[:2]], ids=[1, 2, 5, 6])
def test_books_with_signs_are_about_complete(table: np.ndarray) -> None:
    base = 3 if len(table) == 81 else 17
    assert signed(table, base=base) == pytest.approx(1.0, abs=0.03)


def test_nothing_costs_nothing() -> None:
    assert layer3_bits(granule(), EDGES)[0] == 0


def test_lengths_by_hand() -> None:
    """Four ones, as one word of table B (8 bits with signs); a pair (2, 0) in table 6 (5 bits with the sign)."""
    assert layer3_bits(granule(1, 1, 1, 1), EDGES)[0] == 8
    assert layer3_bits(granule(2, 0), EDGES)[0] == 5
    assert (
        layer3_bits(granule(100, 0), EDGES)[0] == 7 + 9 + 0
    )  # (15, 0) in table 24 and on: 9 bits; 85 needs 7 more


def test_a_long_number_pays_only_in_its_own_region() -> None:
    quiet = np.tile([2, 1], 144)
    loud = quiet.copy()
    loud[0] = 1000
    assert layer3_bits(granule(*loud), EDGES)[0] < layer3_bits(granule(*quiet), EDGES)[0] + 60


def test_aac_pays_for_what_is_there() -> None:
    edges = aac(44100)
    still = np.zeros((1, 1024), dtype=np.int32)
    one, far = still.copy(), still.copy()
    one[0, 0] = 1
    far[0, [0, 900]] = 1
    escaped = still.copy()
    escaped[0, 0] = 100
    costs = [int(aac_bits(q, edges)[0]) for q in (still, one, far, escaped)]
    assert costs[0] < costs[1] < costs[2]
    assert costs[3] - costs[1] >= 2 * 6 - 3
