"""Frames of one block type: their lines, the steps that they lie on, and which pair of channels was sent."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
Bools = NDArray[np.bool_]
Index = NDArray[np.intp]

FITS_FROM: Final = 0.3
"""Nats a line from which a band is believed to lie on the lattice of its step."""

WIDEST: Final = 24
"""Lines that a band counts as at most when evidence is added up: one wide band must not decide alone."""

COPIED: Final = 2.0
"""Deviations of the noise that a channel's lines may stray from a multiple of the other's and still be a copy."""

STEADY: Final = 0.015
"""Quarter octaves by which a band's power strays from a step at least: as well as a gain is known."""
TUNED: Final = 2.5
"""Deviations within which it lies on the step."""

ALIKE: Final = 0.5
"""Nats a line for mid and side where the side is silent and left and right are not: they would be sent twice."""


@dataclass(slots=True)
class Part:
    """Frames of one block type."""

    magnitudes: F32
    steps: F32
    evidence: F32
    mid_side: F32
    copied: Bools
    """Shape (n, n_bands)."""
    tuned: Bools
    """Bands whose power lies where noise substitution puts it, shape (n, channels, n_bands)."""
    noise: F32
    """Deviation of what is no sound, shape (n, 1, 1)."""

    @property
    def heard(self) -> Bools:
        return ~np.isnan(self.steps)

    @property
    def known(self) -> F32:
        """The steps that show, NaN for others."""
        return np.where((self.evidence > FITS_FROM) & self.heard, self.steps, np.float32(np.nan))

    def score(self, widths: I32) -> F32:
        """Nats a line of what is heard, shape (n,); little sound says little."""
        weight = widths * self.heard
        total = (self.evidence * weight).sum(axis=(1, 2))
        return np.asarray(total / np.maximum(weight.sum(axis=(1, 2)), 60), dtype=np.float32)

    def put(self, at: Index, other: "Part", chosen: Bools) -> None:
        for name in _FIELDS:
            getattr(self, name)[at] = getattr(other, name)[chosen]

    def rows(self, chosen: Bools) -> "Part":
        return Part(*(getattr(self, name)[chosen] for name in _FIELDS))


_FIELDS: Final = ("magnitudes", "steps", "evidence", "mid_side", "copied", "tuned", "noise")


def pair(
    magnitudes: F32,
    steps: F32,
    evidence: F32,
    copied: Bools,
    tuned: Bools,
    noise: F32,
    *,
    bands: I32,
    whole: bool,
) -> Part:
    """Left and right, or mid and side, whichever lies more on a lattice; where one of a pair is silent, the other counts
    twice.

    whole : the choice is one for all bands
    """
    if magnitudes.shape[1] == 1:
        unpaired = np.zeros(evidence.shape[::2], dtype=np.float32)
        return Part(magnitudes, steps, evidence, unpaired, copied, tuned, noise)
    silent, other = np.isnan(steps), [1, 0, 3, 2]
    says = np.where(silent & ~silent[:, other], evidence[:, other], evidence)
    more = says[:, 2:].sum(axis=1) - says[:, :2].sum(axis=1)
    if whole:
        alike = silent[:, 3] & ~silent[:, 0] & ~silent[:, 1]
        total = ((more + ALIKE * alike) * np.minimum(np.diff(bands), WIDEST)).sum(axis=-1, keepdims=True)
        more = np.broadcast_to(total, more.shape)
    mid_side = more > 0
    by_band, by_line = mid_side[:, None], np.repeat(mid_side, np.diff(bands), axis=1)[:, None]
    return Part(
        np.where(by_line, magnitudes[:, 2:] * np.float32(np.sqrt(2)), magnitudes[:, :2]),
        np.where(by_band, steps[:, 2:] + np.float32(0.5), steps[:, :2]),
        np.where(by_band, evidence[:, 2:], evidence[:, :2]),
        mid_side.astype(np.float32),
        copied,
        np.where(by_band, tuned.all(axis=1, keepdims=True), tuned),
        noise,
    )


def tuned_bands(magnitudes: F32, bands: I32, *, noise: float, phase: float | None) -> Bools:
    """Bands of left and right whose power is a whole number of quarter octaves, as AAC's noise substitution has it.

    ISO 14496-3, 4.6.13: the decoder scales noise of its own to the power that a scale factor says, so the root of the
    sum of a band's squares is the step of that factor; in what was sent as numbers it lies anywhere. Too close to the
    file's own rounding to be told, a band counts as tuned.

    magnitudes : shape (n, 1 or 4 channels, n_lines)
    phase : log2 of some step; None where steps are not known, or no coder substitutes
    Returns shape (n, 1 or 2 channels, n_bands).
    """
    lines = magnitudes[:, :2]
    if phase is None:
        return np.ones((*lines.shape[:2], len(bands) - 1), dtype=bool)
    squares = np.add.reduceat(lines**2, bands[:-1], axis=-1) - np.diff(bands) * np.float32(noise**2)
    norm = np.sqrt(np.maximum(squares, np.float32(noise**2)))
    quarters = 4 * (np.log2(norm) - np.float32(phase))
    spread = np.hypot(4 / np.log(2) * noise / norm, STEADY)
    return np.asarray(np.abs(quarters - np.rint(quarters)) < TUNED * spread)


def copied_bands(magnitudes: F32, bands: I32, *, noise: float | None) -> Bools:
    """Bands in which one channel is a multiple of the other, as intensity stereo leaves them: shape (n, n_bands).

    magnitudes : shape (n, 1 or 4 channels, n_lines)
    noise : None where no coder copies
    """
    if noise is None or magnitudes.shape[1] == 1:
        return np.zeros((len(magnitudes), len(bands) - 1), dtype=bool)
    left, right = magnitudes[:, 0].astype(np.float64), magnitudes[:, 1].astype(np.float64)
    l2, r2, lr = (np.add.reduceat(x, bands[:-1], axis=1) for x in (left**2, right**2, left * right))
    more, less = np.maximum(l2, r2), np.minimum(l2, r2)
    stray = (less - lr**2 / np.maximum(more, 1e-9)) / np.diff(bands)
    audible = less / np.diff(bands) > (4 * noise) ** 2
    return np.asarray(audible & (stray < (COPIED * noise) ** 2))


def filled_in(known: F32, *, least: float = 0.0) -> F32:
    """Unknown steps from the known ones of the same frame: by how they lie over each band's median, and in between.

    least : share of frames in which a band must be known for its median to count
    """
    flat = known.reshape(-1, known.shape[-1]).copy()
    x = np.arange(flat.shape[1])
    usual = _medians(flat, least=least)
    for row in flat:
        at = np.isfinite(row)
        if not at.all():
            over = np.interp(x, x[at], (row - usual)[at]) if at.any() else 0.0
            row[:] = np.where(at, row, usual + over)
    return flat.reshape(known.shape)


def either(steps: F32, other: F32) -> F32:
    """The first, the other where it is NaN."""
    return np.where(np.isnan(steps), other, steps)


def _medians(flat: F32, *, least: float) -> F32:
    """Each column's, those of columns without enough numbers in between; 0 where there are none at all."""
    there = np.isfinite(flat)
    has = there.any(axis=0) & (there.mean(axis=0) >= least)
    if not has.any():
        return np.zeros(flat.shape[1], dtype=np.float32)
    x = np.arange(flat.shape[1])
    return np.interp(x, x[has], np.nanmedian(flat[:, has], axis=0)).astype(np.float32)
