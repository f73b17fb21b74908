"""Where the search hears nothing, every offset is tried."""

import numpy as np
import pytest

from ml.features.quality import measure
from ml.forensics.combing import EVERYWHERE, LIKELY, judge_combing
from ml.forensics.grid import Grid, Search
from ml.forensics.transforms import CODERS
from tests.coded import coded, search
from tests.ml.forensics.test_trial import MP3
from tests.signals import SR, music, noise, silence

NOTHING = np.zeros((4, 7), dtype=np.float32)


def combed(y: np.ndarray, *, sr: int, coder: str) -> Grid:
    searched, rounding, sr = search(y, sr=sr, coder=coder)
    blank = Grid(coder, sr, 0, 0.0, 0.0, "left", 0, NOTHING, NOTHING)
    return judge_combing(blank, searched, noise=rounding)


@pytest.mark.parametrize(("label", "coder", "first"), [("mp3-320", "mp3", MP3), ("aac-320", "aac-kbd", 0)])
@pytest.mark.parametrize("channels", ["stereo", "mono"])
def test_the_true_offset_need_not_be_likely(
    label: str, coder: str, first: int, channels: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Search, "candidates", lambda self, coder, n: [])
    y, sr = coded(label, channels=channels)
    cut = 123
    grid = combed(y[:, cut:], sr=sr, coder=coder)
    assert grid.combed > 8
    assert grid.offset == (first - cut) % CODERS[coder].length


@pytest.mark.parametrize("coder", ["mp3", "aac-kbd", "vorbis", "opus", "ac3"])
@pytest.mark.parametrize("kind", ["music", "noise"])
def test_what_no_coder_touched_stays_low(coder: str, kind: str) -> None:
    y = {"music": music, "noise": noise}[kind](seconds=3.0)
    assert combed(np.round(y * 32768) / np.float32(32768), sr=SR, coder=coder).combed < 3.5


@pytest.mark.parametrize("coder", ["mp2", "wma", "aac-sine"])
def test_other_coders_are_left_alone(coder: str) -> None:
    y, sr = coded("mp3-320")
    assert np.isnan(combed(y, sr=sr, coder=coder).combed)


def test_silence_has_nothing_to_comb() -> None:
    assert np.isnan(combed(silence(seconds=2.0), sr=SR, coder="mp3").combed)


class Piece:
    start = 0

    def __init__(self, y: np.ndarray) -> None:
        self.y = y


def test_it_is_the_last_resort() -> None:
    """Where a coder is heard nothing is combed; where none is, all that have a law are."""
    y, sr = coded("mp3-128")
    assert np.isnan(measure([Piece(y)], sr=sr).values["mp3.combed"])
    values = measure([Piece(music(seconds=3.0))], sr=SR).values
    assert np.isfinite(values["mp3.patient"])
    assert all(np.isfinite(values[f"{coder}.combed"]) for coder in (*EVERYWHERE, *LIKELY))
