"""Short blocks where sound starts, put to the trial: is there one place at which they lie on a lattice or on floors?"""

from dataclasses import replace

from ml.forensics import short_mdct, shorts
from ml.forensics.channels import CHANNELS
from ml.forensics.grid import Grid, Pieces, Search
from ml.forensics.starts import SURE, Place
from ml.forensics.transforms import CODERS
from ml.forensics.trial import FRAMES, frame_among


def judge_starts(grid: Grid, search: Search, pieces: Pieces, *, noise: float) -> Grid:
    """The grid of Layer III, AAC or Vorbis with the height of its short blocks over those at other places, moved there if
    that is clear.

    search, noise : as for :func:`ml.forensics.trial.judge`; pieces : what it searched
    """
    found = _clearest(grid, pieces, noise=noise)
    if found is None or found.height < max(grid.height, SURE[grid.coder]):
        return grid
    return replace(
        grid,
        combed=found.height,
        offset=_offset(found, search, coder=grid.coder, sr=grid.sr, noise=noise),
        channel=grid.channel if found.law is None else CHANNELS[found.channel],
        exact=found.law is CODERS[grid.coder].exact or found.law is None,
    )


def _clearest(grid: Grid, pieces: Pieces, *, noise: float) -> Place | None:
    if grid.coder == "mp3":
        return shorts.at_starts(pieces, sr=grid.sr, noise=noise)
    if grid.coder == "vorbis":
        return short_mdct.of_vorbis(pieces, noise=noise)
    return short_mdct.of_aac(pieces, noise=noise)


def _offset(found: Place, search: Search, *, coder: str, sr: int, noise: float) -> int:
    """Where frames begin."""
    if found.law is None:  # Vorbis' begin anew at each short block
        return short_mdct.long_offset(found.place)
    begins = shorts.begins(found.place) if coder == "mp3" else short_mdct.begins(found.place)
    return frame_among(begins, search.regions(FRAMES), coder=coder, law=found.law, sr=sr, noise=noise)
