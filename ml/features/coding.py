"""Coding traces as numbers: for each coder how clear its grid is, and what its rounding looks like there."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics import lattice
from ml.forensics.grid import BAND_EDGES_HZ, CODERS, Grid

F32 = NDArray[np.float32]
Pieces = Sequence[tuple[int, F32]]

LATTICES: Final = ("mp3", "aac-kbd", "vorbis", "opus")
"""Coders that come at more than one bitrate."""

PAIRS: Final = ("lr", "ms")


def grid_features(grids: Mapping[str, Grid]) -> dict[str, float]:
    """Clearness of each coder's best grid, by band; the offset itself says nothing about the sound."""
    out: dict[str, float] = {}
    for coder in CODERS:
        grid = grids.get(coder)
        out[f"{coder}.confirmed"] = grid.confirmed if grid else np.nan
        out[f"{coder}.sigma"] = grid.sigma if grid else np.nan
        for band, hz in enumerate(BAND_EDGES_HZ[:-1]):
            out[f"{coder}.depth_{hz}"] = float(grid.depth[:, band].max()) if grid else np.nan
            out[f"{coder}.holes_{hz}"] = float(grid.holes[:, band].max()) if grid else np.nan
    return out


def lattice_features(signal_of: Callable[[Grid], Pieces], grids: Mapping[str, Grid]) -> dict[str, float]:
    """Lattice statistics of the coders in LATTICES at their best grid.

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
