"""What a Vorbis encoder sent: the whole numbers that are left when each line is divided by its floor.

Their sizes and bits follow the quality setting; and where left and right have equal numbers in line after line, the
encoder kept one magnitude for both (point stereo), which it does from a frequency on that the quality sets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from ml.forensics import floor
from ml.forensics.channels import alike
from ml.forensics.floor import FULL_SCALE, LONG, OCTAVES, POSTS, SHORT
from ml.forensics.steps import code_length
from ml.forensics.transforms import CODERS

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

BAND_EDGES_HZ: Final = (400, 1000, 2500, 4500, 7000, 10000, 13000, 15500, 17500, 20000)
STATISTICS: Final = ("size", "bits", "coded", "fits", "same")
"""Mean log2(1 + |q|); bits a line; share of lines not zero; evidence for the floor, nats a line; of the lines not zero,
the share where left and right have the same |q|."""
TOTALS: Final = ("evidence", "least_evidence", "kbps_p10", "kbps_p50", "kbps_p90", "top_khz", "end_khz")
"""Evidence in all lines, mean and 20th percentile over the blocks; bits in one second and channel, percentiles over the
better half of the blocks; where the highest number that is not zero lies, in the median of these blocks and the widest.
Without evidence the numbers mean nothing, so all but the first two are NaN."""

PHASES: Final = 8
"""Long blocks begin anew at multiples of a short one wherever Vorbis changes between the two."""

BLOCKS: Final = 12
"""Regions that are described: those that look most like one long block."""
SCOUTS: Final = 2
"""Regions of these in which the gain is looked for."""

MOST_EVIDENCE: Final = 3.0

HIDDEN: Final = 1.5
"""Lines under this many deviations of the noise count as zero."""

SURE: Final = 4.0
"""Lines over so many are coded beyond doubt, where the lines around them lie on a floor."""

FITS_FROM: Final = 0.3
"""Nats a line from which lines are believed to."""

FINE_TOLERANCE: Final = 0.003
FINE_MOST: Final = 60
ROUGH_TOLERANCE: Final = OCTAVES * float(np.log(2)) / 12**0.5
ROUGH_MOST: Final = 8
"""The same where the gain is not known yet: steps are wrong by up to half an entry."""

BELIEVED: Final = 0.5
"""The same in the mean over all blocks, from which their numbers are."""

HEARD_TO: Final = 650
"""The post up to which that is looked at."""

FROM_FIRST: Final = np.array(POSTS, dtype=np.int32) - POSTS[0]

NO_STEP: Final = 40.0
"""log2 of a step at which everything is zero."""

OWN_GAIN: Final = 0.02
"""Nats a line that no gain is allowed over some gain."""


@dataclass(frozen=True, slots=True)
class Residue:
    """What was found at one grid."""

    bands: F32
    """Shape (n_bands, n_statistics); NaN where there is nothing."""
    totals: F32
    """Shape (n_totals,)."""


def phases(offset: int) -> tuple[int, ...]:
    """Where long blocks may begin, given one of their places."""
    return tuple((offset + SHORT * k) % (PHASES * SHORT) for k in range(PHASES))


def describe(regions: F32, *, offset: int, sr: int, noise: float) -> Residue:
    """Numbers under the likeliest floors.

    regions : left and right in 16-bit steps, shape (n, 2, reach), n at least 1
    offset : of the grid; each region takes whichever of the phases leaves its lines emptiest
    noise : deviation of the file's own rounding, in 16-bit steps
    """
    magnitudes = blocks(regions, offsets=phases(offset), noise=noise)[:BLOCKS]
    n, channels, n_lines = magnitudes.shape
    flat = magnitudes.reshape(-1, n_lines)
    phase = gain(flat[: SCOUTS * channels], noise=noise)
    steps, evidence = floor.fit(flat, noise=noise, phase=phase, tolerance=FINE_TOLERANCE, most=FINE_MOST)
    q = _numbers(flat, steps, noise=noise)
    bits = code_length(q[:, POSTS[0] :], FROM_FIRST).reshape(n, channels, -1)
    q = q.reshape(magnitudes.shape)
    evidence = np.clip(evidence, -1.0, MOST_EVIDENCE).reshape(magnitudes.shape)
    heard = evidence[..., POSTS[0] : HEARD_TO].mean(axis=(1, 2))
    better = heard >= np.median(heard)
    sure = (
        (q > 0) & (magnitudes > SURE * noise) & (uniform_filter1d(evidence, LONG.around, axis=-1) > FITS_FROM)
    )
    tops = (np.arange(1, n_lines + 1) * sure[better].any(axis=1)).max(axis=1) * (sr / 2000 / n_lines)
    kbps = bits[better].mean(axis=1).sum(axis=1) * (sr / n_lines) / 1000
    spent = (*np.percentile(kbps, (10, 50, 90)), np.median(tops), tops.max())
    by_line = np.repeat(bits / np.diff(POSTS), np.diff(POSTS), axis=-1)
    bands = _by_band(q[better], by_line[better], evidence[better], sr=sr)
    believed = 1.0 if heard.mean() > BELIEVED else np.nan
    totals = (heard.mean(), np.percentile(heard, 20), *(believed * value for value in spent))
    return Residue(np.float32(believed) * bands, np.array(totals, dtype=np.float32))


def blocks(regions: F32, *, offsets: Sequence[int], noise: float) -> F32:
    """|X| of left and right (one where both are alike) at each region's emptiest offset: shape (n, channels, 1024).

    Regions that gain most by their offset come first: long blocks between long blocks.
    """
    coder = CODERS["vorbis"]
    channels = 1 if alike(regions) else 2
    frames = np.stack([regions[:, :channels, at : at + coder.span] for at in offsets])
    found = np.abs(coder.lines(frames.reshape(-1, coder.span))).reshape(*frames.shape[:3], -1)
    fullness = np.log2(found[..., POSTS[0] : HEARD_TO] + np.float32(noise)).mean(axis=(2, 3))  # (offsets, n)
    best = fullness.argmin(axis=0)
    order = np.argsort(fullness.min(axis=0) - np.median(fullness, axis=0), kind="stable")
    return np.asarray(found[best[order], order])


def gain(magnitudes: F32, *, noise: float) -> float:
    """log2 of a gain after decoding, within half an entry of the floor's table: 0 unless another is likelier."""

    def says(phase: float) -> float:
        _, evidence = floor.fit(
            magnitudes, noise=noise, phase=phase, tolerance=FINE_TOLERANCE, most=FINE_MOST
        )
        return float(np.clip(evidence, -1.0, MOST_EVIDENCE).mean())

    rough = [_phase(magnitudes, noise=noise, guess=guess) for guess in (0.0, OCTAVES / 2)]
    heard = {phase: says(phase) for phase in rough} | {0.0: says(0.0) + OWN_GAIN}
    return max(heard, key=heard.__getitem__)


def _phase(magnitudes: F32, *, noise: float, guess: float) -> float:
    """The gain that small numbers say, when the floors are roughly known."""
    steps, evidence = floor.fit(
        magnitudes, noise=noise, phase=guess, tolerance=ROUGH_TOLERANCE, most=ROUGH_MOST
    )
    q = _numbers(magnitudes, steps, noise=noise)
    clear = (q >= 1) & (q <= ROUGH_MOST) & (evidence > 0.3) & (magnitudes > 8 * noise)
    turns = (np.log2(magnitudes[clear] / q[clear]) - FULL_SCALE) / OCTAVES
    return float(np.angle(np.exp(2j * np.pi * turns).sum()) / (2 * np.pi) * OCTAVES)


def _numbers(magnitudes: F32, steps: F32, *, noise: float) -> F32:
    """The nearest |q| of each line, 0 outside the posts and where the line hides in the noise."""
    q = np.rint(magnitudes * np.exp2(-np.nan_to_num(steps, nan=NO_STEP)))
    return np.asarray(np.where(magnitudes < HIDDEN * noise, 0, q), dtype=np.float32)


def _by_band(q: F32, bits: F32, evidence: F32, *, sr: int) -> F32:
    """Shape (n_bands, n_statistics); each of shape (n, channels, n_lines), bits from the first post on."""
    n_lines, first = q.shape[-1], POSTS[0]
    edges = np.clip(np.round(np.array(BAND_EDGES_HZ) / (sr / 2) * n_lines).astype(int), first, n_lines)
    rows = [
        _statistics(q[..., a:b], bits[..., a - first : b - first], evidence[..., a:b])
        for a, b in pairwise(edges)
    ]
    return np.array(rows, dtype=np.float32)


def _statistics(q: F32, bits: F32, evidence: F32) -> tuple[float, ...]:
    """Each of shape (n, channels, lines of one band)."""
    if q.size == 0:
        return (np.nan,) * len(STATISTICS)
    coded = (q > 0).any(axis=1)
    same = (q[:, 0] == q[:, 1])[coded].mean() if q.shape[1] == 2 and coded.sum() > 20 else np.nan
    return (
        float(np.log2(1 + q).mean()),
        float(bits.mean()),
        float((q > 0).mean()),
        float(evidence.mean()),
        float(same),
    )
