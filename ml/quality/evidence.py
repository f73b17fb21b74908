"""The measured facts behind a verdict, each with its number and what it says."""

from collections.abc import Mapping
from math import isnan, nan
from typing import Final

from ml.answer import Evidence
from ml.decode import Levels
from ml.features.quality import Measurement
from ml.forensics.edits import Edit
from ml.forensics.grid import BAND_EDGES_HZ, Grid
from ml.forensics.replica import Replica
from ml.words import CHANNEL_WORDS, CODER_WORDS, edit_words, lowpass_words, replica_words

FOUND: Final = 6.0
"""Height from which a grid is named on the page; genuine recordings stay under 5."""

TWICE: Final = 4.0
"""Height of a second grid of the same coder from which it is told twice: of 729 examples of MP3 twice 339 read as much,
of 4,093 of one MP3 coding eight, of 156 that were cut six."""

LEAST_FITS: Final = 0.15
"""Share of bands on the lattice from which their code length means something."""

SPENT: Final = {"mp3": "mp3.rounding.kbps_clear", "aac": "aac.rounding.spared_clear"}
"""What the file spent, as far as that can be read: in frames that are read nearly whole."""

LEAST_FILLED: Final = 0.05
"""Share of AAC's bands from which noise of the decoder's own is told."""

SLOWEST_CODED: Final = 44100
"""Behind a grid, an end at a slower rate's is the coder's own low-pass."""

INTENSITY: Final = {12000: 106, 15600: 134}
"""Where libopus' stereo ends, Hz, and the bitrate for stereo under which it ends there, kbps."""

MOSTLY: Final = 0.8
"""Share of frames in which a band's channels are copies, from which that is said."""

MOST_EDITS: Final = 5
"""More are not listed one by one."""

MDCT_1024: Final = ("aac-sine", "aac-kbd", "vorbis")


ALONE: Final = {"mp2": 9.0, "ac3": 30.0, "wma": 20.0}
"""Tests that few offsets, harmonics of AAC's frame or loops can fool: what they must reach without a lattice."""

LATTICE: Final = 5.0
"""Height from which a lattice is believed beside that."""


def stands_out(grid: Grid) -> bool:
    """Whether a grid is clear enough to be named."""
    by_lattice = grid.lattice >= LATTICE or grid.combed >= LATTICE
    return grid.height >= FOUND and (grid.confirmed >= ALONE.get(grid.coder, 0.0) or by_lattice)


def grids_found(grids: Mapping[str, Grid]) -> list[Grid]:
    """Grids that stand out, clearest first, one for each place.

    AAC and Vorbis share a frame length and see each other's grids: of two at the same place the clearer is kept. MP2's
    filter bank is part of MP3's, so beside an MP3 grid it is not named.
    """
    kept: dict[tuple[str, int], Grid] = {}
    for grid in grids.values():
        at = ("1024", grid.offset % 128) if grid.coder in MDCT_1024 else (grid.coder, 0)
        if stands_out(grid) and (at not in kept or grid.height > kept[at].height):
            kept[at] = grid
    if ("mp3", 0) in kept:
        kept.pop(("mp2", 0), None)
    return sorted(kept.values(), key=lambda grid: -grid.height)


def evidence(
    measured: Measurement, *, levels: Levels, sr: int, bit_depth: int | None
) -> tuple[Evidence, ...]:
    """Everything worth saying, most telling first."""
    grids = grids_found(measured.grids)
    facts = [_grid(grid, sr=sr) for grid in grids] or [_no_grid(measured.grids)]
    facts += [_twice(grid) for grid in grids if grid.twice >= TWICE]
    facts += [_holes(grids[0])] if grids else []
    facts += _rounding(grids[0], measured.values) if grids else []
    facts += [_edit(edit, number) for number, edit in enumerate(measured.edits[:MOST_EDITS], start=1)]
    facts += [_replica(measured.replica)] if measured.replica else []
    facts += _end(measured, coded=bool(grids), sr=sr)
    facts += _bits(levels, bit_depth=bit_depth)
    if levels.dual_mono:
        facts.append(
            Evidence("dual_mono", 1, "", "Both channels are the same: this is mono sound in a stereo file.")
        )
    if levels.clipped_share > 1e-4:
        share = round(100 * levels.clipped_share, 2)
        facts.append(Evidence("clipping", share, "%", f"{share} % of the samples are at full scale."))
    return tuple(facts)


def _grid(grid: Grid, *, sr: int) -> Evidence:
    coder, where = CODER_WORDS[grid.coder], CHANNEL_WORDS[grid.channel]
    moved = (
        ""
        if grid.sr == sr or grid.coder == "opus"
        else f", after undoing a change from {grid.sr / 1000:g} kHz"
    )
    says = f"{coder} frame grid at offset {grid.offset}, {grid.height:.0f} sigma, {where}{moved}."
    return Evidence(f"grid.{grid.coder}", round(grid.height, 1), "sigma", says)


def _twice(grid: Grid) -> Evidence:
    coder, sigma = CODER_WORDS[grid.coder], round(grid.twice, 1)
    says = f"A second {coder} grid in the very frames that show the first, {sigma:.0f} sigma: it was {coder} twice."
    return Evidence(f"grid.{grid.coder}.twice", sigma, "sigma", says)


def _no_grid(grids: Mapping[str, Grid]) -> Evidence:
    strongest = max((grid.height for grid in grids.values()), default=0.0)
    says = (
        f"No coder’s frame grid stands out in any of four channels (strongest of all offsets: {strongest:.1f} sigma; "
        "genuine recordings stay under 5)."
    )
    return Evidence("grid.none", round(strongest, 1), "sigma", says)


def _holes(grid: Grid) -> Evidence:
    channel, band = divmod(int(grid.holes.argmax()), grid.holes.shape[1])
    share = round(100 * float(grid.holes[channel, band]), 1)
    low, high = BAND_EDGES_HZ[band] / 1000, BAND_EDGES_HZ[band + 1] / 1000
    says = (
        f"At that grid {share:g} % more lines between {low:g} and {high:g} kHz are empty than elsewhere: "
        "the coder rounded them to zero."
    )
    return Evidence("holes", share, "%", says)


def _rounding(grid: Grid, values: Mapping[str, float]) -> list[Evidence]:
    """What a coder's rounding tells of what it could spend."""
    if grid.coder == "vorbis":
        return _floors(values)
    if grid.coder == "opus":
        return _copies(values)
    return _own_steps(grid, values) + (_filled(values) if grid.coder.startswith("aac") and grid.exact else [])


def _own_steps(grid: Grid, values: Mapping[str, float]) -> list[Evidence]:
    """What the lattice of steps tells: that nobody has changed the volume, and what the numbers on it would cost."""
    name = grid.coder.partition("-")[0]  # both windows of AAC are counted as one coder
    kbps = values.get(SPENT.get(name, ""), nan)
    fits = values.get(f"{name}.rounding.fits", nan)
    if isnan(kbps) or not (grid.exact and grid.height >= LATTICE and fits >= LEAST_FITS):
        return []
    says = (
        f"There {100 * fits:.0f} % of the bands lie on a lattice of the coder’s very own steps, so the volume was not "
        f"changed since; the numbers on it are worth about {kbps:.0f} kbps."
    )
    return [Evidence("lattice", round(kbps), "kbps", says)]


def _filled(values: Mapping[str, float]) -> list[Evidence]:
    """Bands that AAC did not send: their power is a step's, and their lines are on none."""
    share = 100 * values.get("aac.rounding.filled", nan)
    if not share >= 100 * LEAST_FILLED:
        return []
    says = (
        f"{share:.0f} % of the bands hold noise of the decoder’s own: no line lies on a step, but their power does. "
        "AAC sends nothing else of such a band."
    )
    return [Evidence("filled", round(share, 1), "%", says)]


def _floors(values: Mapping[str, float]) -> list[Evidence]:
    """Vorbis' numbers, where its floors fit."""
    kbps = values.get("vorbis.floor.kbps_p50", nan)
    if isnan(kbps):
        return []
    says = (
        "There every line is a whole multiple of a floor that Vorbis draws; the numbers left are worth about "
        f"{kbps:.0f} kbps a channel."
    )
    return [Evidence("floors", round(kbps), "kbps", says)]


def _copies(values: Mapping[str, float]) -> list[Evidence]:
    """Where Opus gave up stereo, which it does by the bitrate that it was asked for."""
    for hz, kbps in INTENSITY.items():
        if values.get(f"opus.pulses.copied_{hz}", nan) >= MOSTLY:
            says = (
                f"From {hz / 1000:g} kHz on left and right are copies of each other but for their loudness: "
                f"Opus does that when it is asked for less than about {kbps} kbps."
            )
            return [Evidence("copies", hz, "Hz", says)]
    return []


def _edit(edit: Edit, number: int) -> Evidence:
    says = edit_words(
        edit.coder,
        start_s=edit.start_s,
        within_s=edit.within_s,
        before=edit.offset_before,
        after=edit.offset_after,
    )
    return Evidence(f"edit.{number}", round(edit.start_s, 1), "s", says)


def _replica(found: Replica) -> Evidence:
    says = replica_words(crossover_hz=found.crossover_hz, lag_bands=found.lag_bands)
    return Evidence("replica", round(found.crossover_hz), "Hz", says)


def _end(measured: Measurement, *, coded: bool, sr: int) -> list[Evidence]:
    """How far the sound reaches, and why no further; behind a coder's grid only what a coder doesn't do."""
    cutoff = _cutoff(measured.cutoff_hz, drop=measured.values["shelf.drop"], sr=sr)
    found = measured.lowpass
    if found is None or (coded and found.kind != "fm" and (found.rate or 0) < SLOWEST_CODED):
        return [cutoff]
    says = lowpass_words(found.kind, hz=found.hz, drop=found.drop, rate=found.rate)
    reason = Evidence(f"lowpass.{found.kind}", round(found.hz), "Hz", says)
    return [reason] if found.kind == "slope" else [cutoff, reason]


def _cutoff(cutoff_hz: float | None, *, drop: float, sr: int) -> Evidence:
    if cutoff_hz is None:
        says = f"The sound reaches up to the end of the file’s range ({sr / 2000:g} kHz) without a step."
        return Evidence("cutoff", None, "Hz", says)
    says = f"The sound ends at {cutoff_hz / 1000:.1f} kHz, in a step of {drop:.0f} dB."
    return Evidence("cutoff", round(cutoff_hz), "Hz", says)


def _bits(levels: Levels, *, bit_depth: int | None) -> list[Evidence]:
    if bit_depth is None or levels.effective_bits is None or levels.effective_bits >= bit_depth:
        return []
    says = f"The file has room for {bit_depth} bits a sample, but only {levels.effective_bits} are used."
    return [Evidence("effective_bits", levels.effective_bits, "bit", says)]
