"""What the coder's rounding looks like at a grid: the size of its steps, and the bits that its numbers need.

From these the bitrate is read. Where the lines of a band lie on a lattice, the step is known, and with it the numbers
that the coder sent; their code length, added up over a frame, is close to what the frame cost. Frames with short
blocks fit no step and read too high, which the median forgives and the mean does not.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics.steps import Law, code_length, fit, numbers
from ml.forensics.transforms import Coder, finer
from ml.forensics.trial import MOST_EVIDENCE, clipped, spectra

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

BAND_EDGES_HZ: Final = (0, 1000, 2500, 4500, 7000, 10000, 13000, 15500, 18500, 20500)
STATISTICS: Final = ("step", "bits", "fits", "coded")
"""log2 of the median step in 16-bit steps; bits a line; share of bands on a lattice; share of lines not zero."""
TOTALS: Final = (
    "kbps",
    "kbps_spread",
    "kbps_p10",
    "kbps_p50",
    "kbps_p90",
    "kbps_fitting",
    "fits",
    "mid_side",
    "step_spread",
)
"""Mean, deviation and percentiles over the frames, median of the half that fits best; shares of bands on a lattice and
in mid and side; deviation of log2 of the known steps."""

FITS_FROM: Final = 0.3
"""Nats a line from which a band is believed to lie on the lattice of its step."""

OWN_STEPS: Final = 0.01
ANY_STEP: Final = 0.05
"""Nats a line that the coder's own steps are allowed, and that free ones, a choice for every band, must be better by."""

HIDDEN: Final = 1.5
"""Lines under this many deviations of the noise count as zero."""

SILENT_STEP: Final = 40.0
"""log2 of a step at which everything is zero."""


@dataclass(frozen=True, slots=True)
class Rounding:
    """What was found at one grid."""

    bands: F32
    """Shape (n_bands, n_statistics); NaN where there is nothing."""
    totals: F32
    """Shape (n_totals,)."""
    exact: bool
    """Whether the steps have the very sizes that the coder gives them."""


def describe(regions: F32, *, coder: Coder, offsets: Sequence[int], sr: int, noise: float) -> Rounding:
    """Steps and bits under the law that fits best.

    regions : left and right in 16-bit steps, shape (n, 2, reach), n at least 1
    coder : one with a law
    noise : deviation of the file's own rounding, in 16-bit steps
    offsets : where the grid is; several where a coder's blocks may begin at several places: each region takes the best
    """
    bands = coder.bands(sr)
    at = [spectra(regions, coder=coder, offset=offset) for offset in offsets]
    law = law_of(at[0], bands, coder=coder, noise=noise)
    tried = [_pairs(magnitudes, bands, law=law, noise=noise) for magnitudes in at]
    magnitudes, steps, evidence, mid_side = (np.stack(part) for part in zip(*tried, strict=True))
    best = evidence.mean(axis=(2, 3)).argmax(axis=0)  # of the offsets, for every region
    chosen = best, np.arange(len(best))
    magnitudes, steps, evidence = magnitudes[chosen], steps[chosen], evidence[chosen]
    fits = evidence > FITS_FROM
    known = np.where(fits, steps, np.nan)
    clear = np.where(magnitudes > HIDDEN * noise, magnitudes, np.float32(0))
    q = numbers(clear, bands, steps=_filled(known, silent=np.isnan(steps)), law=law)
    bits = code_length(q, bands)
    kbps = bits.sum(axis=(1, 2)) * (sr / coder.length) / 1000
    fitting = fits.mean(axis=(1, 2))
    coded = np.add.reduceat(q > 0, bands[:-1], axis=-1)
    widths, middles = np.diff(bands), (bands[:-1] + bands[1:]) / 2 * (sr / 2 / bands[-1])
    out = np.full((len(BAND_EDGES_HZ) - 1, len(STATISTICS)), np.nan, dtype=np.float32)
    for number, (low, high) in enumerate(pairwise(BAND_EDGES_HZ)):
        here = (middles >= low) & (middles < high)
        if here.any():
            lines = widths[here].sum() * steps.shape[0] * steps.shape[1]
            step = np.nanmedian(known[..., here]) if fits[..., here].any() else np.nan
            out[number] = (
                step,
                bits[..., here].sum() / lines,
                fits[..., here].mean(),
                coded[..., here].sum() / lines,
            )
    totals = (
        kbps.mean(),
        kbps.std(),
        *np.percentile(kbps, (10, 50, 90)),
        np.median(kbps[fitting >= np.median(fitting)]),
        fits.mean(),
        mid_side[chosen].mean(),
        np.nanstd(known) if fits.any() else np.nan,
    )
    return Rounding(out, np.array(totals, dtype=np.float32), exact=law is coder.exact)


def law_of(magnitudes: F32, bands: I32, *, coder: Coder, noise: float) -> Law:
    """The coder's own law, the same after some gain, or any step: by what lines of shape (n, channels, n_lines) say.

    A trial at an offset is passed under the coder's own law even where a gain has moved all steps, by the few bands
    that happen to fit; its steps would be wrong, and the numbers with them.
    """
    heard = laws_heard(magnitudes, bands, coder=coder, noise=noise)
    return max(heard, key=heard.__getitem__)


def laws_heard(magnitudes: F32, bands: I32, *, coder: Coder, noise: float) -> dict[Law, float]:
    """All that :func:`law_of` chooses from, the coder's own first, any step last: law -> nats a line, with what it is
    allowed or must be better by."""
    assert coder.free is not None
    if coder.exact is None:
        return {coder.free: 0.0}

    def says(law: Law) -> float:
        return float(clipped(magnitudes, bands, law=law, noise=noise).mean())

    gained = max(coder.shifted(), key=says)
    gained = max(finer(gained), key=says)
    return {
        coder.exact: says(coder.exact) + OWN_STEPS,
        gained: says(gained),
        coder.free: says(coder.free) - ANY_STEP,
    }


def _pairs(magnitudes: F32, bands: I32, *, law: Law, noise: float) -> tuple[F32, F32, F32, F32]:
    """What was coded, band by band: left and right, or mid and side, whichever lies more on a lattice.

    magnitudes : shape (n, 1 or 4 channels, n_lines)
    Returns magnitudes (n, channels, n_lines), steps and evidence (n, channels, n_bands), and where mid and side were
    taken (n, n_bands); one channel where both are alike, else two. Mid and side are scaled to left's and right's power.
    """
    n, channels, n_lines = magnitudes.shape
    steps, evidence = fit(magnitudes.reshape(-1, n_lines), bands, law=law, noise=noise)
    evidence = np.clip(evidence, -1.0, MOST_EVIDENCE)
    steps, evidence = steps.reshape(n, channels, -1), evidence.reshape(n, channels, -1)
    if channels == 1:
        return magnitudes, steps, evidence, np.zeros(steps.shape[::2], dtype=np.float32)
    mid_side = evidence[:, 2:].sum(axis=1) > evidence[:, :2].sum(axis=1)
    by_band, by_line = mid_side[:, None], np.repeat(mid_side, np.diff(bands), axis=1)[:, None]
    return (
        np.where(by_line, magnitudes[:, 2:] * np.float32(np.sqrt(2)), magnitudes[:, :2]),
        np.where(by_band, steps[:, 2:] + np.float32(0.5), steps[:, :2]),
        np.where(by_band, evidence[:, 2:], evidence[:, :2]),
        mid_side.astype(np.float32),
    )


def _filled(known: F32, *, silent: NDArray[np.bool_]) -> F32:
    """Steps for bands that fit none: the median of their frame, else of all; SILENT_STEP where nothing is heard."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # frames without a known step
        of_frame = np.nanmedian(known, axis=(1, 2), keepdims=True)
        of_all = np.nanmedian(known)
    filled = np.where(np.isnan(known), np.where(np.isnan(of_frame), of_all, of_frame), known)
    return np.asarray(np.where(silent | np.isnan(filled), SILENT_STEP, filled), dtype=np.float32)
