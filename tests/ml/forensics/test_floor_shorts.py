"""Where sound starts, Vorbis' short blocks show its floors."""

from functools import cache

import numpy as np
import pytest

from ml.encode import Depth, decode, encode, resample
from ml.features.quality import measure
from ml.forensics.floor_shorts import HOP, SURE, judge_floor_shorts
from ml.forensics.grid import Grid
from ml.forensics.transforms import CANONICAL
from ml.units import Samples
from tests.coded import at_steps, coded
from tests.ml.forensics.test_combing import NOTHING, Piece
from tests.ml.forensics.test_shorts import drums
from tests.signals import SR, music, noise, tone

PLACE = CANONICAL["vorbis"][0] % HOP


@cache
def struck(label: str, *, channels: int = 2, depth: Depth = "16") -> Samples:
    """A burst every quarter of a second, through a coder."""
    y = drums(every_s=0.25, seconds=4.0, channels=channels)
    return decode(encode(y, sr=SR, label=label), depth=depth)[0]


def heard(y: Samples, *, start: int = 0, rounding: float = 0.3) -> Grid:
    """What the starts say to a grid that stands nowhere yet; y begins ``start`` samples into the signal."""
    blank = Grid("vorbis", SR, 0, 0.0, 0.0, "left", 0, NOTHING, NOTHING)
    steps = at_steps(np.broadcast_to(y, (2, y.shape[1])))
    return judge_floor_shorts(blank, [(start, steps)], noise=rounding)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("label", ["vorbis-q3", "vorbis-q5", "vorbis-q8"])
def test_starts_show_where_short_blocks_begin(label: str, channels: int) -> None:
    cut = 123
    grid = heard(struck(label, channels=channels)[:, cut:])
    assert grid.combed >= SURE
    assert grid.offset == (PLACE - cut) % HOP


def test_pieces_of_a_long_track_lie_on_one_grid() -> None:
    cut = 5001
    grid = heard(struck("vorbis-q5")[:, cut:], start=cut)
    assert grid.combed >= SURE
    assert grid.offset == PLACE


@pytest.mark.parametrize("label", ["mp3-192", "aac-128", "opus-128", "ac3-192"])
def test_other_coders_draw_no_floors(label: str) -> None:
    assert np.isnan(heard(struck(label)).combed)


@pytest.mark.parametrize("y", [drums(every_s=0.25, seconds=4.0), drums(), music(), noise()])
@pytest.mark.parametrize("depth", [16, 24])
def test_what_no_coder_touched_says_nothing(y: Samples, depth: int) -> None:
    scale = np.float32(2 ** (depth - 1))
    assert np.isnan(heard(np.round(y * scale) / scale, rounding=0.3 if depth == 16 else 0.1).combed)


@pytest.mark.parametrize("y", [tone(440), np.zeros((2, SR), dtype=np.float32), drums()[:, :900]])
def test_without_starts_there_is_nothing_to_ask(y: Samples) -> None:
    assert np.isnan(heard(y).combed)


def test_a_grid_that_stands_higher_stays() -> None:
    y = at_steps(struck("vorbis-q5"))
    high = Grid("vorbis", SR, 7, 900.0, 900.0, "left", 0, NOTHING, NOTHING)
    assert judge_floor_shorts(high, [(0, y)], noise=0.3) is high


def test_after_a_change_of_rate_they_are_found_at_the_other_one() -> None:
    y = resample(struck("vorbis-q5", depth="float"), sr=SR, to=48000)
    grid = measure([Piece(y)], sr=48000).grids["vorbis"]
    assert grid.height >= SURE
    assert grid.sr == SR


def test_music_that_is_heard_already_is_not_asked() -> None:
    y, sr = coded("vorbis-q5")
    assert np.isnan(measure([Piece(y)], sr=sr).grids["vorbis"].combed)
