"""Coding traces as numbers: for each coder how clear its grid is, and what its rounding looks like there."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics import account, lattice, pulses, residue, rounding
from ml.forensics.grid import BAND_EDGES_HZ, CODERS, Grid, Pieces
from ml.forensics.pulses import Pulses
from ml.forensics.residue import Residue
from ml.forensics.rounding import Rounding
from ml.forensics.twice import CODERS_ASKED

F32 = NDArray[np.float32]

LATTICES: Final = ("vorbis", "opus")
"""Coders that come at more than one bitrate, and whose numbers are described as a whole."""

COUNTED: Final = {"mp3": ("mp3",), "aac": ("aac-kbd", "aac-sine")}
"""Families whose numbers are counted frame by frame, and the tests that hear them."""

OWN: Final = {"mp3": account.SHAPED, "aac": account.SPARED}
"""What is asked of one family alone."""

PAIRS: Final = ("lr", "ms")

GRID_NUMBERS: Final = (
    *("confirmed", "sigma", "lattice", "evidence", "exact"),
    *("shifted", "patient", "combed", "blurred", "second"),
)

DESCRIBED_FROM: Final = 3.5
"""Height from which what is seen at a grid means anything."""


def grid_features(grids: Mapping[str, Grid]) -> dict[str, float]:
    """Clearness of each coder's best grid, by band; the offset itself says nothing about the sound."""
    out: dict[str, float] = {}
    for coder in CODERS:
        grid = grids.get(coder)
        for name in GRID_NUMBERS:
            out[f"{coder}.{name}"] = float(getattr(grid, name)) if grid else np.nan
        if coder in CODERS_ASKED:
            out[f"{coder}.twice"] = grid.twice if grid else np.nan
        for band, hz in enumerate(BAND_EDGES_HZ[:-1]):
            out[f"{coder}.depth_{hz}"] = float(grid.depth[:, band].max()) if grid else np.nan
            out[f"{coder}.holes_{hz}"] = float(grid.holes[:, band].max()) if grid else np.nan
    return out


def described(grids: Mapping[str, Grid]) -> dict[str, Grid]:
    """The grids that are clear enough to be looked at closely."""
    return {c: grids[c] for c in LATTICES if c in grids and grids[c].height >= DESCRIBED_FROM}


def counted(grids: Mapping[str, Grid]) -> dict[str, Grid]:
    """Family -> the clearest of its grids, where that is clear enough to be counted at."""
    found = {name: [grids[c] for c in coders if c in grids] for name, coders in COUNTED.items()}
    best = {name: max(some, key=lambda grid: grid.height) for name, some in found.items() if some}
    return {name: grid for name, grid in best.items() if grid.height >= DESCRIBED_FROM}


def lattice_features(signal_of: Callable[[Grid], Pieces], grids: Mapping[str, Grid]) -> dict[str, float]:
    """Lattice statistics at the grids that are there, NaN for others.

    signal_of : the pieces that a grid was found in, at the grid's rate
    """
    out: dict[str, float] = {}
    shape = (len(PAIRS), len(lattice.BAND_EDGES_HZ) - 1, len(lattice.STATISTICS))
    for coder in LATTICES:
        values = np.full(shape, np.nan, dtype=np.float32)
        if coder in grids:
            grid = grids[coder]
            values = lattice.statistics(signal_of(grid), sr=grid.sr, coder=coder, offset=grid.offset)
        for (pair, band, statistic), value in np.ndenumerate(values):
            name = lattice.STATISTICS[statistic]
            out[f"{coder}.{PAIRS[pair]}.{name}_{lattice.BAND_EDGES_HZ[band]}"] = float(value)
    return out


def rounding_features(found: Mapping[str, Rounding]) -> dict[str, float]:
    """Steps and bits at the grids that are there, by coder; NaN for others."""
    nothing = Rounding(
        np.full((len(rounding.BAND_EDGES_HZ) - 1, len(rounding.STATISTICS)), np.nan, dtype=np.float32),
        np.full(len(rounding.TOTALS), np.nan, dtype=np.float32),
        exact=False,
    )
    out: dict[str, float] = {}
    for coder in LATTICES:
        one = found.get(coder, nothing)
        for (band, statistic), value in np.ndenumerate(one.bands):
            name = rounding.STATISTICS[statistic]
            out[f"{coder}.rounding.{name}_{rounding.BAND_EDGES_HZ[band]}"] = float(value)
        for name, value in zip(rounding.TOTALS, one.totals, strict=True):
            out[f"{coder}.rounding.{name}"] = float(value)
    return out


def pulses_features(found: Pulses | None) -> dict[str, float]:
    """What Opus spent, by band, and from where on its channels are copies; NaN where there is no grid of it."""
    one = found or Pulses.nothing()
    out: dict[str, float] = {}
    for (group, statistic), value in np.ndenumerate(one.groups):
        out[f"opus.pulses.{pulses.STATISTICS[statistic]}_{pulses.hz(pulses.GROUPS[group])}"] = float(value)
    for (band, statistic), value in np.ndenumerate(one.copies):
        name, low = pulses.COPIES[statistic], pulses.hz(pulses.INTENSITY_FROM + band)
        out[f"opus.pulses.{name}_{low}"] = float(value)
    for (first, second), value in zip(pulses.CONTRASTS, one.contrasts(), strict=True):
        out[f"opus.pulses.unlike_{pulses.hz(first)}_{pulses.hz(second)}"] = float(value)
    return out


def residue_features(found: Residue | None) -> dict[str, float]:
    """What is left of Vorbis' lines over their floors; NaN without its grid."""
    shape = (len(residue.BAND_EDGES_HZ) - 1, len(residue.STATISTICS))
    bands = found.bands if found else np.full(shape, np.nan, dtype=np.float32)
    totals = found.totals if found else np.full(len(residue.TOTALS), np.nan, dtype=np.float32)
    out: dict[str, float] = {}
    for (band, statistic), value in np.ndenumerate(bands):
        out[f"vorbis.floor.{residue.STATISTICS[statistic]}_{residue.BAND_EDGES_HZ[band]}"] = float(value)
    for name, value in zip(residue.TOTALS, totals, strict=True):
        out[f"vorbis.floor.{name}"] = float(value)
    return out


def account_features(accounts: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """What MPEG's coders sent, by family; NaN for those that were not heard, or under a clearer one."""
    return {
        f"{name}.rounding.{one}": accounts.get(name, {}).get(one, np.nan)
        for name in COUNTED
        for one in (*account.NAMES, *OWN[name])
    }
