"""What the rounding cost at the grid rises with what the coder could spend."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from ml.forensics.rounding import BAND_EDGES_HZ, STATISTICS, TOTALS, _pairs, describe
from ml.forensics.steps import numbers
from ml.forensics.transforms import CODERS
from ml.units import Samples
from tests.coded import at_steps, coded
from tests.signals import SR

OFFSET = {"mp3": 48, "aac-kbd": 0}


def regions(y: Samples, *, coder: str, n: int = 24) -> np.ndarray:
    """Spread over y, all beginning at multiples of the coder's frame: shape (n - 1, 2, 4 * length)."""
    length = CODERS[coder].length
    step = y.shape[1] // n // length * length
    both = at_steps(np.broadcast_to(y, (2, y.shape[1])))
    return np.stack([both[:, at : at + 4 * length] for at in range(0, step * (n - 1), step)])


@cache
def described(label: str, *, channels: str = "stereo") -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """At the known grid: statistic -> by band, total -> value."""
    coder = {"mp3": "mp3", "aac": "aac-kbd"}[label[:3]]
    y, sr = coded(label, channels=channels)
    found = describe(regions(y, coder=coder), coder=CODERS[coder], offsets=(OFFSET[coder],), sr=sr, noise=0.3)
    assert found.bands.shape == (len(BAND_EDGES_HZ) - 1, len(STATISTICS))
    return dict(zip(STATISTICS, found.bands.T, strict=True)), dict(zip(TOTALS, found.totals, strict=True))


@pytest.mark.parametrize(
    "labels",
    [("mp3-128", "mp3-192", "mp3-256", "mp3-320"), ("aac-96", "aac-128", "aac-192")],
    ids=["mp3", "aac"],
)
def test_the_bitrate_is_read_from_the_numbers(labels: tuple[str, ...]) -> None:
    """The median frame; regions with short blocks fit nothing, so the mean runs away."""
    kbps = [described(label)[1]["kbps_p50"] for label in labels]
    assert all(low < 0.95 * high for low, high in pairwise(kbps))
    for label, measured in zip(labels, kbps, strict=True):
        assert measured == pytest.approx(int(label[4:]), rel=0.25)


def test_more_bits_mean_smaller_steps_and_fewer_zeros() -> None:
    low, high = (described(label)[0] for label in ("mp3-128", "mp3-320"))
    middle = slice(1, 6)
    assert (low["step"] > high["step"])[middle].all()
    assert (low["coded"] < high["coded"])[middle].all()
    assert (low["bits"] < high["bits"])[middle].all()


def test_the_lines_of_a_low_bitrate_lie_on_a_lattice() -> None:
    by_band, totals = described("mp3-128")
    assert totals["fits"] > 0.8
    fits = by_band["fits"][
        ~np.isnan(by_band["fits"])
    ]  # Layer III has no band with its middle at 15.5 to 18.5 kHz
    assert len(fits) == len(BAND_EDGES_HZ) - 2
    assert ((fits >= 0) & (fits <= 1)).all()
    assert totals["kbps_p10"] <= totals["kbps_p50"] <= totals["kbps_p90"]


def test_one_channel_is_counted_once() -> None:
    """A mono file spends all its bits on the one channel; two that are alike come to the same."""
    mono, dual = (described("mp3-128", channels=c)[1] for c in ("mono", "dual-mono"))
    assert mono["kbps_p50"] == pytest.approx(128, rel=0.25)
    assert dual["kbps_p50"] == pytest.approx(128, rel=0.25)
    assert mono["mid_side"] == dual["mid_side"] == 0


def test_mid_and_side_are_seen() -> None:
    """At 128 LAME joins the channels of most frames, at 320 of fewer."""
    assert described("mp3-128")[1]["mid_side"] > described("mp3-320")[1]["mid_side"] + 0.2


def test_silence_costs_nothing() -> None:
    still = np.zeros((5, 2, 4096), dtype=np.float32)
    found = describe(still, coder=CODERS["mp3"], offsets=(3,), sr=SR, noise=0.3)
    named = dict(zip(TOTALS, found.totals, strict=True))
    assert named["kbps"] == named["fits"] == 0
    assert np.isnan(named["step_spread"])
    assert np.isnan(found.bands[:, STATISTICS.index("step")]).all()
    assert np.nanmax(found.bands[:, STATISTICS.index("coded")]) == 0


@pytest.mark.parametrize("gain_db", [-2.0, 1.3])
def test_a_gain_moves_the_steps_and_keeps_the_numbers(gain_db: float) -> None:
    """The coder's own steps would be read wrong by up to a sixth of their size, and so would every large number."""
    y, sr = coded("mp3-192")
    plain, gained = (
        describe(
            regions(y * np.float32(factor), coder="mp3"),
            coder=CODERS["mp3"],
            offsets=(OFFSET["mp3"],),
            sr=sr,
            noise=0.3,
        )
        for factor in (1.0, 10 ** (gain_db / 20))
    )
    kbps = TOTALS.index("kbps_p50")
    assert plain.exact
    assert not gained.exact
    assert gained.totals[kbps] == pytest.approx(plain.totals[kbps], rel=0.1)


def test_each_region_takes_the_best_of_several_offsets() -> None:
    y, sr = coded("aac-192")
    how = CODERS["aac-kbd"]
    first, several, wrong = (
        describe(regions(y, coder="aac-kbd"), coder=how, offsets=offsets, sr=sr, noise=0.3).totals
        for offsets in ((0,), (0, 77), (77,))
    )
    fits = TOTALS.index("fits")
    assert several[fits] >= 0.9 * first[fits] > 4 * wrong[fits]


def test_a_band_coded_as_mid_and_side_keeps_its_numbers() -> None:
    """Scaled to the power of left and right, lines and steps alike."""
    how = CODERS["aac-kbd"]
    law, edges = how.exact, how.bands(SR)
    rng = np.random.default_rng(0)
    q = rng.geometric(0.3, (3, 4, 1024)) - 1
    lines = (2.0**4 * q**law.power).astype(np.float32)
    lines[:, :2] = 20 * rng.random((3, 2, 1024)) + 1  # left and right lie on no lattice
    magnitudes, steps, _, mid_side = _pairs(lines, edges, law=law, noise=0.3)
    assert mid_side.mean() > 0.9
    taken = np.repeat(mid_side > 0, np.diff(edges), axis=1)
    assert (taken * (steps == 4.5).all(axis=1).repeat(np.diff(edges), axis=1)).mean() > 0.8
    np.testing.assert_allclose(magnitudes[:, 0][taken], lines[:, 2][taken] * np.sqrt(2), rtol=1e-6)
    back = numbers(magnitudes, edges, steps=steps, law=law)
    whole = (steps[:, 0] == 4.5).repeat(np.diff(edges), axis=1) & taken
    np.testing.assert_array_equal(back[:, 0][whole], q[:, 2][whole])
