"""Find the framing grid of a transform coder in decoded samples.

Analysed with the coder's own transform at the coder's own frame offset, many lines fall to almost
nothing: the coder rounded them to zero. One sample off, and they do not (Herre & Schug, "Analysis of
decompressed audio: the inverse decoder", AES 109, 2000). So every offset is tried; each gets, per band and
channel, the mean logarithm of its lines and the share of holes; and a real grid stands out as a needle.

Two guards against needles that no coder made: the slow slope over the offsets is taken away first
(transients and beats), and the frames are dealt into two halves, both of which must show the needle
(a loop seam or a single click is in one half only).
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from ml.forensics import celt, hybrid, sliding
from ml.forensics.channels import CHANNELS
from ml.forensics.windows import sine_series

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
Pieces = Sequence[tuple[int, F32]]
"""(start, y) of each: where it begins in the signal, and left and right in 16-bit steps, shape (2, n)."""
Known = dict[Hashable, F32]
"""What trials at a search's first regions have found, so that nothing is measured twice."""

BAND_EDGES_HZ: Final = (500, 2000, 4000, 7000, 10000, 13000, 16000, 20000)

AUDIBLE: Final = 1.0
"""Mean step between samples, both channels, in 16-bit steps: quieter regions are left out."""

MIDDLE: Final = (0.3, 0.8)
"""Quantiles of loudness between which regions are looked at first."""

LEAST_REGIONS: Final = 2
"""In each half: of fewer, a short sound between silences makes needles."""

MOST_REGIONS: Final = 256
"""More are never looked at."""

GOLDEN: Final = 0.6180339887498949

NEAR: Final = 3
"""Offsets this close to a grid belong to it."""

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
    top_hz: int = BAND_EDGES_HZ[-1]
    """Where it stops looking: bands above are empty."""

    def edges(self, sr: int) -> I32:
        """Band edges as line numbers, kept away from both ends; shape (n_bands + 1,)."""
        lines: F64 = np.minimum(BAND_EDGES_HZ, self.top_hz) / (sr / 2) * self.n_lines
        margin = sliding.MARGIN if self.n_lines > hybrid.LINES else 0
        edges: I32 = np.clip(np.round(lines), margin, self.n_lines - margin).astype(np.int32)
        return edges


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
    lattice: float = np.nan
    """Height of the evidence for a lattice of steps over other offsets', see :mod:`ml.forensics.trial`."""
    evidence: float = np.nan
    """That evidence itself, nats a line."""
    exact: bool = False
    """Whether the coder's own absolute steps gave that height; a clear lattice may, somewhat lower, after a gain too."""
    shifted: float = np.nan
    """The same height for the coder's own steps after some gain: tried where nothing else is heard, at many gains."""
    patient: float = np.nan
    """The same height over every frame there is, at a few offsets: tried last where nothing else is heard."""
    combed: float = np.nan
    """The same height at all offsets, of short blocks or in the loudest regions, see :mod:`ml.forensics.shorts`,
    :mod:`ml.forensics.start_trial` and :mod:`ml.forensics.combing`."""
    blurred: float = np.nan
    """The same height where a later coder's rounding has blurred the steps: tried where another coder is heard."""
    second: float = np.nan
    """Height of the best other offset: the same coder twice, or an edit between two parts."""
    twice: float = np.nan
    """Height of another offset where this one shows, which few edits have; see :mod:`ml.forensics.twice`."""

    @property
    def height(self) -> float:
        """The clearest of the tests; that at many gains has more chances to be wrong."""
        clear = (self.confirmed, self.lattice, self.patient, self.combed, self.blurred)
        return float(np.nanmax([*clear, self.shifted / 2]))


def _mdct(
    half: int, shapes: Sequence[str], names: tuple[str, ...], regions: int, *, top_hz: int = BAND_EDGES_HZ[-1]
) -> Transform:
    series = np.stack([sine_series(shape, 2 * half) for shape in shapes])

    def scan(y: F32, edges: I32, out: F32) -> None:
        sliding.scan(y, half, series, edges, out)

    return Transform(half, 3 * half, half, names, scan, regions, top_hz)


TRANSFORMS: Final = (
    Transform(hybrid.LINES, hybrid.REACH, hybrid.LINES, ("mp3",), hybrid.scan_hybrid, 12),
    Transform(hybrid.BANDS, hybrid.REACH, hybrid.BANDS, ("mp2",), hybrid.scan_polyphase, 12),
    _mdct(1024, ("sine", "kbd4", "vorbis"), ("aac-sine", "aac-kbd", "vorbis"), 14),
    _mdct(256, ("kbd5",), ("ac3",), 64),
    _mdct(2048, ("sine",), ("wma",), 8, top_hz=10000),
)
CELT: Final = Transform(celt.LINES, celt.REACH, celt.LINES, ("opus",), celt.scan_celt, 12)

CODERS: Final = tuple(name for transform in (*TRANSFORMS, CELT) for name in transform.coders)


class Search:
    """The offsets of one transform, scored over more and more regions of a track."""

    def __init__(self, pieces: Pieces, *, sr: int, transform: Transform) -> None:
        self._sr, self.transform = sr, transform
        self._edges = transform.edges(sr)
        shape = (transform.length, len(transform.coders), 4, 2, len(self._edges) - 1)
        self._sums = np.zeros((2, *shape), dtype=np.float32)
        self._counts = [0, 0]
        self._regions = list(islice(_regions(pieces, transform), MOST_REGIONS))
        self._orders: dict[str, NDArray[np.intp]] = {}
        self.known: defaultdict[str, Known] = defaultdict(dict)
        """By coder."""

    def more(self, *, effort: float = 1.0) -> "Search":
        """Score as many further regions as the transform asks for, times ``effort``."""
        self._orders.clear()
        out = np.zeros(self._sums.shape[1:], dtype=np.float32)
        done = sum(self._counts)
        for region in self._regions[done : done + round(self.transform.regions * effort)]:
            half = sum(self._counts) % 2
            self.transform.scan(region, self._edges, out)
            self._sums[half] += out
            self._counts[half] += 1
        return self

    def regions(self, n: int) -> F32:
        """The first ``n`` regions, shape (n or fewer, 2, reach)."""
        chosen = self._regions[:n]
        return np.stack(chosen) if chosen else np.empty((0, 2, self.transform.reach), dtype=np.float32)

    def candidates(self, coder: str, n: int) -> list[int]:
        """The ``n`` likeliest offsets of a coder, by all bands of one channel together."""
        if coder not in self._orders:
            means = self._sums[:, :, self.transform.coders.index(coder)].sum(axis=0)
            heights = np.clip(_heights(means)[..., :-1], -2, 8).sum(axis=(2, 3)).max(axis=1)
            self._orders[coder] = np.argsort(-heights, kind="stable")
        return [int(offset) for offset in self._orders[coder][:n]]

    def grids(self) -> list[Grid]:
        """The best grid of each of the transform's coders; none where the signal is too short."""
        if min(self._counts) < LEAST_REGIONS:
            return []
        means = self._sums / np.array(self._counts, dtype=np.float32).reshape(2, 1, 1, 1, 1, 1)
        return [_needle(name, means[:, :, w], sr=self._sr) for w, name in enumerate(self.transform.coders)]


def _regions(pieces: Pieces, transform: Transform) -> Iterator[F32]:
    """Regions on a common grid of ``length`` samples, neither loud nor quiet ones first, spread over the track.

    The loudest are often transients, where coders switch to short blocks; the quietest hold nothing to round.
    Successive regions lie far apart (golden-ratio order), so any first few of them are spread evenly.
    """
    loudness = [np.zeros(0, dtype=np.float32)]
    regions: list[F32] = []
    for start, y in pieces:
        first = -start % transform.length
        treble = np.abs(np.diff(y[:, first:], axis=1)).sum(axis=0)
        if len(treble) < transform.reach:
            continue
        at_each = np.lib.stride_tricks.sliding_window_view(treble, transform.reach)[:: transform.length, ::7]
        loudness.append(at_each.mean(axis=1))
        places = first + transform.length * np.arange(len(at_each))
        regions += [y[:, at : at + transform.reach] for at in places]
    level = np.concatenate(loudness)
    heard = np.flatnonzero(level > AUDIBLE)
    if len(heard) == 0:
        return
    low, high = np.quantile(level[heard], MIDDLE)
    middle = heard[(level[heard] >= low) & (level[heard] <= high)]
    rest = np.setdiff1d(heard, middle)
    yield from (regions[i] for part in (middle, rest) for i in part[_spread(len(part))])


def _spread(n: int) -> NDArray[np.intp]:
    """0 .. n-1 in golden-ratio order.

    >>> _spread(8).tolist()
    [0, 5, 2, 7, 4, 1, 6, 3]
    """
    return np.argsort(np.argsort(np.arange(n) * GOLDEN % 1.0))


def _needle(coder: str, halves: F32, *, sr: int) -> Grid:
    """halves: shape (2, offsets, 4, 2, n_bands)"""
    heights = np.stack([_heights(half) for half in halves])  # (2, offsets, 4, 2, n_bands + 1)
    both = heights.min(axis=0)
    offset, channel, _, band = np.unravel_index(int(both.argmax()), both.shape)
    others = np.delete(both, (offset + np.arange(-NEAR, NEAR + 1)) % len(both), axis=0)
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
        second=float(others.max()),
    )


def _heights(scores: F32) -> F64:
    """Robust z of each offset, and of all bands together, shape (offsets, 4, 2, n_bands + 1).

    scores : shape (offsets, 4, 2, n_bands); statistic 0 (mean log) is low at a grid, statistic 1 (holes) high
    """
    signed = scores.astype(np.float64) * np.array([-1.0, 1.0])[:, None]
    z: F64 = _robust(_sharp(signed), floor=np.array(LEAST_SPREAD)[:, None])
    together = _robust(np.clip(z, -4, 12).sum(axis=-1, keepdims=True), floor=0.5)
    return np.concatenate([z, together], axis=-1)


def _sharp(scores: F64, *, reach: int = 8, leave_out: int = 1) -> F64:
    """What rises above the neighbouring offsets (8 on each side, without the next ones)."""
    wide, near = 2 * reach + 1, 2 * leave_out + 1
    around = uniform_filter1d(scores, wide, axis=0, mode="reflect") * wide
    around -= uniform_filter1d(scores, near, axis=0, mode="reflect") * near
    return np.asarray(scores - around / (wide - near))


def _robust(values: F64, *, floor: float | F64) -> F64:
    centred = values - _median(values)
    return np.asarray(centred / np.maximum(1.4826 * _median(np.abs(centred)), floor))


def _median(values: F64) -> F64:
    """Over axis 0, which has an even length: sorting all is twice as fast as numpy's own way."""
    ranked, half = np.sort(values, axis=0), len(values) // 2
    return np.asarray((ranked[half - 1] + ranked[half]) / 2)
