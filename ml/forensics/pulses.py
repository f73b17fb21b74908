"""What Opus' music coder (CELT) spent: its pulses, and from which band on it gave up stereo.

A band is a gain times a vector of whole numbers, the pulses (RFC 6716, 4.3.4); their number a line follows the bitrate
closely. In stereo the two vectors are those of left and right, or of mid and side after each channel was brought to the
same energy: L = a (m - s), R = b (m + s). The ratio a : b is near that of the energies, and is searched around it.

From some band on only one vector is sent, and a gain for each channel ("intensity"): left and right are then copies
but for their size. Which band that is, libopus reads off the bitrate it was asked for, by a table
(``intensity_thresholds`` in celt_encoder.c): from 12 kHz on under 106 kbps, from 15.6 kHz under 134, none above.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics import celt
from ml.forensics.bands import CELT_EDGES
from ml.forensics.bands import celt as celt_parts
from ml.forensics.channels import alike
from ml.forensics.mdct import mdct
from ml.forensics.rounding import SILENT_STEP
from ml.forensics.steps import Law, fit, numbers
from ml.forensics.trial import MOST_EVIDENCE

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]

GROUPS: Final = (0, 8, 12, 15, 17, 18, 19, 20, 21)
"""Bands that are described together: numbers of the first ones, and the end."""
FRAMES: Final = 240
"""Five seconds. Of ten parts one to four lie on a lattice: in 24 frames 87.8 % of the examples were told, in these, with
percentiles, 89.8 % (n 600, 6 s and more, three classes)."""

PERCENTILES: Final = (10, 25, 75, 90)
OF_FRAMES: Final = (10, 50, 90)
STATISTICS: Final = (
    *("rate", "fits", "main"),
    *(f"main_p{p}" for p in PERCENTILES),
    "main_mean",
    *(f"frames_p{p}" for p in OF_FRAMES),
)
"""Median pulses a line where there is a lattice; share of parts on one; of the vector that has more the median,
percentiles and mean, and percentiles of its mean in a frame: a bitrate that varies goes up from the one asked for."""
INTENSITY_FROM: Final = 16
"""Band from which copies are looked for."""
COPIES: Final = ("copied", "unlike")
"""Share of frames in which the channels are copies; log10 of what is not common over what is, the median."""

CONTRASTS: Final = ((18, 19), (19, 20), (18, 20))
"""Pairs of bands between which intensity begins at one bitrate and does not at another."""

LAW: Final = Law(1.0, per_octave=16, phase=0.0, tolerance=0.0125, most=16)
FITS_FROM: Final = 0.8
"""Nats a line from which a part is believed: at 0.3, as for other coders, many steps are tried and small ones fit by
chance; of 254 examples 81 % were told then, 84 % so."""
RATIOS: Final = np.exp(np.linspace(-0.2, 0.2, 11)).astype(np.float32)
"""Tried around the ratio of the energies, which rounding has moved."""

AUDIBLE: Final = 30.0
"""Power over the noise's from which a band's channels are compared."""
LEAST_FRAMES: Final = 4
LEAST_PARTS: Final = 6
"""Of fewer no number is taken."""
LEAST_SOUNDING: Final = 8
"""Frames; of fewer their percentiles are not."""


@dataclass(frozen=True, slots=True)
class Pulses:
    """What was found at one grid; NaN where there is nothing."""

    groups: F32
    """Shape (n_groups, n_statistics)."""
    copies: F32
    """Shape (n_bands from INTENSITY_FROM, 2)."""

    @classmethod
    def nothing(cls) -> "Pulses":
        """All NaN."""
        shapes = (len(GROUPS) - 1, len(STATISTICS)), (len(CELT_EDGES) - 1 - INTENSITY_FROM, len(COPIES))
        return cls(*(np.full(shape, np.nan, dtype=np.float32) for shape in shapes))

    def contrasts(self) -> F32:
        """How much more alike the channels are above each of the edges that tell bitrates, shape (3,)."""
        unlike = self.copies[:, COPIES.index("unlike")]
        return np.array(
            [unlike[b - INTENSITY_FROM] - unlike[a - INTENSITY_FROM] for a, b in CONTRASTS], dtype=np.float32
        )


def hz(band: int) -> int:
    """Where a band begins.

    >>> [hz(band) for band in (0, 16, 19, 20)]
    [0, 6800, 12000, 15600]
    """
    return round(CELT_EDGES[band] * celt.RATE / 2 / celt.LINES)


def describe(regions: F32, *, offset: int, noise: float) -> Pulses:
    """Pulses and copies in one frame of every region; FRAMES of them are enough.

    regions : pre-emphasised left and right in 16-bit steps at 48 kHz, shape (n, 2, reach), n at least 1
    offset : of the frames from a region's start, in samples
    noise : deviation of the file's own rounding before pre-emphasis, in 16-bit steps
    """
    frames = regions[:, :, offset : offset + 2 * celt.LINES]
    lines = mdct(np.ascontiguousarray(frames), celt.WINDOW) / celt.rounding_gain()
    mono = alike(regions)
    return Pulses(
        groups=_pulses(lines[:, :1] if mono else lines, noise=noise),
        copies=_copies(lines, noise=np.nan if mono else noise),
    )


def _pulses(lines: F32, *, noise: float) -> F32:
    """Shape (n_groups, n_statistics) from lines of shape (n, 1 or 2 channels, 960)."""
    parts = celt_parts()
    parts = parts[parts <= CELT_EDGES[-1]]
    first = np.searchsorted(parts, CELT_EDGES)
    rates, fits = _rates(lines[..., : parts[-1]], parts, first, noise=noise)
    out = [_summary(rates[..., low:high], fits[..., low:high]) for low, high in pairwise(first[list(GROUPS)])]
    return np.array(out, dtype=np.float32)


def _rates(lines: F32, parts: I32, first: Ints, *, noise: float) -> tuple[F32, Bools]:
    """Pulses a line of every part, and whether it lies on a lattice: shape (n, channels, n_parts) both.

    first : number of each band's first part, and the end
    Of the vectors that may have been sent, those are taken, band by band, whose lines lie most on a lattice.
    """
    tried = [_numbers(pair, parts, noise=noise) for pair in _vectors(lines)]
    rates, evidence = (np.stack(part) for part in zip(*tried, strict=True))  # (vectors, n, channels, n_parts)
    says = np.add.reduceat(evidence, first[:-1], axis=-1).sum(axis=2, keepdims=True)
    best = np.repeat(says.argmax(axis=0, keepdims=True), np.diff(first), axis=-1)
    rates, evidence = (np.take_along_axis(part, best, axis=0)[0] for part in (rates, evidence))
    return rates, evidence > FITS_FROM


def _numbers(pair: F32, parts: I32, *, noise: float) -> tuple[F32, F32]:
    """Pulses a line and evidence of every part, shape (n, channels, n_parts) both."""
    n, channels, n_lines = pair.shape
    magnitudes = np.abs(pair).reshape(-1, n_lines)
    steps, evidence = fit(magnitudes, parts, law=LAW, noise=noise)
    steps = np.where(np.isnan(steps), np.float32(SILENT_STEP), steps)
    total = np.add.reduceat(numbers(magnitudes, parts, steps=steps, law=LAW), parts[:-1], axis=-1)
    rates = (total / np.diff(parts)).astype(np.float32).reshape(n, channels, -1)
    return rates, np.clip(evidence, -1.0, MOST_EVIDENCE).reshape(n, channels, -1)


def _vectors(lines: F32) -> Iterator[F32]:
    """Left and right, then mid and side at every ratio; one channel stays as it is. Shape (n, channels, lines) each."""
    yield lines
    if lines.shape[1] == 1:
        return
    energy = np.sqrt(np.add.reduceat(lines**2, CELT_EDGES[:-1], axis=-1)) + np.float32(1e-6)
    ratio = np.repeat(energy[:, 0] / energy[:, 1], np.diff(CELT_EDGES), axis=-1)
    for more in RATIOS:
        left, right = lines[:, 0], lines[:, 1] * ratio * more
        yield np.stack([left + right, left - right], axis=1) * np.float32(np.sqrt(0.5))


def _summary(rates: F32, fits: Bools) -> tuple[float, ...]:
    """STATISTICS of one group, from shape (n, channels, parts)."""
    share = float(fits.mean())
    if fits.sum() < LEAST_PARTS:
        return (np.nan, share, *(np.nan,) * (len(STATISTICS) - 2))
    main = np.where(fits, rates, np.float32(np.nan)).astype(np.float64)
    main = np.fmax.reduce(main, axis=1)
    there = np.isfinite(main)
    percentiles = np.percentile(main[there], PERCENTILES)
    sounding = there.any(axis=1)
    frames = np.nansum(main, axis=1)[sounding] / there.sum(axis=1)[sounding]
    of_frames = (
        np.percentile(frames, OF_FRAMES) if len(frames) >= LEAST_SOUNDING else np.full(len(OF_FRAMES), np.nan)
    )
    median, mean = np.median(main[there]), main[there].mean()
    return (float(np.median(rates[fits])), share, float(median), *percentiles, float(mean), *of_frames)


def _copies(lines: F32, *, noise: float) -> F32:
    """Shape (n_bands, 2); all NaN without noise to compare with."""
    edges = np.array(CELT_EDGES[INTENSITY_FROM:])
    common, rest = _axes(lines, edges)
    out = np.full((len(edges) - 1, len(COPIES)), np.nan, dtype=np.float32)
    for band, (c, r) in enumerate(zip(common.T / noise**2, rest.T / noise**2, strict=True)):
        heard = c > AUDIBLE
        if heard.sum() >= LEAST_FRAMES:
            c, r = c[heard], r[heard]
            out[band] = (r < 3 + 1e-3 * c).mean(), np.median(np.log10(np.maximum(r - 1, 0.3) / c))
    return out


def _axes(lines: F32, edges: Ints) -> tuple[F64, F64]:
    """Mean power along the ellipse of left against right and across it: shape (n, n_bands) both."""
    left, right = lines[:, 0, : edges[-1]].astype(float), lines[:, 1, : edges[-1]].astype(float)
    a, b, both = (
        np.add.reduceat(x[:, edges[0] :], edges[:-1] - edges[0], axis=1) / np.diff(edges)
        for x in (left**2, right**2, left * right)
    )
    middle, half = (a + b) / 2, np.sqrt(np.maximum((a - b) ** 2 / 4 + both**2, 0.0))
    return middle + half, np.maximum(middle - half, 0.0)
