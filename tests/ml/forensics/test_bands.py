"""The bands are those of the standards."""

import numpy as np
import pytest

from ml.forensics import bands
from ml.forensics.transforms import CODERS

RATES = (16000, 22050, 32000, 44100, 48000)


@pytest.mark.parametrize("coder", CODERS)
@pytest.mark.parametrize("sr", RATES)
def test_bands_cover_all_lines_once(coder: str, sr: int) -> None:
    edges = CODERS[coder].bands(sr)
    assert edges.dtype == np.int32
    assert (edges[0], edges[-1]) == (0, CODERS[coder].length)
    assert (np.diff(edges) > 0).all()


@pytest.mark.parametrize(("sr", "last"), [(44100, 418), (48000, 384), (32000, 550)])
def test_layer3_has_21_factors_and_one_band_without(sr: int, last: int) -> None:
    edges = bands.layer3(sr)
    assert len(edges) == 23
    assert edges[-2] == last
    assert (np.diff(edges[:-1], 2) >= -1).all()  # ever wider


@pytest.mark.parametrize(
    ("sr", "n", "some"), [(44100, 49, (928, 1024)), (48000, 49, (928, 1024)), (32000, 51, (992, 1024))]
)
def test_aac_has_as_many_bands_as_the_standard_says(sr: int, n: int, some: tuple[int, int]) -> None:
    edges = bands.aac(sr)
    assert len(edges) == n + 1
    assert tuple(edges[-2:]) == some
    assert edges[:12].tolist() == [0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 48]
    assert {96, 196, 320, 480} <= set(edges.tolist())


def test_even_bands_have_one_width() -> None:
    assert bands.even(20, width=8).tolist() == [0, 8, 16]
    assert np.ptp(np.diff(bands.even(960, width=8))) == 0
