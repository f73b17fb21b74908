"""Floors and residues that are known: drawn by hand, and real Vorbis files."""

from functools import cache

import numpy as np
import pytest

from ml.forensics.floor import FULL_SCALE, OCTAVES, POSTS, fit
from ml.forensics.floor_trial import judge_floors
from ml.forensics.grid import Grid
from ml.forensics.residue import STATISTICS, TOTALS, blocks, describe, gain, phases
from ml.forensics.trial import FRAMES
from tests.coded import coded, search
from tests.signals import SR, music

POST_ENTRIES = np.interp(POSTS, (18, 300, 1024), (170, 120, 100)).astype(int)


def drawn() -> np.ndarray:
    """log2 of a floor through POST_ENTRIES, by the specification's own line drawing, shape (1024,)."""
    steps = np.full(1024, np.nan)
    for post in range(len(POSTS) - 1):
        (x0, x1), (y0, y1) = POSTS[post : post + 2], POST_ENTRIES[post : post + 2]
        for x in range(x0, x1):
            entry = y0 + int((y1 - y0) * (x - x0) / (x1 - x0))  # rounds towards the start
            steps[x] = FULL_SCALE + (entry - 255) * OCTAVES
    return steps


def spectrum(*, noise: float, factor: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Lines that are whole multiples of that floor, and the multiples, both of shape (1, 1024)."""
    rng = np.random.default_rng(1)
    q = rng.geometric(0.35, 1024) - 1
    lines = q * np.nan_to_num(np.exp2(drawn())) * factor + noise * rng.standard_normal(1024)
    return np.abs(lines).astype(np.float32)[None], q[None]


def test_a_floor_is_found_line_by_line() -> None:
    lines, q = spectrum(noise=0.1)
    steps, evidence = fit(lines, noise=0.1, phase=0.0, tolerance=0.003, most=60)
    assert np.isnan(steps[0, : POSTS[0]]).all()
    inside = slice(POSTS[8], POSTS[-2])  # pieces of few lines are sometimes wrong
    assert (np.abs(steps[0] - drawn())[inside] < 0.01).mean() > 0.9
    assert (np.rint(lines / np.exp2(steps)) == q)[0, inside].mean() > 0.98
    assert evidence[0, inside].mean() > 1.5


def test_lines_of_no_coder_lie_on_no_floor() -> None:
    lines = np.abs(np.random.default_rng(2).standard_normal((4, 1024)) * 200).astype(np.float32)
    _, evidence = fit(lines, noise=0.3, phase=0.0, tolerance=0.003, most=60)
    assert np.clip(evidence, -1, 3).mean() < 0.2


@pytest.mark.parametrize("entries", [-0.4, 0.0, 0.3])
def test_a_gain_is_read_within_an_entry(entries: float) -> None:
    lines, _ = spectrum(noise=0.1, factor=2 ** (entries * OCTAVES))
    assert gain(lines, noise=0.1) / OCTAVES == pytest.approx(entries, abs=0.03)


@cache
def found(label: str) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    y, sr = coded(label)
    searched, noise, _ = search(y, sr=sr, coder="vorbis")
    one = describe(searched.regions(FRAMES), offset=64, sr=sr, noise=noise)
    return dict(zip(STATISTICS, one.bands.T, strict=True)), dict(zip(TOTALS, one.totals, strict=True))


def test_numbers_rise_with_the_quality() -> None:
    (low, low_all), (high, high_all) = found("vorbis-q3"), found("vorbis-q8")
    assert low_all["evidence"] > 1
    assert high_all["evidence"] > 0.5
    assert high_all["kbps_p50"] > 1.3 * low_all["kbps_p50"]
    assert (high["size"] > low["size"])[1:5].all()


def test_the_lowest_quality_ends_at_its_low_pass() -> None:
    """libvorbis codes nothing over 17.2 kHz at quality 3."""
    assert found("vorbis-q3")[1]["end_khz"] < 17.4


def test_blocks_are_taken_where_they_begin() -> None:
    y, sr = coded("vorbis-q5")
    searched, noise, _ = search(y, sr=sr, coder="vorbis")
    right, wrong = (
        blocks(searched.regions(12), offsets=phases(at), noise=noise)[:4, :, 100:600] for at in (64, 97)
    )
    assert (right < 3 * noise).mean() > 1.2 * (wrong < 3 * noise).mean()


def trial(y: np.ndarray, *, sr: int) -> Grid:
    searched, noise, _ = search(y, sr=sr, coder="vorbis")
    grid = next(grid for grid in searched.grids() if grid.coder == "vorbis")
    return judge_floors(grid, searched, noise=noise)


def test_floors_stand_out_at_a_high_quality() -> None:
    y, sr = coded("vorbis-q8")
    grid = trial(y, sr=sr)
    assert grid.lattice > 10
    assert grid.exact
    assert grid.offset % 128 == 64


@pytest.mark.parametrize("label", ["lossless", "aac-256", "mp3-192"])
def test_other_sound_has_no_floors(label: str) -> None:
    y, sr = (music(sr=SR, seconds=3.0), SR) if label == "lossless" else coded(label)
    assert np.isnan(trial(y, sr=sr).lattice)
