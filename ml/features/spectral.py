"""The long-term spectrum: what spectrum checkers look at, and one clue among others here."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from ml.units import Decibels, Hz

F32 = NDArray[np.float32]

BANDS_HZ: Final = (*range(500, 8000, 1500), *range(8000, 22001, 500))
SHELF_SPAN_HZ: Final = 700.0
"""A shelf is judged by the mean level this far on each side."""

LOWEST_SHELF_HZ: Final = 8000.0

LEAST_SHELF_DB: Final = 10.0


@dataclass(frozen=True, slots=True)
class Shelf:
    """The steepest fall of the long-term spectrum above 8 kHz."""

    hz: Hz
    drop: Decibels
    """Mean level below minus mean level above."""
    slope: Decibels
    """The largest fall within 200 Hz."""


def shelf(power: F32, *, sr: int) -> Shelf:
    """Where the spectrum falls most; at the end, and not at all, where there is no room for a shelf.

    power : shape (frames, bins), linear, as :func:`ml.stft.power` gives it
    """
    level = _db(power.mean(axis=0))
    hz_per_bin = sr / 2 / (len(level) - 1)
    span = round(SHELF_SPAN_HZ / hz_per_bin)
    sums = np.concatenate([[0.0], np.cumsum(level)])
    first, last = round(LOWEST_SHELF_HZ / hz_per_bin), len(level) - span - 1
    if last <= first:
        return Shelf(Hz(sr / 2), Decibels(0.0), Decibels(0.0))
    at = np.arange(first, last)
    drops = (sums[at] - sums[at - span]) / span - (sums[np.minimum(at + span, len(level))] - sums[at]) / span
    best = int(at[drops.argmax()])
    step = max(1, round(200 / hz_per_bin))
    near = level[max(0, best - span) : best + span]
    return Shelf(
        Hz(best * hz_per_bin),
        Decibels(float(drops.max())),
        Decibels(float((near[:-step] - near[step:]).max())),
    )


def cutoff(power: F32, *, sr: int) -> Hz | None:
    """Frequency of the low-pass, or None where the spectrum has no shelf of LEAST_SHELF_DB."""
    found = shelf(power, sr=sr)
    return found.hz if found.drop >= LEAST_SHELF_DB else None


def spectral_features(power: F32, *, sr: int) -> dict[str, float]:
    """Levels relative to 1-5 kHz, shelf, and how both move; independent of loudness but for the noise floor.

    power : shape (frames, bins), linear, in squared 16-bit steps a line
    """
    hz_per_bin = sr / 2 / (power.shape[1] - 1)
    level = power.mean(axis=0)
    reference = _db(level[_bins(1000, 5000, hz_per_bin)].mean())
    quiet = np.percentile(power, 10, axis=0)
    out: dict[str, float] = {}
    for low, high in pairwise(BANDS_HZ):
        band = _bins(low, high, hz_per_bin)
        inside = band.stop <= len(level)
        out[f"spectrum.level_{low}"] = float(_db(level[band].mean()) - reference) if inside else np.nan
        if low >= 14000:
            out[f"spectrum.floor_{low}"] = float(_db(quiet[band].mean())) if inside else np.nan
    found = shelf(power, sr=sr)
    out |= {"shelf.hz": found.hz, "shelf.drop": found.drop, "shelf.slope": found.slope}
    return out | _edge_per_frame(power, hz_per_bin=hz_per_bin)


def _edge_per_frame(power: F32, *, hz_per_bin: float) -> dict[str, float]:
    """Where each loud frame ends: a coder with a fixed low-pass ends at one frequency, music does not."""
    loud = power[power.sum(axis=1) >= np.median(power.sum(axis=1))]
    smooth = _db(uniform_filter1d(loud, 9, axis=1))
    above = smooth > np.maximum(smooth[:, -40:].mean(axis=1, keepdims=True) + 9, -2.0)
    top = above.shape[1] - 1 - above[:, ::-1].argmax(axis=1)
    edges = np.percentile(top * hz_per_bin, (10, 25, 50, 75, 90))
    names = ("edge.p10", "edge.p25", "edge.p50", "edge.p75", "edge.p90")
    return dict(zip(names, map(float, edges), strict=True)) | {"edge.spread": float(edges[3] - edges[1])}


def _bins(low: float, high: float, hz_per_bin: float) -> slice:
    return slice(round(low / hz_per_bin), round(high / hz_per_bin))


def _db(power: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.asarray(10 * np.log10(power + 1e-4))
