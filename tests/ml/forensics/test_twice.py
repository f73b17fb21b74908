"""Layer III over Layer III: the older grid shows in the frames of the newer one, and no cut makes such."""

import numpy as np
import pytest

from ml.encode import decode, encode
from ml.forensics.grid import Grid
from ml.forensics.trial import CLEAR, judge
from ml.forensics.twice import judge_twice
from ml.units import Samples
from tests.coded import coded, search
from tests.signals import SR, music


def heard(y: Samples, *, sr: int) -> Grid:
    searched, noise, _ = search(y, sr=sr, coder="mp3")
    return judge_twice(judge(searched.grids()[0], searched, noise=noise), searched, noise=noise)


def again(y: Samples, *, sr: int, label: str = "mp3-320") -> Samples:
    return decode(encode(y, sr=sr, label=label), depth="16")[0]


def cut(y: Samples) -> Samples:
    """Without a bit of its middle."""
    half = y.shape[1] // 2
    return np.concatenate([y[:, :half], y[:, half + 300 :]], axis=1)


@pytest.mark.parametrize("label", ["mp3-128", "mp3-192"])
def test_a_second_coding_shows_the_first(label: str) -> None:
    y, sr = coded(label, depth="float")
    grid = heard(again(y[:, 700:], sr=sr), sr=sr)
    assert grid.second > CLEAR
    assert grid.twice > 4


@pytest.mark.parametrize("label", ["mp3-128", "mp3-320"])
def test_a_cut_shows_two_grids_but_never_at_once(label: str) -> None:
    y, sr = coded(label)
    grid = heard(cut(y), sr=sr)
    assert grid.second > CLEAR
    assert grid.twice < 3


def test_nor_do_they_after_a_gain() -> None:
    y, sr = coded("mp3-128", depth="float")
    grid = heard(np.round(0.7 * cut(y) * 32768) / np.float32(32768), sr=sr)
    assert grid.second > CLEAR
    assert grid.twice < 3


def test_one_coding_shows_no_second_grid() -> None:
    y, sr = coded("mp3-320")
    assert heard(y, sr=sr).twice < 3


def test_where_no_grid_is_clear_nothing_is_asked() -> None:
    assert np.isnan(heard(music(seconds=3.0), sr=SR).twice)
