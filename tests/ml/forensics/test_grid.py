"""A coder's frame grid is found where the coder put it, and nowhere else."""

import numpy as np
import pytest

from ml.encode import decode, encode, quantise
from ml.features.quality import measure, silent
from tests.signals import brick_wall, music

SR = 44100


class Excerpt:
    def __init__(self, y, start=0):
        self.y, self.start = np.ascontiguousarray(y, dtype=np.float32), start


def grids(y, *, sr=SR, start=0):
    return measure([Excerpt(y, start)], sr=sr).grids


def coded(label, *, seconds=5.0, depth="16"):
    return decode(encode(music(seconds=seconds), sr=SR, label=label), depth=depth)


GRID_OF = {
    "mp3-128": "mp3",
    "mp3-192": "mp3",
    "mp3-256": "mp3",
    "aac-128": "aac-kbd",
    "aac-256": "aac-kbd",
    "vorbis-q5": "vorbis",
    "opus-128": "opus",
    "ac3-192": "ac3",
    "wma-192": "wma",
    "mp2-256": "mp2",
}


@pytest.mark.slow
@pytest.mark.parametrize("label", GRID_OF)
def test_each_coder_is_heard_by_its_own_test(label):
    y, sr = coded(label)
    found = grids(y, sr=sr)
    assert max(found.values(), key=lambda g: g.confirmed).coder == GRID_OF[label]
    assert not silent(found)


def test_nothing_is_heard_where_nothing_was_coded():
    assert silent(grids(music(seconds=6.0)))


@pytest.mark.slow
@pytest.mark.parametrize("cutoff", [11000, 16000, 19000])
def test_a_low_pass_alone_is_no_grid(cutoff):
    assert silent(grids(quantise(brick_wall(cutoff, seconds=5.0), depth="16")))


@pytest.mark.slow
@pytest.mark.parametrize("shift", [1, 100, 575])
def test_offset_moves_with_the_start(shift):
    """Cutting samples from the start moves the grid by as many, modulo the frame."""
    y, _ = coded("mp3-128")
    before, after = grids(y)["mp3"], grids(y[:, shift:])["mp3"]
    assert (before.offset - shift) % 576 == after.offset


def test_offset_counts_from_the_start_of_the_track():
    """Only a later part is looked at, but it is known where it began."""
    y, _ = coded("aac-128")
    whole, part = grids(y)["aac-kbd"], grids(y[:, 30000:], start=30000)["aac-kbd"]
    assert whole.offset == part.offset


def test_gain_does_not_hide_a_grid():
    y, _ = coded("mp3-192", depth="float")
    assert grids(y * np.float32(0.5))["mp3"].confirmed > 10


@pytest.mark.slow
def test_a_grid_is_found_after_resampling():
    from ml.encode import resample

    y, sr = coded("mp3-128", depth="float")
    found = grids(resample(y, sr=sr, to=48000), sr=48000)["mp3"]
    assert found.sr == 44100
    assert found.confirmed > 5


def test_two_generations_leave_two_grids():
    y, sr = coded("mp3-128")
    twice, sr = decode(encode(y, sr=sr, label="aac-256"), depth="16")
    found = grids(twice, sr=sr)
    assert found["mp3"].confirmed > 6
    assert found["aac-kbd"].confirmed > 6


@pytest.mark.slow
def test_one_loud_click_is_not_confirmed():
    """It is in one half of the frames only."""
    y = music(seconds=5.0)
    y[:, 100000:100003] = 0.9
    assert silent(grids(y))
