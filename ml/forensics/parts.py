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


_FIELDS: Final = ("magnitudes", "steps", "evidence", "mid_side", "copied", "noise")


def pair(
    magnitudes: F32, steps: F32, evidence: F32, copied: Bools, noise: F32, *, bands: I32, whole: bool
) -> Part:
    """Left and right, or mid and side, whichever lies more on a lattice; where one of a pair is silent, the other counts
    twice.

    whole : the choice is one for all bands
    """
    if magnitudes.shape[1] == 1:
        unpaired = np.zeros(evidence.shape[::2], dtype=np.float32)
        return Part(magnitudes, steps, evidence, unpaired, copied, noise)
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
        noise,
    )


def copied_bands(magnitudes: F32, bands: I32, *, noise: float | None) -> Bools:
    """Bands in which one channel is a multiple of the other, as intensity stereo leaves them: shape (n, n_bands).

    magnitudes : shape (n, 1 or 4 channels, n_lines)
    noise : None where no coder copies
    """
    if noise is None or magnitudes.shape[1] == 1:
        return np.zeros((len(magnitudes), len(bands) - 1), dtype=bool)
    left, right = magnitudes[:, 0], magnitudes[:, 1]
    l2, r2, lr = (np.add.reduceat(x, bands[:-1], axis=1) for x in (left**2, right**2, left * right))
    more, less = np.maximum(l2, r2), np.minimum(l2, r2)
    stray = (less - lr**2 / np.maximum(more, 1e-9)) / np.diff(bands)
    audible = less / np.diff(bands) > (4 * noise) ** 2
    return np.asarray(audible & (stray < (COPIED * noise) ** 2))


def filled_in(known: F32) -> F32:
    """Unknown steps from the known ones of the same frame: by how they lie over each band's median, and in between."""
    flat = known.reshape(-1, known.shape[-1]).copy()
    x = np.arange(flat.shape[1])
    usual = _medians(flat)
    for row in flat:
        at = np.isfinite(row)
        if not at.all():
            over = np.interp(x, x[at], (row - usual)[at]) if at.any() else 0.0
            row[:] = np.where(at, row, usual + over)
    return flat.reshape(known.shape)


def either(steps: F32, other: F32) -> F32:
    """The first, the other where it is NaN."""
    return np.where(np.isnan(steps), other, steps)


def _medians(flat: F32) -> F32:
    """Each column's, those of columns without numbers in between; 0 where there are none at all."""
    has = np.isfinite(flat).any(axis=0)
    if not has.any():
        return np.zeros(flat.shape[1], dtype=np.float32)
    x = np.arange(flat.shape[1])
    return np.interp(x, x[has], np.nanmedian(flat[:, has], axis=0)).astype(np.float32)
