"""Coded music, made once, and what one coder's search and trial say of a signal."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ml.encode import Depth, decode, encode, resample
from ml.forensics import celt
from ml.forensics.grid import CELT, TRANSFORMS, Grid, Search
from ml.forensics.trial import FRAMES, judge, noise_of
from ml.units import Samples
from tests.signals import SR, music

TRANSFORM_OF = {coder: transform for transform in (*TRANSFORMS, CELT) for coder in transform.coders}


@cache
def coded(label: str, *, depth: Depth = "16", sr: int = SR, channels: str = "stereo") -> tuple[Samples, int]:
    """Three seconds of ``music`` through a coder: (y, sr), read-only. ``channels``: stereo, mono or dual-mono."""
    y = music(sr=sr, seconds=3.0)
    y = {"stereo": y, "mono": y[:1], "dual-mono": np.repeat(y[:1], 2, axis=0)}[channels]
    y, sr = decode(encode(y, sr=sr, label=label), depth=depth)
    y.flags.writeable = False
    return y, sr


def hear(y: Samples, *, sr: int, coders: tuple[str, ...], thorough: bool = False) -> dict[str, Grid]:
    """Grids of coders that share a transform, judged; none where the signal is too short."""
    searched, noise, _ = search(y, sr=sr, coder=coders[0])
    found = {grid.coder: grid for grid in searched.grids() if grid.coder in coders}
    return {c: judge(grid, searched, noise=noise, thorough=thorough) for c, grid in found.items()}


def search(y: Samples, *, sr: int, coder: str) -> tuple[Search, float, int]:
    """The search of a coder's transform over y, the file's noise in 16-bit steps, and the rate it was made at."""
    steps = np.ascontiguousarray(np.broadcast_to(y, (2, y.shape[1])) * np.float32(32768))
    integers = bool((steps == np.rint(steps)).all())
    gain = 1.0
    if coder == "opus":
        gain = float(celt.rounding_gain()[-1])
        steps, sr = celt.emphasise(resample(steps, sr=sr, to=celt.RATE)), celt.RATE
    searched = Search([(0, steps)], sr=sr, transform=TRANSFORM_OF[coder]).more()
    return searched, noise_of(searched.regions(FRAMES), integers=integers, gain=gain), sr


def at_steps(y: Samples) -> NDArray[np.float32]:
    """In units of one 16-bit step, as forensics takes it."""
    return np.ascontiguousarray(y * np.float32(32768))
