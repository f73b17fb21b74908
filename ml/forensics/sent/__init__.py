"""What an MPEG coder sent: at the grid, the block type, the steps and the numbers of frame after frame, and their cost.

The cost is exact where all steps are known: most granules of LAME, and most frames of AAC, read within 1 % of what the
file holds. Steps that hide under the file's own rounding are taken from the neighbouring bands.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics.blocks import Frames
from ml.forensics.channels import alike
from ml.forensics.grid import Pieces
from ml.forensics.sent.aac import AacReader
from ml.forensics.sent.layer3 import Layer3Reader
from ml.forensics.sent.reader import CLEAN, Reader, Sent
from ml.forensics.steps import Law
from ml.forensics.transforms import CODERS

__all__ = ["CLEAN", "MOST_FRAMES", "MOST_IN_ALL", "Sent", "sent", "sent_in_all"]

F32 = NDArray[np.float32]

READERS: Final[dict[str, type[Reader]]] = {
    "mp3": Layer3Reader,
    "aac-kbd": AacReader,
    "aac-sine": AacReader,
}
MOST_FRAMES: Final = {"mp3": 256, "aac-kbd": 144, "aac-sine": 144}
"""Three seconds of one stretch: enough for a reservoir to fill and empty."""

MOST_IN_ALL: Final = {"mp3": 256, "aac-kbd": 432, "aac-sine": 432}
"""Of all stretches together, at the clearest grid. AAC at an average bitrate follows the music: three seconds stray 5 %
from ten."""

QUIETEST: Final = 0.25
"""Of the loudest stretch's mean step from sample to sample: where less sounds, less shows."""


def sent_in_all(
    pieces: Pieces,
    *,
    coder: str,
    offset: int,
    sr: int,
    noise: float,
    law: Law,
    on_top: bool,
) -> Sent | None:
    """What was sent in a few stretches, spread over those that sound; None where all are too short.

    pieces : where each starts, and the stretch as for :func:`sent`, which has the other parameters too
    """
    sounding, length = _sounding([y for _, y in pieces]), CODERS[coder].length
    most = (MOST_IN_ALL if on_top else MOST_FRAMES)[coder]
    each = min(most, max(pieces[i][1].shape[1] // length for i in sounding))
    chosen = sounding[:: -(-len(sounding) * each // most)]
    parts = [
        _middle(y, coder=coder, offset=offset - start, most=max(most // len(chosen), 2))
        for start, y in (pieces[i] for i in chosen)
    ]
    mono = all(map(alike, parts))
    found = [
        _read(part, coder=coder, sr=sr, noise=noise, law=law, on_top=on_top, mono=mono) for part in parts
    ]
    return _joined([what for what in found if what is not None])


def _joined(found: Sequence[Sent]) -> Sent | None:
    """One after the other; None of nothing."""
    if not found:
        return None
    first = found[0]
    rows = [field.name for field in fields(Sent) if field.name not in ("second", "bands", "stretch")]
    counts = [len(what.bits) for what in found]
    return replace(
        first,
        second=float(np.average([what.second for what in found], weights=counts)),
        stretch=np.repeat(np.arange(len(found)), counts),
        **{name: np.concatenate([getattr(what, name) for what in found]) for name in rows},
    )


def sent(
    y: F32,
    *,
    coder: str,
    offset: int,
    sr: int,
    noise: float,
    law: Law,
    on_top: bool = True,
) -> Sent | None:
    """What was sent in the middle of a stretch of sound; None where that is shorter than two frames.

    y : left and right in 16-bit steps, shape (2, n)
    offset : where a frame begins
    noise : deviation of the file's own rounding, in 16-bit steps
    law : the one that its steps obey
    on_top : whether no other coding lies over it, which would move lines and power of every band
    """
    part = _middle(y, coder=coder, offset=offset, most=MOST_FRAMES[coder])
    return _read(part, coder=coder, sr=sr, noise=noise, law=law, on_top=on_top, mono=alike(part))


def _read(part: F32, *, coder: str, sr: int, noise: float, law: Law, on_top: bool, mono: bool) -> Sent | None:
    """What was sent in all of a part that begins with a frame, once for both channels in mono."""
    if part.shape[1] < CODERS[coder].span + CODERS[coder].length:
        return None
    frames = [Frames(np.ascontiguousarray(x), coder=coder, sr=sr) for x in (part[:1] if mono else part)]
    reader = READERS[coder](frames, coder=coder, sr=sr, noise=noise, law=law, on_top=on_top)
    return reader.read()


def _sounding(pieces: Sequence[F32]) -> list[int]:
    """Which stretches have sound to speak of, in order."""
    movement = np.array([np.abs(np.diff(y)).mean() if y.size else 0.0 for y in pieces])
    return [int(i) for i in np.flatnonzero(movement >= QUIETEST * movement.max())]


def _middle(y: F32, *, coder: str, offset: int, most: int) -> F32:
    length, span = CODERS[coder].length, CODERS[coder].span
    y = y[:, offset % length :]
    wanted = length * (most - 1) + span
    skipped = max(0, y.shape[1] - wanted) // 2 // length * length
    return y[:, skipped : skipped + wanted]
