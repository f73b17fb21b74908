"""Where sound starts, short blocks show which coder cut it."""

from functools import cache

import numpy as np
import pytest

from ml.encode import Depth, decode, encode, resample
from ml.features.quality import measure
from ml.forensics.grid import Grid
from ml.forensics.start_trial import judge_starts
from ml.forensics.starts import SURE
from ml.forensics.transforms import CODERS
from ml.units import Samples
from tests.coded import at_steps, coded, search
from tests.ml.forensics.test_combing import NOTHING, Piece
from tests.ml.forensics.test_shorts import drums
from tests.ml.forensics.test_trial import MP3
from tests.signals import SR, music, noise, tone

FIRST = {"mp3": MP3, "aac-kbd": 0, "vorbis": 64}
"""Where frames begin."""
HOP = {"mp3": 192, "aac-kbd": 128, "vorbis": 128}
ASKED = tuple(FIRST)


@cache
def struck(label: str, *, channels: int = 2, depth: Depth = "16") -> Samples:
    """Bursts apart from each other, through a coder."""
    y = drums(every_s=0.12 if label.startswith("mp3") else 0.25, seconds=4.0, channels=channels)
    return decode(encode(y, sr=SR, label=label), depth=depth)[0]


def heard(y: Samples, *, coder: str, start: int = 0) -> Grid:
    """What the starts say to a grid that stands nowhere yet; y begins ``start`` samples into the signal."""
    searched, rounding, _ = search(y, sr=SR, coder=coder)
    blank = Grid(coder, SR, 0, 0.0, 0.0, "L", 0, NOTHING, NOTHING)
    steps = at_steps(np.broadcast_to(y, (2, y.shape[1])))
    return judge_starts(blank, searched, [(start, steps)], noise=rounding)


@pytest.mark.parametrize(
    ("label", "channels"),
    [("mp3-192", 2)]
    + [(f"aac-{kbps}", channels) for kbps in (128, 256) for channels in (1, 2)]
    + [(f"vorbis-{q}", channels) for q in ("q3", "q5", "q8") for channels in (1, 2)],
)
def test_starts_show_where_blocks_begin(label: str, channels: int) -> None:
    coder = next(one for one in ASKED if one[:3] == label[:3])
    cut = 123
    grid = heard(struck(label, channels=channels)[:, cut:], coder=coder)
    assert grid.combed >= SURE[coder]
    assert grid.exact
    hop = HOP[coder]
    assert grid.offset % hop == (FIRST[coder] - cut) % hop
    assert grid.offset < CODERS[coder].length


@pytest.mark.parametrize(("label", "coder"), [("mp3-192", "mp3"), ("aac-128", "aac-kbd")])
def test_where_nothing_else_tells_frames_begin_where_decoders_put_them(label: str, coder: str) -> None:
    assert heard(struck(label), coder=coder).offset == FIRST[coder]


@pytest.mark.parametrize(("label", "coder"), [("aac-128", "aac-kbd"), ("vorbis-q5", "vorbis")])
def test_pieces_of_a_long_track_lie_on_one_grid(label: str, coder: str) -> None:
    cut = 5001
    grid = heard(struck(label)[:, cut:], coder=coder, start=cut)
    assert grid.combed >= SURE[coder]
    assert grid.offset % 128 == FIRST[coder] % 128


def test_after_a_gain_layer_3_shows_under_another_law() -> None:
    grid = heard(0.7 * struck("mp3-128", depth="float"), coder="mp3")
    assert grid.combed >= SURE["mp3"]
    assert not grid.exact


@pytest.mark.parametrize("coder", ASKED)
@pytest.mark.parametrize("label", ["mp3-192", "aac-128", "vorbis-q5", "opus-128", "ac3-192"])
def test_no_coder_takes_anothers_starts_for_its_own(label: str, coder: str) -> None:
    if label[:3] != coder[:3]:
        assert np.isnan(heard(struck(label), coder=coder).combed)


@pytest.mark.parametrize("coder", ASKED)
@pytest.mark.parametrize("y", [drums(every_s=0.25, seconds=4.0), drums(), music(), noise()])
@pytest.mark.parametrize("depth", [16, 24])
def test_what_no_coder_touched_says_nothing(y: Samples, depth: int, coder: str) -> None:
    scale = np.float32(2 ** (depth - 1))
    assert np.isnan(heard(np.round(y * scale) / scale, coder=coder).combed)


@pytest.mark.parametrize("coder", ASKED)
@pytest.mark.parametrize("y", [tone(440), np.zeros((2, SR), dtype=np.float32), drums()[:, :900]])
def test_without_starts_there_is_nothing_to_ask(y: Samples, coder: str) -> None:
    assert np.isnan(heard(y, coder=coder).combed)


def test_a_grid_that_stands_higher_stays() -> None:
    y = struck("vorbis-q5")
    searched, rounding, _ = search(y, sr=SR, coder="vorbis")
    high = Grid("vorbis", SR, 7, 900.0, 900.0, "L", 0, NOTHING, NOTHING)
    assert judge_starts(high, searched, [(0, at_steps(y))], noise=rounding) is high


def test_after_a_change_of_rate_they_are_found_at_the_other_one() -> None:
    y = resample(struck("vorbis-q5", depth="float"), sr=SR, to=48000)
    grid = measure([Piece(y)], sr=48000).grids["vorbis"]
    assert grid.height >= SURE["vorbis"]
    assert grid.sr == SR


def test_music_that_is_heard_already_is_not_asked() -> None:
    y, sr = coded("vorbis-q5")
    assert np.isnan(measure([Piece(y)], sr=sr).grids["vorbis"].combed)
