"""Each coder's transform, at one chosen frame offset: what the coder rounded, and how.

The search over all offsets makes do with sums and folds that slide; once an offset is chosen, the transform is the
standard's own, to the scale: a step can then be told by its absolute size, which no other offset or coder has.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import log2
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics import bands, celt, hybrid
from ml.forensics.mdct import mdct
from ml.forensics.steps import Law
from ml.forensics.windows import kbd, sine, vorbis

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

# tolerances: the width between steps tried over sqrt(12)
FREE_POWER: Final = Law(4 / 3, per_octave=8, phase=0.0, tolerance=0.025, most=12)
FREE_UNIFORM: Final = Law(1.0, per_octave=8, phase=0.0, tolerance=0.025, most=12)
"""Any step at all, a band by itself; with and without the power law of MPEG's coders."""

CANONICAL: Final[dict[str, tuple[int, ...]]] = {
    "mp3": (48, 1),
    "aac-kbd": (0,),
    "vorbis": (960, 64),
    "opus": (228, 540),
}
"""Where frames begin after the usual decoders: with the coder's delay cut off, or left."""

SHARP: Final = (1000, 0.0002)
"""Largest number and tolerance where the coder's own steps are meant: low bands hold numbers of hundreds."""

PHASES: Final = 8
"""Gains that are told apart within the quarter octave between a coder's steps."""


@dataclass(frozen=True, slots=True)
class Coder:
    """A transform and how its lines are rounded."""

    length: int
    """Samples from frame to frame."""
    span: int
    """Samples that one frame's lines are made of."""
    lines: Callable[[F32], F32]
    """Frames of shape (n, span) -> lines of shape (n, n_lines)."""
    bands: Callable[[int], I32]
    """Sampling rate -> edges of the bands that share a step."""
    exact: Law | None
    """The coder's own steps, a quarter octave apart, where their absolute size is known."""
    free: Law | None
    """Any step (gain and equalisers move them); None where this is not looked at."""
    gain: F32 | None = None
    """What the file's own rounding is multiplied by in each line, shape (n_lines,), where not all are alike."""

    @property
    def laws(self) -> tuple[Law, ...]:
        """Those that are known, its own steps first."""
        return tuple(law for law in (self.exact, self.free) if law is not None)

    def shifted(self) -> tuple[Law, ...]:
        """The coder's own steps after each of PHASES gains within a quarter octave; none where they are not known."""
        if self.exact is None:
            return ()
        width = 1 / self.exact.per_octave / PHASES
        return tuple(
            Law(
                self.exact.power,
                self.exact.per_octave,
                self.exact.phase + p * width,
                tolerance=0.006,
                most=24,
            )
            for p in range(PHASES)
        )


def finer(law: Law) -> tuple[Law, ...]:
    """The laws around one of :meth:`Coder.shifted`, as close to each other as large numbers need."""
    width = 1 / law.per_octave / PHASES**2
    return tuple(
        Law(law.power, law.per_octave, law.phase + p * width, tolerance=0.001, most=60)
        for p in range(-PHASES // 2, PHASES // 2 + 1)
    )


def sharp(coder: Coder) -> Law | None:
    """The coder's own steps for numbers of any size, as nothing but its own decoder leaves them; None where not known."""
    return None if coder.exact is None else replace(coder.exact, most=SHARP[0], tolerance=SHARP[1])


def consecutive(x: F32, *, coder: Coder) -> F32:
    """Lines of all frames that follow each other from the first sample: (n,) -> (frames, n_lines), none if too short.

    Layer III's granules share their subband samples here, which single ones cannot: another order of the same
    float32 sums, seen at 1e-7 of the loudest line.
    """
    if len(x) < coder.span:
        return np.empty((0, coder.length), dtype=np.float32)
    if coder.lines is layer3:
        subbands = hybrid.polyphase(x, step=hybrid.BANDS)
        count = (len(subbands) - hybrid.SLOTS) // 18 + 1
        return hybrid.hybrid_lines(subbands, slot=1, step=18, count=count).T
    return coder.lines(np.lib.stride_tricks.sliding_window_view(x, coder.span)[:: coder.length])


def layer3(frames: F32) -> F32:
    """Long-block lines of single granules: (n, hybrid.SPAN) -> (n, 576), n at least 1; ISO 11172-3, annex C.1."""
    subbands = np.stack([hybrid.polyphase(frame, step=hybrid.BANDS) for frame in frames])
    flat = subbands.reshape(-1, hybrid.BANDS)
    return hybrid.hybrid_lines(flat, slot=1, step=hybrid.SLOTS, count=len(frames)).T


def _under(window: NDArray[np.floating]) -> Callable[[F32], F32]:
    shape = window.astype(np.float32)
    return lambda frames: mdct(frames, shape)


def _exact(phase: float) -> Law:
    return Law(4 / 3, per_octave=4, phase=phase, tolerance=0.001, most=60)


def _even(n_lines: int, *, width: int) -> Callable[[int], I32]:
    return lambda sr: bands.even(n_lines, width=width)


CODERS: Final[dict[str, Coder]] = {
    # the scale of hybrid.long_block holds a factor of 3
    "mp3": Coder(hybrid.LINES, hybrid.SPAN, layer3, bands.layer3, _exact(log2(3) % 0.25), FREE_POWER),
    "aac-sine": Coder(1024, 2048, _under(sine(2048)), bands.aac, _exact(0.0), FREE_POWER),
    "aac-kbd": Coder(1024, 2048, _under(kbd(2048, alpha=4)), bands.aac, _exact(0.0), FREE_POWER),
    "vorbis": Coder(1024, 2048, _under(vorbis(2048)), _even(1024, width=8), None, FREE_UNIFORM),
    "opus": Coder(
        celt.LINES,
        2 * celt.LINES,
        _under(celt.WINDOW),
        lambda sr: bands.celt(),
        None,
        FREE_UNIFORM,
        celt.rounding_gain(),
    ),
    "ac3": Coder(256, 512, _under(kbd(512, alpha=5)), _even(256, width=8), None, FREE_UNIFORM),
    "wma": Coder(2048, 4096, _under(sine(4096)), _even(2048, width=16), None, None),
}
"""By the search's names. MP2 rounds subband samples and is told by the search alone."""
