"""Where a coder cut everything into short blocks, these are what the grid is found by."""

from functools import cache

import numpy as np
import pytest

from ml.encode import Depth, decode, encode
from ml.features.quality import measure
from ml.forensics import hybrid, shorts
from ml.forensics.blocks import Frames
from ml.forensics.shorts import LENGTH, judge_shorts
from ml.forensics.trial import HEARD
from ml.units import Samples
from tests.coded import at_steps, search
from tests.ml.forensics.test_combing import Piece
from tests.ml.forensics.test_trial import MP3
from tests.signals import SR, music, noise, silence


@cache
def drums(*, channels: int = 2, every_s: float = 0.012, seconds: float = 3.0) -> Samples:
    """Bursts of noise, so close together that no long block is without one."""
    rng = np.random.default_rng(1)
    y = np.zeros((channels, round(seconds * SR)), dtype=np.float32)
    decay = np.exp(-np.arange(SR // 10) / 60)
    at = 0
    while at < y.shape[1] - len(decay):
        y[:, at : at + len(decay)] += (
            decay * rng.standard_normal((channels, len(decay))) * rng.uniform(0.2, 0.5)
        )
        at += round(every_s * SR * rng.uniform(0.6, 1.4))
    return np.clip(y, -1, 1)


def coded(label: str, *, channels: int, depth: Depth = "16") -> Samples:
    return decode(encode(drums(channels=channels), sr=SR, label=label), depth=depth)[0]


def heard(y: Samples, *, mp2: bool = False) -> tuple[float, int]:
    """Height of the short blocks' lattice, and the grid's offset."""
    searched, rounding, _ = search(y, sr=SR, coder="mp3")
    (blank,) = searched.grids()
    grid = judge_shorts(blank, searched, noise=rounding, mp2=mp2)
    return grid.combed, grid.offset


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("label", ["mp3-128", "mp3-192", "mp3-320"])
def test_drums_show_where_their_blocks_begin(label: str, channels: int) -> None:
    cut = 123
    height, offset = heard(coded(label, channels=channels)[:, cut:])
    assert height > 20
    assert offset % LENGTH == (MP3 - cut) % LENGTH


def test_where_nothing_else_tells_the_granule_begins_where_decoders_put_it() -> None:
    assert heard(coded("mp3-192", channels=1))[1] == MP3


def test_after_a_gain_the_steps_are_others_and_the_blocks_the_same() -> None:
    height, offset = heard(0.7 * coded("mp3-192", channels=1, depth="float"))
    assert height > 20
    assert offset % LENGTH == MP3 % LENGTH


@pytest.mark.parametrize("channels", [1, 2])
def test_mp2_rounds_every_block_alike_and_mp3_one(channels: int) -> None:
    mp2, _ = decode(encode(music(seconds=3.0, channels=2), sr=SR, label="mp2-256"), depth="16")
    assert heard(mp2)[0] > HEARD
    assert heard(mp2, mp2=True)[0] < HEARD
    assert heard(coded("mp3-192", channels=channels), mp2=True)[0] > 20


def test_of_mp2_no_grid_of_mp3_is_told() -> None:
    y, _ = decode(encode(music(seconds=3.0), sr=SR, label="mp2-256"), depth="16")
    found = measure([Piece(y)], sr=SR).grids
    assert found["mp2"].height > 2 * found["mp3"].height


@pytest.mark.parametrize("y", [drums(), drums(channels=1), drums(every_s=0.05), music(), noise()])
def test_what_no_coder_touched_stays_low(y: Samples) -> None:
    assert heard(np.round(y * 32768) / np.float32(32768))[0] < HEARD


def test_long_blocks_are_no_short_ones() -> None:
    y, _ = decode(encode(music(seconds=3.0), sr=SR, label="mp3-192"), depth="16")
    assert heard(y)[0] < HEARD


def test_silence_has_no_blocks() -> None:
    searched, rounding, _ = search(silence(seconds=2.0), sr=SR, coder="mp3")
    (drummed,) = search(drums(), sr=SR, coder="mp3")[0].grids()
    assert judge_shorts(drummed, searched, noise=rounding) is drummed


def test_the_lines_are_those_of_the_frames() -> None:
    """The first block of a granule begins one LENGTH behind the granule."""
    x = at_steps(noise(seconds=0.1, channels=1))[0]
    lines = shorts._at_all_offsets(x[: hybrid.REACH])
    for begin in (0, 5, 191):
        one = Frames(x[begin:], coder="mp3", sr=SR).lines("short", np.array([0]))[0]
        # band by band, then block by block: four lines of three blocks first
        np.testing.assert_allclose(one[:4], lines[:4, begin + LENGTH], atol=1e-2)
        np.testing.assert_allclose(one[4:8], lines[:4, begin + 2 * LENGTH], atol=1e-2)


def test_the_bitrate_is_read_from_them() -> None:
    values = measure([Piece(coded("mp3-160", channels=1, depth="float"))], sr=SR).values
    assert values["mp3.combed"] > 20
    assert values["mp3.rounding.short"] > 0.9
    assert values["mp3.rounding.kbps"] == pytest.approx(160, rel=0.15)


def test_where_a_coder_is_heard_clearly_nobody_asks() -> None:
    y, _ = decode(encode(music(seconds=3.0), sr=SR, label="mp3-128"), depth="16")
    assert np.isnan(measure([Piece(y)], sr=SR).values["mp3.combed"])
