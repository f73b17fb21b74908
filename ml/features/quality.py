"""The quality task's measurement: samples in, named numbers and the grids that were found out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml import stft
from ml.errors import TooShort
from ml.features.coding import (
    account_features,
    counted,
    described,
    grid_features,
    lattice_features,
    pulses_features,
    residue_features,
    rounding_features,
)
from ml.features.excerpt import Excerpt
from ml.features.rates import Pieces, Rates, loudest
from ml.features.spec import FeatureSpec
from ml.features.spectral import cutoff, spectral_features
from ml.forensics import celt, pulses
from ml.forensics.account import account, shaped, spared
from ml.forensics.combing import judge_combing
from ml.forensics.edits import TRIED, Edit, edits, followed
from ml.forensics.floor_trial import judge_floors
from ml.forensics.grid import CELT, TRANSFORMS, Grid, Search, Transform
from ml.forensics.lowpass import Lowpass, lowpass
from ml.forensics.phase import clearest_phase
from ml.forensics.replica import Replica, replica
from ml.forensics.residue import Residue, phases
from ml.forensics.residue import describe as describe_residue
from ml.forensics.rounding import Rounding, describe, laws_heard
from ml.forensics.sent import CLEAN, Sent, sent, sent_in_all
from ml.forensics.shorts import judge_shorts
from ml.forensics.start_trial import judge_starts
from ml.forensics.steps import Law
from ml.forensics.transforms import CODERS, Coder
from ml.forensics.trial import (
    FRAMES,
    judge,
    judge_beneath,
    judge_beneath_floors,
    judge_patiently,
    noise_of,
    spectra,
)
from ml.forensics.twice import judge_twice
from ml.units import LSB16, Hz

F32 = NDArray[np.float32]

VERSION: Final = 11
MINIMUM_SECONDS: Final = 1.0

HEARD_FROM: Final = 5.0
"""Height from which a grid counts as heard (genuine recordings reach about 4)."""

HINT: Final = 4.2
"""Height of a grid at another rate from which the place of its samples is looked for; a tenth of the genuine do."""

HEARD: Final = {"mp2": 9.0, "ac3": 8.0, "wma": 20.0}
"""Tests that few offsets, harmonics of AAC's frame or loops can fool; when real they are far higher."""

FLOORS_FROM: Final = 3.0
"""Height from which Vorbis' floors are tried even though something else may be heard."""

FAINT: Final = 9.0
"""Height of the clearest grid under which short blocks are asked, too: long ones between them show, but hardly."""

UNSURE: Final = 15.0
"""The same under which the other rate is asked, too: loops and harmonics make such needles, and hid 36 of 60 codings
that lay at the other rate (549 examples coded once, then brought from 44.1 to 48 kHz or back)."""

LATTICE_FROM: Final = 4.5
"""The same for the evidence of a lattice, which stays under 3."""

SHORT_WHERE_IT_STARTS: Final = ("mp3", "aac-kbd", "vorbis")
"""Coders that are asked for short blocks there; AAC as "aac-kbd", for both kinds of slopes have short blocks alike."""

AS_MANY: Final = 0.05
"""Share of bands: a law that fewer by no more than this obey may still be the true one."""
AS_CHEAP: Final = 1.1
"""Times the least cost up to which the coder's own steps are believed before others."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured on one track."""

    values: dict[str, float]
    grids: dict[str, Grid]
    """coder -> its best grid, whether or not it means anything."""
    cutoff_hz: Hz | None
    lowpass: Lowpass | None = None
    """Why the sound ends there; for the page, not for the model, as what follows."""
    edits: tuple[Edit, ...] = ()
    """Where a grid jumps."""
    replica: Replica | None = None
    """The treble, where it is a copy."""


def measure(excerpts: Sequence[Excerpt], *, sr: int, aside: bool = True) -> Measurement:
    """Measure coding traces and long-term spectrum.

    aside : also what the page tells and no model sees; it takes a tenth of the time

    Coders work at 44.1 or 48 kHz; faster material is brought there first. Where no grid is clear at its own rate,
    the other rate is tried too: resampling moves a grid, it does not wipe it out.
    Raises TooShort under MINIMUM_SECONDS.
    """
    pieces = [(excerpt.start, _stereo_in_steps(excerpt.y)) for excerpt in excerpts]
    duration = sum(y.shape[1] for _, y in pieces) / sr
    if duration < MINIMUM_SECONDS:
        raise TooShort(duration_s=round(duration, 2), minimum_s=MINIMUM_SECONDS)
    rates = Rates(pieces, sr=sr)
    heard = _hear(rates, sr=sr)
    rounding, accounts = heard.rounding(), heard.accounts()
    grids = heard.grids
    usual = min(sr, _coding_rates(sr)[0])
    spectrum = spectral_features(stft.power(rates.at(usual)), sr=usual)
    coding = grid_features(grids) | lattice_features(rates.of, described(grids)) | rounding_features(rounding)
    coding |= account_features(accounts) | pulses_features(heard.pulses()) | residue_features(heard.residue())
    signal = {"signal.noise": heard.noise, "signal.level": _level(pieces)}
    whole = stft.power(pieces)
    if not aside:
        return Measurement(coding | spectrum | signal, grids, cutoff(whole, sr=sr))
    return Measurement(
        coding | spectrum | signal,
        grids,
        cutoff(whole, sr=sr),
        lowpass(whole, sr=sr),
        edits=heard.edits(),
        replica=replica(rates.at(usual), sr=usual),
    )


def _coding_rates(sr: int) -> tuple[int, int]:
    """The rate a coder most likely worked at, and the other usual one.

    >>> _coding_rates(44100), _coding_rates(96000), _coding_rates(32000)
    ((44100, 48000), (48000, 44100), (32000, 44100))
    """
    first = sr if sr <= 48000 else (44100 if sr % 44100 == 0 else 48000)
    return first, 48000 if first == 44100 else 44100


def _hear(rates: Rates, *, sr: int) -> "_Heard":
    """Each coder's best grid, at the likeliest rate; at the other one where it is clearer."""
    first, second = _coding_rates(sr)
    heard = _Heard(rates)
    heard.listen(first, transforms=TRANSFORMS)
    heard.listen(celt.RATE, transforms=(CELT,))
    if heard.faint:
        heard.listen_for_shorts()
        heard.listen_to_starts()
    if silent(heard.grids):
        heard.listen_closer()
    if silent(heard.grids):
        heard.listen(second, transforms=TRANSFORMS)
        if silent(heard.grids):
            heard.listen_to_starts()
    elif heard.unsure:
        heard.listen_elsewhere(second)
    heard.listen_in_phase()
    if silent(heard.grids):
        heard.listen_patiently()
    else:
        heard.listen_beneath()
        heard.listen_twice()
    if silent(heard.grids):
        heard.comb()
    return heard


def silent(grids: Mapping[str, Grid]) -> bool:
    """Whether no coder is heard."""
    return not any(
        grid.confirmed >= HEARD.get(coder, HEARD_FROM)
        or grid.lattice >= LATTICE_FROM
        or grid.patient >= LATTICE_FROM
        or grid.combed >= LATTICE_FROM
        or grid.shifted >= 2 * LATTICE_FROM
        for coder, grid in grids.items()
    )


class _Heard:
    """The clearest grid of each coder, and the search that it came from."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates
        self._searches: dict[str, Search] = {}
        self._first: dict[str, tuple[Grid, Search]] = {}
        self._latest: dict[str, tuple[Grid, Search]] = {}
        """By coder, at the rate that was listened to last."""
        self.grids: dict[str, Grid] = {}

    def listen(self, rate: Hz | int, *, transforms: Sequence[Transform]) -> None:
        """Search all offsets of some transforms, and put the likeliest to the lattice test."""
        for transform in transforms:
            pieces = self._rates.at(int(rate), emphasised=transform is CELT)
            search = Search(pieces, sr=int(rate), transform=transform).more()
            for grid in search.grids():
                judged = self._judged(grid, search, thorough=False)
                self._latest[grid.coder] = judged, search
                self._keep(judged, search)

    @property
    def faint(self) -> bool:
        """Whether no coder is heard clearly; MP2's test hears the short blocks of MP3."""
        return silent(self.grids) or self._clearest.height < FAINT or self._clearest.coder == "mp2"

    @property
    def unsure(self) -> bool:
        """Whether what is heard may be no coder at all."""
        return self._clearest.height < UNSURE

    def listen_elsewhere(self, rate: int) -> None:
        """Search the other rate, and believe it where the clearest grid there is clearer than all here."""
        other = _Heard(self._rates)
        other.listen(rate, transforms=TRANSFORMS)
        if other.grids and other._clearest.height > self._clearest.height:
            self.grids |= other.grids
            self._searches |= other._searches

    def listen_in_phase(self) -> None:
        """Where the clearest grid, or the only hint of one, lies at another rate than the file's: listen where the
        coder's samples lay."""
        grid = self._elsewhere if silent(self.grids) else self._clearest
        if grid is None or grid.height < HINT or self._rates.phases(grid.sr) == 1:
            return
        search = self._searches[grid.coder]
        phase = clearest_phase(
            lambda phase: self._rates.some(grid, phase),
            grid,
            transform=search.transform,
            phases=self._rates.phases(grid.sr),
            noise=self._noise(search),
        )
        if phase:
            self._rates.settle(grid.sr, phase)
            self.grids = {coder: other for coder, other in self.grids.items() if other.sr != grid.sr}
            at_rate = (*TRANSFORMS, CELT) if grid.sr == celt.RATE else TRANSFORMS
            self.listen(grid.sr, transforms=at_rate)

    def listen_for_shorts(self) -> None:
        """Look for Layer III without long blocks."""
        if "mp3" in self.grids:
            search, mp2 = self._searches["mp3"], self._clearest.coder == "mp2"
            self._keep(judge_shorts(self.grids["mp3"], search, noise=self._noise(search), mp2=mp2), search)

    def listen_to_starts(self) -> None:
        """Look for short blocks where sound starts, at the rate that was listened to last."""
        for grid, search in (self._latest[c] for c in SHORT_WHERE_IT_STARTS if c in self._latest):
            pieces, noise = self._rates.of(grid), self._noise(search)
            self._keep(judge_starts(grid, search, pieces, noise=noise), search)

    def listen_closer(self) -> None:
        """Take the time to try every gain."""
        for coder, search in self._searches.items():
            self._keep(self._judged(self.grids[coder], search, thorough=True), search)
        self._first = {coder: (self.grids[coder], search) for coder, search in self._searches.items()}

    def listen_patiently(self) -> None:
        """Look at every frame, at the first rate."""
        for coder, (grid, search) in self._first.items():
            patient = judge_patiently(grid, search, noise=self._noise(search))
            self._keep(patient, search)
            self.grids[coder] = replace(self.grids[coder], patient=patient.patient)

    def comb(self) -> None:
        """Try every offset, at the first rate."""
        for coder, (first, search) in self._first.items():
            grid = replace(first, patient=self.grids[coder].patient)
            combed = judge_combing(grid, search, noise=self._noise(search))
            self._keep(combed, search)
            self.grids[coder] = replace(self.grids[coder], combed=combed.combed)

    def listen_beneath(self) -> None:
        """Look for other coders under the one that is clearest."""
        clearest = self._clearest.coder
        for coder, grid in self.grids.items():
            if coder != clearest:
                ask = judge_beneath_floors if (coder, clearest) == ("mp3", "vorbis") else judge_beneath
                self.grids[coder] = ask(grid, self._searches[coder])

    def listen_twice(self) -> None:
        """Ask the clearest coder whether it was there before."""
        grid = self._clearest
        search = self._searches[grid.coder]
        self.grids[grid.coder] = judge_twice(grid, search, noise=self._noise(search))

    def rounding(self) -> dict[str, Rounding]:
        """Steps and bits at the grids that are clear; the grids learn from it whether their steps are the coder's own."""
        found = {
            coder: describe(
                self._searches[coder].regions(FRAMES),
                coder=CODERS[coder],
                offsets=_phases(grid),
                sr=grid.sr,
                noise=self._noise(self._searches[coder]),
            )
            for coder, grid in described(self.grids).items()
        }
        self.grids |= {coder: replace(self.grids[coder], exact=one.exact) for coder, one in found.items()}
        return found

    def pulses(self) -> pulses.Pulses | None:
        """What Opus spent, where its grid is clear."""
        if "opus" not in described(self.grids):
            return None
        search = self._searches["opus"]
        return pulses.describe(
            search.regions(pulses.FRAMES), offset=self.grids["opus"].offset, noise=self._noise(search)
        )

    def residue(self) -> Residue | None:
        """What Vorbis sent, at its grid, if that is clear."""
        grid = described(self.grids).get("vorbis")
        if grid is None:
            return None
        search = self._searches["vorbis"]
        regions, noise = search.regions(FRAMES), self._noise(search)
        return describe_residue(regions, offset=grid.offset, sr=grid.sr, noise=noise)

    def accounts(self) -> dict[str, dict[str, float]]:
        """What was sent at the clearest grid of each of MPEG's families."""
        out = {}
        for name, grid in counted(self.grids).items():
            coder, on_top = CODERS[grid.coder], grid.height >= self._clearest.height
            law, found = self._sent(grid, coder, on_top=on_top)
            self.grids[grid.coder] = replace(grid, exact=law is coder.exact)
            if found is not None:
                out[name] = account(found, sr=grid.sr, length=coder.length)
                if name == "mp3":
                    out[name] |= shaped(found, sr=grid.sr, length=coder.length)
                if name == "aac" and on_top:
                    out[name] |= spared(found, sr=grid.sr, length=coder.length)
        return out

    def _sent(self, grid: Grid, coder: Coder, *, on_top: bool) -> tuple[Law, Sent | None]:
        """What was sent, under the law that most lines obey."""
        search, pieces = self._searches[grid.coder], self._rates.of(grid)
        noise = self._noise(search) if self._rates.integers else CLEAN
        read = partial(
            sent_in_all, coder=grid.coder, offset=grid.offset, sr=grid.sr, on_top=on_top, noise=noise
        )
        law = self._law(grid, coder, on_top=on_top, noise=noise)
        return law, read(pieces, law=law)

    def _law(self, grid: Grid, coder: Coder, *, on_top: bool, noise: float) -> Law:
        """The one that most lines obey.

        Of AAC, which chooses left and right or mid and side band by band, lines alone say too little: any step fits the
        bands of the other pair. Where they speak against its own steps, each law is tried in the excerpt with most sound:
        of those that many bands obey, the true one makes the least of them, for others fit by steps that are too small.
        """
        search = self._searches[grid.coder]
        lines = spectra(search.regions(FRAMES), coder=coder, offset=grid.offset)
        heard = laws_heard(lines, coder.bands(grid.sr), coder=coder, noise=self._noise(search))
        law = max(heard, key=heard.__getitem__)
        if law is coder.exact or grid.coder == "mp3" or not on_top:
            return law
        start, y = loudest(self._rates.of(grid))
        read = partial(sent, y, coder=grid.coder, offset=grid.offset - start, sr=grid.sr, noise=noise)
        told = {one: what for one in heard if (what := read(law=one)) is not None}
        if not told:
            return law
        most = max(float(what.fits.mean()) for what in told.values())
        costs = {
            one: float(what.spared.mean())
            for one, what in told.items()
            if float(what.fits.mean()) >= most - AS_MANY
        }
        return next(one for one, cost in costs.items() if cost <= AS_CHEAP * min(costs.values()))

    def edits(self) -> tuple[Edit, ...]:
        """Where the clearest of the grids jumps that can be followed."""
        vorbis = self.grids["vorbis"].height if "vorbis" in self.grids else 0.0
        clear = [
            grid
            for grid in self.grids.values()
            if followed(grid) and not (grid.coder.startswith("aac") and grid.height < vorbis)
        ]
        if not clear:
            return ()
        grid = max(clear, key=lambda grid: grid.height)
        search = self._searches[grid.coder]
        return edits(
            self._rates.of(grid),
            grid,
            transform=search.transform,
            candidates=search.candidates(grid.coder, TRIED),
            noise=self._noise(search),
        )

    @property
    def _elsewhere(self) -> Grid | None:
        """The clearest at another rate than the file's."""
        found = (grid for grid in self.grids.values() if self._rates.phases(grid.sr) > 1)
        return max(found, key=lambda grid: grid.height, default=None)

    @property
    def _clearest(self) -> Grid:
        return max(self.grids.values(), key=lambda grid: grid.height)

    @property
    def noise(self) -> float:
        """Deviation of the file's own rounding, as the first search has it: what no step may hide under."""
        return next((self._noise(search) for search in self._searches.values()), np.nan)

    def _judged(self, grid: Grid, search: Search, *, thorough: bool) -> Grid:
        noise = self._noise(search)
        grid = judge(grid, search, noise=noise, thorough=thorough)
        if grid.coder != "vorbis" or not (thorough or grid.height >= FLOORS_FROM):
            return grid
        return judge_floors(grid, search, noise=noise, thorough=thorough)

    def _keep(self, grid: Grid, search: Search) -> None:
        known = self.grids.get(grid.coder)
        if known is None or grid.height >= known.height:
            self.grids[grid.coder] = grid
            self._searches[grid.coder] = search

    def _noise(self, search: Search) -> float:
        gain = float(celt.rounding_gain()[-1]) if search.transform is CELT else 1.0
        return noise_of(search.regions(FRAMES), integers=self._rates.integers, gain=gain)


def _phases(grid: Grid) -> tuple[int, ...]:
    """Vorbis' blocks begin anew at multiples of its short one wherever it changes between the two."""
    return phases(grid.offset) if grid.coder == "vorbis" else (grid.offset,)


def spec() -> FeatureSpec:
    """The feature spec of this version, read off a measurement of noise."""
    rng = np.random.default_rng(0)
    noise = _Noise(0, rng.standard_normal((2, 2 * 44100)).astype(np.float32) * np.float32(0.1))
    return FeatureSpec("quality", VERSION, tuple(measure([noise], sr=44100).values))


@dataclass(frozen=True, slots=True)
class _Noise:
    start: int
    y: F32


def _level(pieces: Pieces) -> float:
    """log2 of the mean step between samples, in 16-bit steps: how far the sound stands over the rounding."""
    return float(np.log2(np.mean([np.abs(np.diff(y, axis=1)).mean() for _, y in pieces]) + 1e-3))


def _stereo_in_steps(y: F32) -> F32:
    both = np.repeat(y, 2, axis=0) if len(y) == 1 else y[:2]
    return np.ascontiguousarray(both * np.float32(1 / LSB16))
