"""One pass over a file's PCM: everything later stages need, in constant memory."""

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ml.decode.blocks import BLOCK, Excerpt, Excerpts, blocks
from ml.decode.levels import LevelMeter, Levels
from ml.decode.pcm import PcmStream, stream
from ml.decode.stretches import Middle, Stretches
from ml.errors import Cancelled, Silent, TooLong, TooShort
from ml.sandbox.limits import Limits
from ml.spectrogram.pictures import Drawing, Pictures
from ml.units import LSB16

_SILENT_PEAK = 2 * LSB16
"""Dithered digital silence stays within two steps of 16 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """What one pass keeps. It depends on the PCM alone: container, tags and packet sizes leave no trace."""

    sr: int
    """As decoded, never resampled."""
    n_samples: int
    """Per channel."""
    n_channels: int
    """Of the file; at most the first two are kept."""
    excerpts: tuple[Excerpt, ...]
    stretches: tuple[Excerpt, ...]
    """A few seconds each, in mono, spread over the whole."""
    middle: Excerpt
    """Half a minute somewhere in the middle, in mono; all of a shorter recording."""
    levels: Levels
    faults: int = 0
    """Damaged packets that were skipped."""

    @property
    def duration_s(self) -> float:
        return self.n_samples / self.sr


def record(
    path: str | os.PathLike[str],
    *,
    limits: Limits | None = None,
    on_progress: Callable[[float], None] | None = None,
    on_drawn: Callable[[Pictures], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Recording:
    """Decode the file once and fold it.

    on_drawn : called once, at the end; without it nothing is drawn, which takes a third of the time of the pass
    Raises InputError, SandboxError, Cancelled, OSError.
    """
    limits = limits or Limits()
    with stream(path, limits=limits) as pcm:
        return fold(pcm, limits=limits, on_progress=on_progress, on_drawn=on_drawn, cancelled=cancelled)


def fold(
    pcm: PcmStream,
    *,
    limits: Limits,
    on_progress: Callable[[float], None] | None = None,
    on_drawn: Callable[[Pictures], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Recording:
    """The pass itself."""
    excerpts, meter = Excerpts(), LevelMeter()
    stretches, middle = Stretches(sr=pcm.sr), Middle(sr=pcm.sr)
    drawing = Drawing(sr=pcm.sr) if on_drawn is not None else None
    n_samples = 0
    for y in blocks(pcm, size=BLOCK):
        if cancelled is not None and cancelled():
            raise Cancelled()
        mono = y.mean(axis=0, keepdims=True)
        excerpts.add(y)
        stretches.add(mono)
        middle.add(mono)
        meter.add(y)
        if drawing is not None:
            drawing.add(y, mono)
        n_samples += y.shape[1]
        if (
            n_samples > limits.max_duration_s * pcm.sr + BLOCK
        ):  # the child counts too; should it lie, we don't
            raise TooLong(duration_s=n_samples / pcm.sr, maximum_s=limits.max_duration_s)
        if on_progress is not None:
            on_progress(pcm.fraction)
    if n_samples < limits.min_duration_s * pcm.sr:
        raise TooShort(duration_s=round(n_samples / pcm.sr, 3), minimum_s=limits.min_duration_s)
    _refuse_silence(meter)
    if drawing is not None and on_drawn is not None:
        on_drawn(drawing.finish())
    return Recording(
        sr=pcm.sr,
        n_samples=n_samples,
        n_channels=pcm.n_channels,
        excerpts=excerpts.merged(),
        stretches=stretches.kept(),
        middle=middle.kept(),
        levels=meter.levels(),
        faults=pcm.faults,
    )


def _refuse_silence(meter: LevelMeter) -> None:
    swing = meter.half_swing()
    if swing <= _SILENT_PEAK:
        raise Silent(peak_db=round(20 * float(np.log10(max(swing, 1e-12))), 1))
