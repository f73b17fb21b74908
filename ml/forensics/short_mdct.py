"""Short blocks of Vorbis and of AAC where sound starts: 256 samples, 128 lines, one every 128.

Vorbis is told by its floors, AAC by its own steps; see :mod:`ml.forensics.starts`. Of 36 clips that Vorbis alone has
coded and whose long blocks read under 5, 28 read 5 to 48 here; of 3,164 that nobody has coded one reads 3.7 and no other
2.4, of 1,383 that others have coded none reads 2.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics import floor
from ml.forensics.blocks import narrow_edges
from ml.forensics.channels import alike, four
from ml.forensics.grid import Pieces
from ml.forensics.mdct import mdct
from ml.forensics.residue import FINE_MOST, FINE_TOLERANCE
from ml.forensics.starts import AROUND, Place, clearest, heights, starts
from ml.forensics.steps import Law
from ml.forensics.transforms import CODERS
from ml.forensics.trial import MOST_EVIDENCE, clipped
from ml.forensics.windows import sine, vorbis

F32 = NDArray[np.float32]

HOP: Final = floor.SHORT
LENGTH: Final = (AROUND + 2) * HOP - 1
"""Samples that the blocks at all places span."""

FIRST, END = 6, 70
"""Lines of 1 to 12 kHz."""

VORBIS: Final = vorbis(2 * HOP).astype(np.float32)
AAC: Final = sine(2 * HOP).astype(np.float32)
"""Slopes of short blocks; all 45 of AAC's that read 10 or more have these, whatever the long ones have."""

_EDGES: Final = narrow_edges(coder="aac", sr=44100)
BANDS: Final = _EDGES[(_EDGES >= FIRST) & (_EDGES <= END)]
"""AAC's, alike at 44.1 and 48 kHz."""


def of_vorbis(pieces: Pieces, *, noise: float) -> Place | None:
    """Where Vorbis' short blocks are clearest; None without starts.

    noise : as for :func:`ml.forensics.trial.judge`
    """
    around = starts(pieces, hop=HOP, before=1, length=LENGTH)
    return clearest(heights(_on_floors(_louder(around), noise=noise)[..., None])) if len(around) else None


def of_aac(pieces: Pieces, *, noise: float) -> Place | None:
    """The same of AAC, whose frames hold eight."""
    around = starts(pieces, hop=HOP, before=1, length=LENGTH)
    if not len(around):
        return None
    law = CODERS["aac-kbd"].exact
    assert law is not None
    return clearest(heights(_on_steps(around, law=law, noise=noise)), law=law)


def long_offset(place: int) -> int:
    """Where long blocks may begin, to a multiple of HOP: what both windows share has its middle at one place."""
    return (place + HOP // 2) % HOP


def begins(place: int) -> list[int]:
    """Where AAC's frames may begin, given where short blocks do."""
    return list(range(long_offset(place), CODERS["aac-kbd"].length, HOP))


def _spans(around: F32) -> F32:
    """What a block is made of, at all places: (..., LENGTH) -> (..., AROUND * HOP, 2 * HOP)."""
    return np.lib.stride_tricks.sliding_window_view(around, 2 * HOP, axis=-1)


def _louder(around: F32) -> F32:
    """The channel with more treble where the sound starts, shape (n, LENGTH)."""
    treble = np.abs(np.diff(around[..., HOP - 1 : 2 * HOP], axis=-1)).mean(axis=-1)
    return np.asarray(around[np.arange(len(around)), treble.argmax(axis=-1)])


def _on_floors(around: F32, *, noise: float) -> F32:
    """Nats a line under the likeliest floors: (n, LENGTH) -> (n, AROUND * HOP)."""
    lines = np.abs(mdct(_spans(around), VORBIS))
    _, evidence = floor.fit(
        lines.reshape(-1, HOP),
        noise=noise,
        phase=0.0,
        tolerance=FINE_TOLERANCE,
        most=FINE_MOST,
        end=END,
        shape=floor.BRIEF,
    )
    mean = np.clip(evidence[:, FIRST:END], -1.0, MOST_EVIDENCE).mean(axis=1)
    return np.asarray(mean.reshape(lines.shape[:-1]))


def _on_steps(around: F32, *, law: Law, noise: float) -> F32:
    """Nats a line under a law: (n, 2, LENGTH) -> (n, AROUND * HOP, channels)."""
    left, right = (mdct(_spans(around[:, channel]), AAC) for channel in (0, 1))
    lines = np.abs(np.stack((left,) if alike(around) else four(left, right), axis=-2))
    says = clipped(lines.reshape(-1, *lines.shape[-2:]), BANDS, law=law, noise=noise)
    mean = says @ np.diff(BANDS).astype(np.float32) / np.float32(BANDS[-1] - BANDS[0])
    return np.asarray(mean.reshape(lines.shape[:-1]))
