"""Find the framing grid of a transform coder in decoded samples.

Analysed with the coder's own transform at the coder's own frame offset, many lines fall to almost
nothing: the coder rounded them to zero. One sample off, and they do not (Herre & Schug, "Analysis of
decompressed audio: the inverse decoder", AES 109, 2000). So every offset is tried; each gets, per band and
channel, the mean logarithm of its lines and the share of holes; and a real grid stands out as a needle.

Two guards against needles that no coder made: the slow slope over the offsets is taken away first
(transients and beats), and the frames are dealt into two halves, both of which must show the needle
(a loop seam or a single click is in one half only).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from ml.forensics import celt, hybrid, sliding
from ml.forensics.windows import sine_series

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

BAND_EDGES_HZ: Final = (500, 2000, 4000, 7000, 10000, 13000, 16000, 20000)
CHANNELS: Final = ("L", "R", "M", "S")

LEAST_SPREAD: Final = (0.01, 0.001)
"""Floor for the deviation over the offsets (log2, share of holes): an empty band must not divide by nothing."""


@dataclass(frozen=True, slots=True)
class Transform:
    """One analysis that several coders may share, with a window shape for each."""

    length: int
    """Offsets to try = samples between frames."""
    reach: int
    """Samples that one region spans."""
    n_lines: int
    coders: tuple[str, ...]
    """A name for each window shape, in the order of the scan's window axis."""
    scan: Callable[[F32, I32, F32], None]
    regions: int
    """How many regions of the track are looked at."""

    def edges(self, sr: int) -> I32:
        """Band edges as line numbers, kept away from both ends; shape (n_bands + 1,)."""
        lines = np.array(BAND_EDGES_HZ) / (sr / 2) * self.n_lines
        margin = sliding.MARGIN if self.n_lines > hybrid.LINES else 0
        return np.clip(np.round(lines), margin, self.n_lines - margin).astype(np.int32)


@dataclass(frozen=True, slots=True)
class Grid:
    """The best needle of one coder."""

    coder: str
    sr: int
    """Rate at which it was found, Hz."""
    offset: int
    """Samples from the start of the signal to a frame start, modulo the frame length."""
    sigma: float
    """Height of the needle over all frames, in robust standard deviations of the other offsets."""
    confirmed: float
    """The smaller height of the two halves: what is believed."""
    channel: str
    band: int
    """Number of the band with the strongest needle; n_bands stands for all bands together."""
    depth: F32
    """Mean log2 magnitude elsewhere minus here, shape (4 channels, n_bands)."""
    holes: F32
    """Share of holes here minus elsewhere, shape (4 channels, n_bands)."""


def _mdct(half: int, shapes: Sequence[str], names: tuple[str, ...], regions: int) -> Transform:
    series = np.stack([sine_series(shape, 2 * half) for shape in shapes])

    def scan(y: F32, edges: I32, out: F32) -> None:
        sliding.scan(y, half, series, edges, out)

    return Transform(half, 3 * half, half, names, scan, regions)


TRANSFORMS: Final = (
    Transform(hybrid.LINES, hybrid.REACH, hybrid.LINES, ("mp3",), hybrid.scan_hybrid, 28),
    Transform(hybrid.BANDS, hybrid.REACH, hybrid.BANDS, ("mp2",), hybrid.scan_polyphase, 12),
    _mdct(1024, ("sine", "kbd4", "vorbis"), ("aac-sine", "aac-kbd", "vorbis"), 20),
    _mdct(256, ("kbd5",), ("ac3",), 64),
    _mdct(2048, ("sine",), ("wma",), 12),
)
CELT: Final = Transform(celt.LINES, celt.REACH, celt.LINES, ("opus",), celt.scan_celt, 16)

CODERS: Final = tuple(name for transform in (*TRANSFORMS, CELT) for name in transform.coders)


def search(pieces: Sequence[tuple[int, F32]], *, sr: int, transform: Transform) -> list[Grid]:
    """The best grid of each of the transform's coders.

    pieces : (start, y) with y of shape (2, n), left and right in 16-bit steps
    """
    edges = transform.edges(sr)
    n_bands = len(edges) - 1
    halves = np.zeros((2, transform.length, len(transform.coders), 4, 2, n_bands), dtype=np.float32)
    out = np.zeros(halves.shape[1:], dtype=np.float32)
    counts = [0, 0]
    for i, region in enumerate(_regions(pieces, transform)):
        transform.scan(region, edges, out)
        halves[i % 2] += out
        counts[i % 2] += 1
    if min(counts) == 0:
        return []
    halves /= np.array(counts, dtype=np.float32).reshape(2, 1, 1, 1, 1, 1)
    return [_needle(name, halves[:, :, w], sr=sr) for w, name in enumerate(transform.coders)]


def _regions(pieces: Sequence[tuple[int, F32]], transform: Transform) -> Iterator[F32]:
    """Regions on a common grid of ``length`` samples: the louder ones of each part of the track, in order."""
    loudness: list[float] = []
    regions: list[F32] = []
    for start, y in pieces:
        first = -start % transform.length
        treble = np.abs(np.diff(y[:, first:], axis=1)).sum(axis=0)
        for at in range(0, len(treble) + 1 - transform.reach, transform.length):
            loudness.append(float(treble[at : at + transform.reach : 7].sum()))
            regions.append(y[:, first + at : first + at + transform.reach])
    parts = min(max(1, transform.regions // 2), max(1, len(regions)))
    for part in np.array_split(np.arange(len(regions)), parts):
        loudest = sorted(part, key=lambda i: -loudness[i])[:2]
        yield from (regions[i] for i in sorted(loudest))


def _needle(coder: str, halves: F32, *, sr: int) -> Grid:
    """halves: shape (2, offsets, 4, 2, n_bands)"""
    heights = np.stack([_heights(half) for half in halves])  # (2, offsets, 4, 2, n_bands + 1)
    both = heights.min(axis=0)
    offset, channel, _, band = np.unravel_index(int(both.argmax()), both.shape)
    mean = halves.mean(axis=0)
    here, elsewhere = mean[offset], np.median(mean, axis=0)
    return Grid(
        coder=coder,
        sr=sr,
        offset=int(offset),
        sigma=float(heights.mean(axis=0)[offset].max() * np.sqrt(2)),
        confirmed=float(both.max()),
        channel=CHANNELS[channel],
        band=int(band),
        depth=elsewhere[:, 0] - here[:, 0],
        holes=here[:, 1] - elsewhere[:, 1],
    )


def _heights(scores: F32) -> F64:
    """Robust z of each offset, and of all bands together, shape (offsets, 4, 2, n_bands + 1).

    scores : shape (offsets, 4, 2, n_bands); statistic 0 (mean log) is low at a grid, statistic 1 (holes) high
    """
    signed = scores.astype(np.float64) * np.array([-1.0, 1.0])[:, None]
    z = _robust(_sharp(signed), floor=np.array(LEAST_SPREAD)[:, None])
    together = _robust(np.clip(z, -4, 12).sum(axis=-1, keepdims=True), floor=0.5)
    return np.concatenate([z, together], axis=-1)


def _sharp(scores: F64, *, reach: int = 8, leave_out: int = 1) -> F64:
    """What rises above the neighbouring offsets (8 on each side, without the next ones)."""
    wide, near = 2 * reach + 1, 2 * leave_out + 1
    around = uniform_filter1d(scores, wide, axis=0, mode="reflect") * wide
    around -= uniform_filter1d(scores, near, axis=0, mode="reflect") * near
    return scores - around / (wide - near)


def _robust(values: F64, *, floor: float | F64) -> F64:
    centred = values - np.median(values, axis=0)
    return centred / np.maximum(1.4826 * np.median(np.abs(centred), axis=0), floor)
