"""The likeliest offsets are tried by the coder's lattice: a grid stands far out, and nothing else does."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import signal

from ml.encode import decode, encode, quantise
from ml.forensics import trial
from ml.forensics.grid import TRANSFORMS
from ml.forensics.transforms import CODERS
from ml.forensics.trial import (
    DITHERED_16,
    FINE,
    GROUPS_HZ,
    LEAST_FRAMES,
    LEAST_SPREAD,
    ROUNDING_16,
    Bench,
    judge,
    judge_beneath_floors,
    noise_of,
    scout,
    spectra,
)
from ml.units import Samples
from tests.coded import TRANSFORM_OF, at_steps, coded, hear, search
from tests.signals import SR, brick_wall, music, noise, silence

MP3 = 48
"""Where FFmpeg's gapless decode of LAME leaves the granules; AAC's begin at 0."""


@pytest.mark.parametrize("channels", ["stereo", "dual-mono", "mono"])
def test_mp3_320_in_16_bits_has_a_lattice(channels: str) -> None:
    """The search for holes hardly hears it where both channels are alike."""
    y, sr = coded("mp3-320", channels=channels)
    grid = hear(y, sr=sr, coders=("mp3",))["mp3"]
    assert (grid.offset, grid.exact) == (MP3, True)
    assert grid.lattice > 20
    assert grid.evidence > 1
    assert grid.second < 6


@pytest.mark.parametrize(
    ("label", "coder", "offset", "modulo"),
    [
        ("aac-320", "aac-kbd", 0, 1024),
        ("vorbis-q8", "vorbis", 64, 128),  # its blocks begin anew at multiples of the short one
        ("opus-192", "opus", 228, 960),
    ],
)
def test_so_have_the_others_at_high_bitrates(label: str, coder: str, offset: int, modulo: int) -> None:
    y, sr = coded(label)
    grid = hear(y, sr=sr, coders=(coder,))[coder]
    assert grid.lattice > 6
    assert grid.offset % modulo == offset


def test_the_offset_moves_with_the_signal() -> None:
    y, sr = coded("mp3-320")
    assert hear(y[:, 100:], sr=sr, coders=("mp3",))["mp3"].offset == (MP3 - 100) % 576


@pytest.mark.parametrize("db", [-3.0, -2.0, 1.3])
def test_gain_does_not_hide_a_lattice(db: float) -> None:
    y, sr = coded("mp3-192", depth="float")
    louder = quantise(y * np.float32(10 ** (db / 20)), depth="16")
    grid = hear(louder, sr=sr, coders=("mp3",))["mp3"]
    assert grid.offset == MP3
    assert grid.lattice > 6


def _untouched(kind: str) -> Samples:
    y = music(seconds=3.0, seed=1)
    if kind == "low-passed":
        y = signal.sosfilt(signal.butter(8, 16000, fs=SR, output="sos"), y).astype(np.float32)
    if kind == "gained and dithered":
        return quantise(y * np.float32(0.71), depth="16", dither=np.random.default_rng(2))
    if kind == "dual mono":
        y = np.repeat(y[:1], 2, axis=0)
    return quantise(noise(seconds=3.0) if kind == "noise" else y, depth="16")


@pytest.mark.parametrize("coders", [t.coders for t in TRANSFORMS if t.coders[0] in CODERS] + [("opus",)])
@pytest.mark.parametrize(
    "kind",
    [
        "plain",
        pytest.param("low-passed", marks=pytest.mark.slow),
        "gained and dithered",
        pytest.param("dual mono", marks=pytest.mark.slow),
        pytest.param("noise", marks=pytest.mark.slow),
    ],
)
def test_what_no_coder_touched_has_none(kind: str, coders: tuple[str, ...]) -> None:
    thorough = kind == "low-passed"
    found = hear(_untouched(kind), sr=SR, coders=coders, thorough=thorough)
    assert set(found) == set(coders)
    for grid in found.values():
        assert not grid.lattice >= 4.5  # nan: this coder has no law
        assert not grid.shifted >= 9
        assert grid.height < 5


def test_another_coders_lattice_is_no_lattice() -> None:
    y, sr = coded("mp3-320")
    found = hear(y, sr=sr, coders=TRANSFORM_OF["vorbis"].coders)
    assert max(grid.lattice for grid in found.values()) < 4.5


def test_thorough_means_any_gain(monkeypatch: pytest.MonkeyPatch) -> None:
    y, sr = coded("mp3-192", depth="float")
    searched, deviation, _ = search(quantise(y * np.float32(0.79), depth="16"), sr=sr, coder="mp3")
    grid = replace(searched.grids()[0], confirmed=0.0, offset=1)
    monkeypatch.setattr(trial, "CLEAR", np.inf)  # else the first law that fits is enough
    monkeypatch.setattr(trial, "_better", lambda best, found, *, exact: best)
    assert np.isnan(judge(grid, searched, noise=deviation).shifted)
    judged = judge(grid, searched, noise=deviation, thorough=True)
    assert judged.shifted > 9
    assert judged.offset == MP3


@pytest.mark.parametrize("law", ["exact", "free"])
def test_too_few_regions_have_no_outcome(law: str) -> None:
    y, _ = coded("mp3-192")
    how = CODERS["mp3"]
    reach = TRANSFORM_OF["mp3"].reach
    regions = np.stack([at_steps(y)[:, at : at + reach] for at in range(0, 50000, 5000)])
    few, enough = (
        Bench(regions[:n], coder=how, offsets=[1, 2, 2, 300], sr=SR, noise=0.3).trials(getattr(how, law))
        for n in (LEAST_FRAMES - 1, LEAST_FRAMES)
    )
    assert few == []
    assert sorted(trial.offset for trial in enough) == [1, 2, 300]
    assert [t.height for t in enough] == sorted((t.height for t in enough), reverse=True)
    assert scout(regions[:0], coder=CODERS["mp3"], law=how.exact, sr=SR, noise=0.3, n=3) == []


@pytest.mark.parametrize("coder", ["mp3", "aac-kbd", "vorbis", "opus", "ac3"])
def test_silence_and_a_moment_of_sound_are_no_grid(coder: str) -> None:
    still = silence(seconds=1.5)
    assert hear(still, sr=SR, coders=(coder,)) == {}
    still[:, 20000:27000] = music(seconds=1.0)[:, :7000]
    for grid in hear(still, sr=SR, coders=(coder,)).values():
        assert not grid.lattice >= 4.5


def test_channels_that_are_alike_only_in_part_are_two() -> None:
    y = np.array(coded("mp3-320")[0])
    y[:, : y.shape[1] // 2] = coded("mp3-320", channels="dual-mono")[0][:, : y.shape[1] // 2]
    assert hear(y, sr=SR, coders=("mp3",))["mp3"].offset == MP3
    regions = at_steps(y)[:, : 16 * 8192].reshape(2, 16, 8192).transpose(1, 0, 2)
    together = spectra(regions, coder=CODERS["mp3"], offset=5)
    assert together.shape == (16, 4, 576)
    alone = spectra(regions[:4], coder=CODERS["mp3"], offset=5)
    assert alone.shape == (4, 1, 576)
    np.testing.assert_allclose(together[:4, 0], alone[:, 0], atol=0.02)
    assert (together[:4, 3] == 0).all()


def test_noise_is_what_the_file_was_rounded_with() -> None:
    rng = np.random.default_rng(0)
    slow = 3000 * brick_wall(15000, rms=1).reshape(2, -1, 1050).transpose(1, 0, 2)
    rounded = np.rint(slow).astype(np.float32)
    dithered = np.rint(slow + 1.5 * rng.standard_normal(slow.shape)).astype(np.float32)
    assert noise_of(rounded, integers=True) == pytest.approx(ROUNDING_16, abs=0.05)
    assert noise_of(dithered, integers=True) == DITHERED_16
    assert noise_of(rounded, integers=False) == FINE
    assert noise_of(rounded[:0], integers=True) == ROUNDING_16


@pytest.mark.parametrize("at", range(len(GROUPS_HZ)))
def test_parts_of_the_spectrum_are_judged_by_themselves(at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One offset that fits inside one part alone stands out there as it would by all bands."""
    y, _ = coded("aac-192")
    how = CODERS["aac-kbd"]
    regions = np.stack([at_steps(y)[:, k : k + 3072] for k in range(0, 80000, 10000)])
    bench = Bench(regions, coder=how, offsets=range(0, 300, 10), sr=SR, noise=0.3)
    low, high = GROUPS_HZ[at]
    edges = how.bands(SR) * (SR / 2 / how.length)
    middles = (edges[1:] + edges[:-1]) / 2
    middles = middles[(edges[:-1] >= 900) & (edges[1:] <= 16500)]
    evidence = np.full((30, 8, 4, len(middles)), -1.0, dtype=np.float32)
    evidence[12, ..., (middles > low * 0.9) & (middles < high)] = 1.0
    monkeypatch.setattr(Bench, "_evidence", lambda *_: evidence)
    best = bench.trials(how.exact)[0]
    assert best.offset == 120
    assert best.evidence == pytest.approx(1.0)
    assert best.height == pytest.approx(2.0 / LEAST_SPREAD, rel=1e-3)


def test_mp3_under_vorbis_is_heard_wherever_its_granules_begin() -> None:
    """Vorbis' noise is another in each band; Vorbis alone has no such lattice."""
    y, sr = coded("mp3-192", depth="float")
    once, _ = decode(encode(music(sr=SR, seconds=3.0), sr=SR, label="vorbis-q8"), depth="16")
    twice, _ = decode(encode(y[:, 700:], sr=sr, label="vorbis-q8"), depth="16")
    heights = {}
    for name, x in {"once": once, "twice": twice}.items():
        searched, _, _ = search(x, sr=sr, coder="mp3")
        heights[name] = judge_beneath_floors(searched.grids()[0], searched)
    assert heights["once"].blurred < 3
    assert heights["twice"].blurred > 6
    assert heights["twice"].offset == (MP3 - 700) % 576
