"""Sound at another rate: pieces fit together, and samples fall where a coder had them."""

import numpy as np
import pytest

from ml.encode import decode, encode, quantise, resample
from ml.features import quality
from ml.features.quality import Measurement
from ml.features.rates import Pieces, Rates
from ml.forensics.transforms import CODERS
from tests.signals import SR, Samples, music

OTHER = 48000
PIECE = 65536


class Piece:
    def __init__(self, start: int, y: Samples) -> None:
        self.start, self.y = start, y


def at_another_rate(label: str, *, seconds: float = 4.0) -> Samples:
    """Coded at 44.1 kHz, kept at 48."""
    y, sr = decode(encode(music(seconds=seconds), sr=SR, label=label), depth="16")
    return quantise(resample(y, sr=sr, to=OTHER), depth="16")


def measured(*pieces: Piece) -> Measurement:
    return quality.measure(pieces, sr=OTHER, aside=False)


@pytest.mark.parametrize("sr", [48000, 96000, 32000])
def test_pieces_of_a_signal_are_pieces_of_it_at_another_rate(sr: int) -> None:
    y = np.cumsum(np.random.default_rng(1).standard_normal((2, 4 * PIECE)), axis=1).astype(np.float32)
    ((_, whole),) = Rates([(0, y)], sr=sr).at(44100)
    pieces: Pieces = [(at, y[:, at : at + PIECE]) for at in (0, PIECE, 3 * PIECE)]
    for start, piece in Rates(pieces, sr=sr).at(44100):
        inside = slice(2000, piece.shape[1] - 2000)
        there = whole[:, start : start + piece.shape[1]][:, inside]
        np.testing.assert_allclose(piece[:, inside], there, atol=0.05)


def test_a_rate_whose_samples_hardly_ever_meet_is_taken_as_it_comes() -> None:
    y = np.zeros((2, PIECE), dtype=np.float32)
    ((start, x),) = Rates([(PIECE, y)], sr=44101).at(SR)
    assert (start, x.shape[1]) == (PIECE - 2, PIECE - 1)


def test_a_phase_is_a_place_between_two_samples() -> None:
    """A sine of 1 kHz says where it was sampled."""
    y = np.sin(2 * np.pi * 1000 * np.arange(PIECE) / OTHER)[None].repeat(2, axis=0).astype(np.float32)
    rates = Rates([(0, y)], sr=OTHER)
    assert rates.phases(SR) == 160
    for phase in (0, 1, 40, 159):
        rates.settle(SR, phase)
        ((start, x),) = rates.at(SR)
        at = (start + phase / 160 + np.arange(x.shape[1])) / SR
        inside = slice(1000, -1000)
        np.testing.assert_allclose(x[0, inside], np.sin(2 * np.pi * 1000 * at)[inside], atol=1e-4)


def test_a_moment_at_the_end_does_no_harm() -> None:
    y = np.zeros((2, 10), dtype=np.float32)
    ((start, x),) = Rates([(5, y)], sr=OTHER).at(SR)
    assert (start, x.shape) == (147, (2, 0))


def test_a_long_file_from_another_rate_has_one_grid() -> None:
    y = at_another_rate("mp3-128", seconds=8.0)
    pieces = [Piece(at, y[:, at : at + PIECE]) for at in range(0, y.shape[1] - PIECE, 2 * PIECE)]
    found = measured(*pieces).grids["mp3"]
    assert (found.sr, found.offset, found.exact) == (SR, 48, True)
    assert found.lattice > 100


@pytest.mark.parametrize(("label", "coder", "offset"), [("mp3-192", "mp3", 48), ("aac-128", "aac-kbd", 0)])
def test_a_cut_after_a_change_of_rate_hides_nothing(label: str, coder: str, offset: int) -> None:
    """80 samples at 48 kHz are 73.5 at 44.1: the coder's samples lie halfway between those of the file."""
    found = measured(Piece(0, at_another_rate(label)[:, 80:])).grids[coder]
    assert (offset - found.offset) % CODERS[coder].length in (73, 74)
    assert found.exact
    assert found.lattice > 100  # 1 to 8 halfway beside


def test_what_is_faint_at_one_rate_hides_nothing_at_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops make needles; here whatever stands out most at 48 kHz counts as heard."""
    monkeypatch.setattr(quality, "HEARD_FROM", 1.5)
    found = measured(Piece(0, at_another_rate("vorbis-q3"))).grids
    assert max(found.values(), key=lambda grid: grid.height) is found["vorbis"]
    assert found["vorbis"].sr == SR
