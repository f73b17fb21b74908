"""A cut in coded sound is found where it is; what else happens to coded sound is no cut."""

from functools import cache

import numpy as np
import pytest

from ml.encode import decode, encode, quantise
from ml.features import quality
from ml.forensics import celt
from ml.forensics.edits import TRIED, edits
from ml.forensics.grid import CELT, TRANSFORMS, Search
from ml.forensics.trial import judge
from tests.signals import music, noise

SR = {"mp3": 44100, "aac-kbd": 44100, "opus": 48000}
LABEL = {"mp3": "mp3-192", "aac-kbd": "aac-192", "opus": "opus-128"}
TRANSFORM = {"mp3": TRANSFORMS[0], "aac-kbd": TRANSFORMS[2], "opus": CELT}
SECONDS = 5.0
AT = 2.6


@cache
def coded(coder, *, seed=0):
    y = music(sr=SR[coder], seconds=SECONDS, seed=seed) + noise(sr=SR[coder], seconds=SECONDS, rms=0.003)
    return decode(encode(y, sr=SR[coder], label=LABEL[coder]))[0]


def found(coder, *excerpts, depth="16"):
    """Edits in excerpts (start, y)."""
    steps = [(start, quantise(y, depth=depth) * np.float32(32768)) for start, y in excerpts]
    pieces = [(start, celt.emphasise(y)) for start, y in steps] if coder == "opus" else steps
    search = Search(pieces, sr=SR[coder], transform=TRANSFORM[coder]).more()
    grid = next(grid for grid in search.grids() if grid.coder == coder)
    return edits(
        pieces,
        judge(grid, search, noise=0.3),
        transform=search.transform,
        candidates=search.candidates(coder, TRIED),
        noise=0.3,
    )


def cut(y, *, coder, at=AT, gone=1234):
    first = round(at * SR[coder])
    return np.concatenate([y[:, :first], y[:, first + gone :]], axis=1)


@pytest.mark.parametrize("coder", SR)
def test_a_cut_is_found_where_it_is(coder):
    (edit,) = found(coder, (0, cut(coded(coder), coder=coder)))
    assert edit.start_s == pytest.approx(AT, abs=0.3)
    assert edit.within_s == 0
    assert edit.coder == coder
    assert (edit.offset_before - edit.offset_after - 1234) % TRANSFORM[coder].length == 0


def test_an_insert_is_two_edits():
    y, other = coded("mp3"), coded("mp3", seed=1)
    at, length = 2 * SR["mp3"], 2 * SR["mp3"] + 100
    pasted = np.concatenate([y[:, :at], other[:, 5000 : 5000 + length], y[:, at:]], axis=1)
    first, second = found("mp3", (0, pasted))
    assert (first.start_s, second.start_s) == (pytest.approx(2, abs=0.3), pytest.approx(4, abs=0.3))
    assert first.offset_after == second.offset_before


def test_a_whole_number_of_frames_leaves_no_trace():
    assert found("mp3", (0, cut(coded("mp3"), coder="mp3", gone=4 * 576))) == ()


def test_between_two_excerpts_the_middle_is_said():
    y = cut(coded("aac-kbd"), coder="aac-kbd")
    (edit,) = found("aac-kbd", (0, y[:, :100000]), (140000, y[:, 140000:]))
    assert edit.start_s == pytest.approx(120000 / 44100, abs=0.1)
    assert edit.within_s == pytest.approx(20000 / 44100, abs=0.1)


def test_a_cut_survives_gain_and_dither():
    quieter = cut(coded("mp3"), coder="mp3") * np.float32(0.7)
    y = quantise(quieter, depth="16", dither=np.random.default_rng(0))
    assert len(found("mp3", (0, y))) == 1


def fade(y):
    return y * np.linspace(1, 0, y.shape[1], dtype=np.float32)


def silent_middle(y):
    y = y.copy()
    y[:, 100000:160000] = 0
    return y


def loud_then_quiet(y):
    return y * np.where(np.arange(y.shape[1]) < 120000, 1, 0.02).astype(np.float32)


def noisy_middle(y):
    y = y.copy()
    y[:, 100000:160000] += noise(seconds=60000 / 44100, rms=0.02)
    return y


@pytest.mark.parametrize(
    ("coder", "disturb"),
    [
        *(("mp3", disturb) for disturb in (np.copy, fade, silent_middle, loud_then_quiet)),
        ("aac-kbd", noisy_middle),
        ("opus", silent_middle),
    ],
)
def test_what_is_no_cut_is_none(coder, disturb):
    assert found(coder, (0, disturb(coded(coder)))) == ()


def test_the_same_coder_twice_is_no_cut():
    twice = decode(encode(coded("mp3")[:, 300:], sr=44100, label="mp3-256"))[0]
    assert found("mp3", (0, twice)) == ()


def test_the_measurement_holds_the_edits():
    class Excerpt:
        start = 0
        y = quantise(cut(coded("mp3"), coder="mp3"), depth="16")

    assert [edit.coder for edit in quality.measure([Excerpt()], sr=44100).edits] == ["mp3"]
