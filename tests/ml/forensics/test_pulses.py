"""What Opus spent, on real encodes of music with known bitrates."""

import numpy as np
import pytest

from ml.encode import Depth
from ml.forensics import bands, celt, pulses
from ml.forensics.mdct import mdct
from ml.forensics.pulses import COPIES, GROUPS, INTENSITY_FROM, STATISTICS, Pulses, describe
from tests.coded import coded, search

OFFSET = 228
"""Where frames begin after a decoder that cuts its delay off."""
ABOVE_12_KHZ, ABOVE_15_6_KHZ = 19, 20


def described(
    label: str, *, depth: Depth = "float", channels: str = "stereo", gain: float = 1.0, offset: int = OFFSET
) -> Pulses:
    y, sr = coded(label, depth=depth, sr=48000, channels=channels)
    searched, noise, _ = search(y * np.float32(gain), sr=sr, coder="opus")
    return describe(searched.regions(pulses.FRAMES), offset=offset, noise=noise)


def statistic(found: Pulses, name: str, band: int) -> float:
    return float(found.groups[GROUPS.index(band), STATISTICS.index(name)])


def copied(found: Pulses, band: int) -> float:
    return float(found.copies[band - INTENSITY_FROM, COPIES.index("copied")])


@pytest.mark.parametrize("depth", ["float", "16"])
def test_the_band_where_stereo_ends_follows_the_bitrate(depth: Depth) -> None:
    at = {kbps: described(f"opus-{kbps}", depth=depth) for kbps in (96, 128, 192)}
    assert copied(at[96], ABOVE_12_KHZ) > 0.9
    assert copied(at[128], ABOVE_12_KHZ) < 0.5 < 0.9 < copied(at[128], ABOVE_15_6_KHZ)
    assert copied(at[192], ABOVE_15_6_KHZ) < 0.5


def test_more_bits_are_more_pulses() -> None:
    rates = [
        statistic(described(f"opus-{kbps}", channels="mono"), "rate", ABOVE_12_KHZ) for kbps in (96, 128, 192)
    ]
    assert rates == sorted(rates)
    assert rates[2] > 2 * rates[0]


def test_off_the_grid_there_is_no_lattice() -> None:
    on, off = (described("opus-128", channels="mono", offset=OFFSET + late) for late in (0, 50))
    band = ABOVE_12_KHZ
    assert statistic(on, "fits", band) > 0.3 > 5 * statistic(off, "fits", band)


def test_gain_moves_neither_pulses_nor_copies() -> None:
    plain, quieter = described("opus-128"), described("opus-128", gain=0.7)
    np.testing.assert_allclose(plain.copies[:, 0], quieter.copies[:, 0], atol=0.1)
    for band in (ABOVE_12_KHZ, ABOVE_15_6_KHZ):
        assert statistic(quieter, "rate", band) == pytest.approx(statistic(plain, "rate", band), abs=0.25)


def test_one_channel_has_no_copies() -> None:
    assert np.isnan(described("opus-128", channels="mono").copies).all()


def test_mid_and_side_are_found_at_unequal_energies() -> None:
    rng = np.random.default_rng(0)
    parts = bands.celt()[bands.celt() <= bands.CELT_EDGES[-1]]
    first = np.searchsorted(parts, bands.CELT_EDGES)
    mid, side = rng.integers(-3, 4, (2, 8, parts[-1])).astype(np.float32)
    sent = np.stack([3 * mid - 2 * side, 0.4 * (3 * mid + 2 * side)], axis=1) * np.float32(5)
    rates, fits = pulses._rates(sent, parts, first, noise=0.1)
    wide = slice(first[17], None)
    assert fits[..., wide].mean() > 0.8
    assert np.median(rates[..., wide]) == pytest.approx(np.abs(mid).mean(), abs=0.1)


def test_rounding_is_alike_in_all_lines_once_divided_by_its_gain() -> None:
    white = np.random.default_rng(0).standard_normal((1, 400 * celt.LINES)).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(celt.emphasise(white)[0], 2 * celt.LINES)[:: celt.LINES]
    lines = mdct(np.ascontiguousarray(frames), celt.WINDOW) / celt.rounding_gain()
    by_part = np.sqrt(np.add.reduceat((lines**2).mean(axis=0), bands.celt()[:-1]) / np.diff(bands.celt()))
    np.testing.assert_allclose(by_part[1:], 1.0, atol=0.08)
