"""A few likely frame offsets are put to the stronger test: do the lines lie on a lattice of steps there?

The search over all offsets looks for holes, which coders at high bitrates hardly leave; but it puts the true offset
among the likeliest. At each of those the evidence of :mod:`ml.forensics.steps` is taken, and one that stands out from
the others, in both halves of the frames, is a grid.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics import hybrid
from ml.forensics.channels import CHANNELS, alike, four
from ml.forensics.deviations import in_deviations
from ml.forensics.grid import NEAR, Grid, Known, Search
from ml.forensics.sliding import EPS_LSB
from ml.forensics.steps import Law, fit, fit_columns
from ml.forensics.transforms import CANONICAL, CODERS, Coder

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

GROUPS_HZ: Final = ((1000, 5000), (5000, 10000), (10000, 16500), (1000, 16500))
"""Parts of the spectrum that are judged by themselves."""

LEAST_SPREAD: Final = 0.005
"""Floor for the deviation over the candidates, in nats a line."""

MOST_EVIDENCE: Final = 3.0
"""A line cannot say more than this, so that no few lines carry everything."""

FRAMES: Final = 24
LEAST_FRAMES: Final = 8
CANDIDATES: Final = 32
LIKELIEST: Final = 16
SCOUTED: Final = 5
SCOUTED_MONO: Final = 12
"""How many regions are looked at, at how many offsets (fewer at first: the true one is among the first four
wherever it is found at all); how many at all offsets."""

MOST_FRAMES: Final = 256
LIKELY: Final = 4
OTHERS: Final = 9
"""How many regions, likely offsets and others where patience is needed."""
BLURRED_FRAMES: Final = 96
BLURRED_LIKELY: Final = 6
"""The same where another coder's rounding lies over it."""

HINT: Final = 2.0
"""Height over half of the regions from which the other half is asked too, where something else may be heard."""
PROMISING: Final = 1.5
"""Height over a quarter of the frames from which the others are looked at too: four times as many double it."""
GLANCED: Final = 8
GAINS: Final = 2
"""How many regions tell which gains are the likeliest, and how many of those are tried on all regions."""

CLEAR: Final = 6.0
"""Height from which no further law is tried."""
HEARD: Final = 4.0
"""Height from which the lattice says where the grid is; what no coder touched stays under 3."""

ROUNDING_16: Final = 0.3
"""Deviation of rounding to 16 bits, in its own steps: 1/sqrt(12), and a little."""
DITHERED_16: Final = 0.6
FINE: Final = 0.1
"""The same for deeper files: what arithmetic leaves."""
CODED: Final = 5.0
"""The same where a later coder has rounded at a high bitrate."""
BLURS: Final = (1.0, 5.0, 25.0, 80.0)
"""The same of a coder whose steps follow the sound: where that is quiet, as a rule, and where it is loud."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The outcome at one candidate."""

    offset: int
    height: float
    """Evidence over the other candidates', in robust deviations, the smaller of the two halves."""
    evidence: float
    """Mean evidence of the channel and group that stand out, nats a line."""
    channel: int


def judge(grid: Grid, search: Search, *, noise: float, thorough: bool = False) -> Grid:
    """The grid with what its coder's lattice says, and moved to where that is clearest.

    search : what the grid was found by
    noise : deviation of the file's own rounding, as :func:`noise_of` gives it
    thorough : also try what takes longer, which is worth it where nothing else is heard
    """
    coder = CODERS.get(grid.coder)
    if coder is None or coder.free is None:
        return grid
    regions = search.regions(FRAMES)
    most, least = (CANDIDATES, -np.inf) if thorough else (LIKELIEST, HINT)
    offsets, known = search.candidates(grid.coder, most), search.known[grid.coder]
    bench = Bench(regions, coder=coder, offsets=offsets, sr=grid.sr, noise=noise, known=known)
    best = grid
    if coder.exact is not None:
        best = _better(best, bench.trials(coder.exact, least=least), exact=True)
        if grid.coder == "mp3" and not _clear(best):
            scouted = scout(
                regions, coder=coder, law=coder.exact, sr=grid.sr, noise=noise, n=most // 2, known=known
            )
            offsets = scouted + offsets
            bench = Bench(regions, coder=coder, offsets=offsets[:most], sr=grid.sr, noise=noise, known=known)
            best = _better(best, bench.trials(coder.exact, least=least), exact=True)
    if not _clear(best):
        best = _better(best, bench.trials(coder.free, least=least), exact=False)
    if thorough and not _clear(best):
        best = _at_any_gain(best, coder, regions, offsets, noise=noise)
    return best


def _at_any_gain(grid: Grid, coder: Coder, regions: F32, offsets: list[int], *, noise: float) -> Grid:
    """The grid with the best outcome under the coder's own steps, moved by one of the likeliest gains."""
    if coder.exact is None or coder.free is None:
        return grid
    if grid.coder == "mp3":
        offsets = scout(regions, coder=coder, law=coder.free, sr=grid.sr, noise=noise, n=8) + offsets
    offsets = offsets[: CANDIDATES // 2]
    glance = Bench(regions[:GLANCED], coder=coder, offsets=offsets, sr=grid.sr, noise=noise)
    likely = sorted(coder.shifted(), key=lambda law: -glance.highest(law))[:GAINS]
    bench = Bench(regions, coder=coder, offsets=offsets, sr=grid.sr, noise=noise)
    found = [outcomes[0] for law in likely if (outcomes := bench.trials(law))]
    if not found:
        return grid
    best = max(found, key=lambda trial: trial.height)
    if best.height < 2 * HEARD or best.height / 2 < grid.height:
        return replace(grid, shifted=best.height)
    return replace(grid, shifted=best.height, offset=best.offset, channel=CHANNELS[best.channel])


def judge_patiently(grid: Grid, search: Search, *, noise: float) -> Grid:
    """The grid with what every frame says of the few likeliest offsets and the canonical ones, beside some others.

    Steps near the file's own rounding leave a trace in few frames only: at 24 of them an MP3 192 of a cello read 2.9,
    at 250 it reads 22.
    """
    coder = CODERS.get(grid.coder)
    if coder is None or grid.coder not in CANONICAL:
        return grid
    laws = coder.laws
    likely = search.candidates(grid.coder, LIKELY)
    if grid.coder == "mp3":
        many = search.regions(2 * FRAMES)
        known = search.known[grid.coder]
        scouted = scout(
            many, coder=coder, law=laws[0], sr=grid.sr, noise=noise, n=LIKELY, effort=2, known=known
        )
        likely = scouted + likely
    suspects = [grid.offset, *CANONICAL[grid.coder], *likely]
    others = neutral_offsets(coder)
    regions = search.regions(MOST_FRAMES if coder.exact else MOST_FRAMES // 2)

    def outcomes(regions: F32) -> list[tuple[float, Trial, Law]]:
        bench = Bench(regions, coder=coder, offsets=[*suspects, *others], sr=grid.sr, noise=noise)
        return [(t.height, t, law) for law in laws for t in bench.trials(law) if t.offset in suspects]

    found = outcomes(regions[: MOST_FRAMES // 4])
    if max((height for height, *_ in found), default=0.0) >= PROMISING:
        found = outcomes(regions)
    if not found:
        return grid
    height, best, law = max(found, key=lambda item: item[0])
    grid = replace(grid, patient=height)
    if height < max(grid.height, HEARD):
        return grid
    return replace(grid, offset=best.offset, channel=CHANNELS[best.channel], exact=law is coder.exact)


def judge_beneath(grid: Grid, search: Search) -> Grid:
    """The grid with what its coder's lattice says under the rounding of a later coder.

    A later coder adds its own noise to every line, far more than a file's rounding does, and what was on a lattice
    lies around it: asked with the file's noise an MP3 128 under Vorbis q8 read 2, with this 12 to 24.
    """
    coder = CODERS.get(grid.coder)
    if coder is None or coder.free is None:
        return grid
    bench = Bench(
        search.regions(FRAMES),
        coder=coder,
        offsets=search.candidates(grid.coder, LIKELIEST),
        sr=grid.sr,
        noise=CODED,
    )
    found = [bench.trials(law, least=HINT)[:1] for law in coder.laws]
    best = max((trial for trials in found for trial in trials), key=lambda trial: trial.height, default=None)
    return grid if best is None else _blurred(grid, best)


def judge_beneath_floors(grid: Grid, search: Search) -> Grid:
    """The same for a coder with canonical offsets under Vorbis, whose noise differs from band to band and with the sound.

    A few likely offsets are held against others that nothing speaks for. So of 195 MP3 under Vorbis 131 read 3 or more,
    each at one noise or another; of 1,833 that Vorbis alone has coded none does.
    """
    coder = CODERS[grid.coder]
    law = coder.free
    assert law is not None
    suspects = [*search.candidates(grid.coder, BLURRED_LIKELY), *CANONICAL[grid.coder]]
    offsets = [*suspects, *neutral_offsets(coder)]
    bench = Bench(search.regions(BLURRED_FRAMES), coder=coder, offsets=offsets, sr=grid.sr, noise=BLURS[0])
    found = [trial for noise in BLURS if (trial := bench.under(noise).best_of(suspects, law))]
    return _blurred(grid, max(found, key=lambda trial: trial.height)) if found else grid


def _blurred(grid: Grid, best: Trial) -> Grid:
    """The grid with an outcome under another coder's rounding, moved there if that is the clearest."""
    grid = replace(grid, blurred=best.height)
    if best.height < max(grid.height, HEARD):
        return grid
    return replace(grid, offset=best.offset, channel=CHANNELS[best.channel])


def neutral_offsets(coder: Coder, *, n: int = OTHERS) -> list[int]:
    """Offsets that nothing speaks for, to hold likely ones against."""
    return [coder.length * k // n + 17 for k in range(n)]


def _clear(grid: Grid) -> bool:
    return grid.lattice >= CLEAR


def _better(grid: Grid, found: Sequence[Trial], *, exact: bool) -> Grid:
    """The grid with the outcome of further trials, if it is clearer."""
    if not found or found[0].height <= np.nan_to_num(grid.lattice, nan=-1.0):
        return grid
    best = found[0]
    others = [t.height for t in found if abs(t.offset - best.offset) > NEAR]
    return replace(
        grid,
        lattice=best.height,
        evidence=best.evidence,
        exact=exact,
        second=max(grid.second, others[0]) if others else grid.second,
        offset=best.offset if best.height > max(grid.confirmed, HEARD) else grid.offset,
        channel=CHANNELS[best.channel] if best.height > max(grid.confirmed, HEARD) else grid.channel,
    )


class Bench:
    """The spectra of some candidate offsets, to be judged under one law after another."""

    def __init__(
        self,
        regions: F32,
        *,
        coder: Coder,
        offsets: Sequence[int],
        sr: int,
        noise: float,
        known: Known | None = None,
    ) -> None:
        """Nothing is judged on fewer than LEAST_FRAMES regions.

        regions : left and right in 16-bit steps, shape (n, 2, reach), as the search cuts them
        offsets : of frames from a region's start, in samples; doubles count once
        noise : as for :func:`judge`
        known : what other benches have found at the same regions
        """
        self._offsets = list(dict.fromkeys(offsets))
        if len(regions) < LEAST_FRAMES:
            self._offsets = []
        self._regions, self._coder, self._sr, self._noise = regions, coder, sr, noise
        self._bands, self._mono = _bands(coder, sr=sr), alike(regions)
        self._split = len(regions) // 2 if len(regions) >= 2 * LEAST_FRAMES else len(regions)
        self._known: Known = {} if known is None else known
        self._spectra: Known = {}

    def under(self, noise: float) -> "Bench":
        """The same spectra, judged with another noise."""
        other = copy(self)
        other._noise = noise
        return other

    def trials(self, law: Law, *, least: float = -np.inf) -> list[Trial]:
        """The candidates' outcomes, best first; nothing for fewer than LEAST_FRAMES regions.

        Outcomes of the first half of the regions, where none there reaches ``least``.
        """
        if not self._offsets:
            return []
        early = self._evidence(law, 0)
        outcomes = self._outcomes(early)
        if outcomes[0].height < least or self._split == len(self._regions):
            return outcomes
        return self._outcomes(np.concatenate([early, self._evidence(law, 1)], axis=1))

    def _outcomes(self, evidence: F32) -> list[Trial]:
        """evidence : shape (offsets, n, channels, n_bands)"""
        grouped = by_group(evidence, self._bands, sr=self._sr, n_lines=self._coder.length)
        means = [grouped[:, half::2].mean(axis=1) for half in (0, 1)]
        heights = np.minimum(*(in_deviations(mean, least=LEAST_SPREAD) for mean in means))
        mean = grouped.mean(axis=1)  # (offsets, channels, groups)
        out = []
        for at, offset in enumerate(self._offsets):
            channel, group = np.unravel_index(int(heights[at].argmax()), heights[at].shape)
            height, evident = float(heights[at].max()), float(mean[at, channel, group])
            out.append(Trial(offset, height, evident, int(channel)))
        return sorted(out, key=lambda trial: -trial.height)

    def highest(self, law: Law) -> float:
        """Height of the best outcome, 0 without any."""
        found = self.trials(law)
        return found[0].height if found else 0.0

    def best_of(self, suspects: Sequence[int], law: Law) -> Trial | None:
        """The best outcome of some of the candidates, beside the others."""
        return next((trial for trial in self.trials(law) if trial.offset in suspects), None)

    def along(self, law: Law) -> F32:
        """Evidence of each region by itself, nats a line, shape (offsets, n).

        Left and right together, or mid and side where these say more: a coder chooses frame by frame.
        """
        found = np.stack([clipped(x, self._bands, law=law, noise=self._noise) for x in self._all])
        whole = by_group(found, self._bands, sr=self._sr, n_lines=self._coder.bands(self._sr)[-1])[..., -1]
        pairs = whole.reshape(*whole.shape[:2], -1, min(2, whole.shape[2])).mean(axis=-1)
        return np.asarray(pairs.max(axis=-1))

    def emptiness(self) -> F32:
        """How little each region holds at every candidate: minus the mean log2 of its lines, shape (offsets, n)."""
        first, last = self._bands[0], self._bands[-1]
        return np.stack([-np.log2(x[..., first:last] + EPS_LSB).mean(axis=(1, 2)) for x in self._all])

    @property
    def _all(self) -> list[F32]:
        halves = (0,) if self._split == len(self._regions) else (0, 1)
        return [np.concatenate([self._magnitudes(o, half) for half in halves]) for o in self._offsets]

    def _evidence(self, law: Law, half: int) -> F32:
        """Shape (offsets, n, channels, n_bands), within -1 and MOST_EVIDENCE; half 0 or 1 of the regions."""
        return np.stack([self._evidence_at(offset, law, half) for offset in self._offsets])

    def _evidence_at(self, offset: int, law: Law, half: int) -> F32:
        key = (law, self._noise, offset, half)
        if key not in self._known:
            magnitudes = self._magnitudes(offset, half)
            self._known[key] = clipped(magnitudes, self._bands, law=law, noise=self._noise)
        return self._known[key]

    def _magnitudes(self, offset: int, half: int) -> F32:
        """|X| at one candidate, shape (n, channels, n_lines)."""
        key = (offset, half)
        if key not in self._spectra:
            regions = self._regions[self._split :] if half else self._regions[: self._split]
            self._spectra[key] = spectra(regions, coder=self._coder, offset=offset, mono=self._mono)
        return self._spectra[key]


def frame_among(begins: Sequence[int], regions: F32, *, coder: str, law: Law, sr: int, noise: float) -> int:
    """Where frames begin, of the places that short blocks allow: where long blocks show, or else where decoders put it.

    regions, noise : as for :class:`Bench`
    """
    kind = CODERS[coder]
    likely = sorted(begins, key=lambda begin: begin not in CANONICAL.get(coder, (0,)))
    bench = Bench(regions, coder=kind, offsets=[*likely, *neutral_offsets(kind)], sr=sr, noise=noise)
    long = bench.best_of(likely, law)
    return likely[0] if long is None or long.height < HEARD else long.offset


def clipped(magnitudes: F32, bands: I32, *, law: Law, noise: float) -> F32:
    """Evidence within -1 and MOST_EVIDENCE, so that no tonal band decides alone: (n, channels, n_bands).

    magnitudes : shape (n, channels, n_lines)
    """
    n, channels, n_lines = magnitudes.shape
    _, evidence = fit(magnitudes.reshape(-1, n_lines), bands, law=law, noise=noise)
    return np.clip(evidence, -1.0, MOST_EVIDENCE).reshape(n, channels, -1)


def clipped_columns(lines: Sequence[F32], bands: I32, *, law: Law, noise: float) -> F32:
    """The same of lines in columns: (n_lines, n) of each channel -> (n, channels, n_bands)."""
    evidence = [fit_columns(np.abs(x), bands, law=law, noise=noise)[1] for x in lines]
    return np.clip(np.stack(evidence, axis=1), -1.0, MOST_EVIDENCE)


def scout(
    regions: F32,
    *,
    coder: Coder,
    law: Law,
    sr: int,
    noise: float,
    n: int,
    effort: int = 1,
    known: Known | None = None,
) -> list[int]:
    """The ``n`` likeliest of all offsets, best first, by the evidence of a few regions; none without regions.

    regions, noise, known : as for :class:`Bench`; effort : times as many regions
    """
    bands = _bands(coder, sr=sr)
    mono = alike(regions)
    chosen = regions[: effort * (SCOUTED_MONO if mono else SCOUTED)]
    if len(chosen) == 0:
        return []
    known = {} if known is None else known
    found = []
    for number, (left, right) in enumerate(chosen):
        key = ("scouted", law, noise, mono, number)
        if key not in known:
            a = _at_all_offsets(left, coder)
            lines = (a,) if mono else four(a, _at_all_offsets(right, coder))
            evidence = clipped_columns(lines, bands, law=law, noise=noise)
            known[key] = by_group(evidence, bands, sr=sr, n_lines=coder.length)
        found.append(known[key])
    mean = np.asarray(np.mean(found, axis=0, dtype=np.float32))
    heights = in_deviations(mean, least=LEAST_SPREAD).max(axis=(1, 2))
    return [int(offset) for offset in np.argsort(-heights, kind="stable")[:n]]


def _at_all_offsets(x: F32, coder: Coder) -> F32:
    """Lines of the frames that begin at each of the first samples of a region: (reach,) -> (n_lines, offsets)."""
    if coder is CODERS["mp3"]:
        return hybrid.at_all_offsets(x)
    frames = np.lib.stride_tricks.sliding_window_view(x, coder.span)[: coder.length]
    return np.ascontiguousarray(coder.lines(frames).T)


def spectra(regions: F32, *, coder: Coder, offset: int, mono: bool | None = None) -> F32:
    """|X| of one frame of every region, shape (n, channels, n_lines): L, R, M, S, or one channel where both are alike.

    mono : whether they are, where it is known of more regions than these
    Divided by the coder's gain, so that the file's own rounding is alike in all lines.
    """
    frames = regions[:, :, offset : offset + coder.span]
    gain = np.float32(1) if coder.gain is None else coder.gain
    if alike(regions) if mono is None else mono:
        return np.asarray(np.abs(coder.lines(np.ascontiguousarray(frames[:, 0])) / gain)[:, None])
    left, right = (coder.lines(np.ascontiguousarray(frames[:, c])) / gain for c in (0, 1))
    return np.asarray(np.abs(np.stack(four(left, right), axis=1)))


def noise_of(regions: F32, *, integers: bool, gain: float = 1.0) -> float:
    """Deviation of what the file's own rounding (and dither) adds to a line, in 16-bit steps.

    regions : in 16-bit steps, shape (n, 2, reach)
    integers : whether all samples are whole 16-bit steps
    gain : what the regions' pre-emphasis, if any, makes of the rounding at the top
    Read from the treble above 0.94 of half the rate, where recordings end before the rounding does; within
    ROUNDING_16 and DITHERED_16, or FINE.
    """
    if not integers:
        return FINE
    tail = regions[:, :, -256:]
    window = np.hanning(tail.shape[-1])
    treble = np.abs(np.fft.rfft(tail * window.astype(np.float32)))[..., 120:] / np.sqrt((window**2).sum())
    quiet = float(np.median(np.sqrt((treble**2).mean(axis=-1)))) / gain if treble.size else ROUNDING_16
    return float(np.clip(quiet, ROUNDING_16, DITHERED_16))


def _bands(coder: Coder, *, sr: int) -> I32:
    """Bands between the outer edges of the groups."""
    edges = coder.bands(sr)
    hz = edges * (sr / 2 / edges[-1])
    inside: I32 = edges[(hz >= GROUPS_HZ[-1][0] * 0.9) & (hz <= GROUPS_HZ[-1][1])]
    return inside


def by_group(evidence: F32, bands: I32, *, sr: int, n_lines: int) -> F32:
    """Means over the lines of each group: (..., n_bands) -> (..., n_groups)."""
    hz = bands * (sr / 2 / n_lines)
    widths = np.diff(bands).astype(np.float32)
    out = []
    for low, high in GROUPS_HZ:
        weight = np.where((hz[:-1] >= low * 0.9) & (hz[1:] <= high), widths, 0.0).astype(np.float32)
        out.append(evidence @ weight / max(float(weight.sum()), 1.0))
    return np.stack(out, axis=-1)
