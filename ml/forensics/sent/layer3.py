"""What Layer III sent: ISO 11172-3."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics.blocks import Kind
from ml.forensics.factors import factors
from ml.forensics.parts import FITS_FROM, Part, either, filled_in
from ml.forensics.sent.reader import CLEAN, Reader
from ml.forensics.spending import layer3_bits
from ml.forensics.steps import Law

F32 = NDArray[np.float32]
Bools = NDArray[np.bool_]

LEAK: Final = 2.0**-20
"""Deviation of what a decode to floats, and the analysis after it, leave in a line, as a share of its granule's root sum
of squares: lines that were not sent read 2**-22 to 2**-21 of it."""

UNTOLD: Final = (-0.2, 2.0)
"""Nats a line, and levels in deviations of the noise: a band that says no less and is this loud was sent in steps too
small to be seen."""
UNSEEN: Final = 1.5
"""log2 of step over noise: larger ones would be seen."""

QUIET: Final = 1.2
"""Deviations of the noise under which a band that fits no step holds noise alone, though a line of it may stand out."""

UNSPLIT: Final = 8
"""Bands under the first region of tables where the window is not a long one: 2.4.2.7."""


class Layer3Reader(Reader):
    """Frames are granules."""

    header: ClassVar[Mapping[int, int]] = {1: 84, 2: 144}  # 2.4.1
    most_bits: ClassVar[float] = 4095  # 2.4.1.7 has 12 bits for the length
    one_pair: ClassVar[bool] = True

    def _laws(self) -> tuple[Law, ...]:
        """All steps of a channel are the global one times powers of sqrt(1/2): 2.4.3.4.7."""
        law = self._law
        if law.per_octave != 4:
            return (law,)
        return tuple(replace(law, per_octave=2, phase=law.phase + more) for more in (0.0, 0.25))

    def _floors(self, magnitudes: F32) -> F32:
        """What leaks counts in whole octaves, so that few values are tried."""
        least = super()._floors(magnitudes)
        if self._noise > CLEAN:
            return least
        loudest = np.sqrt(np.square(magnitudes).sum(axis=-1).max(axis=-1))
        octaves = np.ceil(np.log2(loudest * np.float32(LEAK / self._noise) + np.float32(1e-9)))
        return np.asarray(least * np.exp2(np.maximum(octaves, 0)), dtype=np.float32)

    def _fit(self, magnitudes: F32, kind: Kind, *, noise: F32) -> tuple[F32, F32]:
        bands = self._bands(kind)
        shape = (*magnitudes.shape[:2], len(bands) - 1)
        steps, evidence = np.empty(shape, dtype=np.float32), np.empty(shape, dtype=np.float32)
        for level in np.unique(noise):
            at = noise.ravel() == level
            steps[at], evidence[at] = self._fit_evenly(magnitudes[at], kind, noise=float(level))
        squares = np.add.reduceat(magnitudes**2, bands[:-1], axis=-1) / np.diff(bands)
        steps[(evidence <= FITS_FROM) & (squares < (QUIET * noise) ** 2)] = np.nan
        return steps, evidence

    def _likely(self, part: Part, kind: Kind) -> F32:
        """As large as the neighbours' are, but no larger than a step that hides, and than the granule's largest."""
        known, bands = part.known, self._bands(kind)
        top = np.fmax.reduce(known, axis=-1)[..., None]
        filled = np.fmin(filled_in(known), top)
        if kind != "short":
            filled[..., -1:] = either(top, filled[..., -1:])
        squares = np.add.reduceat(part.magnitudes**2, bands[:-1], axis=-1) / np.diff(bands)
        least, level = UNTOLD
        hidden = np.isnan(known) & (part.evidence > least) & (squares > (level * part.noise) ** 2)
        unseen = np.minimum(filled, np.log2(part.noise) + np.float32(UNSEEN))
        return np.asarray(np.where(hidden, unseen, filled), dtype=np.float32)

    def _lengths(self, q: F32, kind: Kind, *, bridges: Bools | None) -> F32:
        bands = self._bands(kind)
        if kind == "short":
            return _bits(q, np.array([0, 36, 576]))
        bits = _bits(q, bands)
        if bridges is not None and bridges.any():
            bits[bridges] = _bits(q[bridges], np.array([0, bands[UNSPLIT], 576]))
        return bits

    def _step_bits(self, known: F32, q: F32, *, short: Bools, shorts: Part) -> F32:
        bits = factors(known).bits
        if short.any():
            bits[short] = factors(shorts.known).bits
        return bits


def _bits(q: F32, edges: NDArray[np.integer]) -> F32:
    """Shape (n, channels)."""
    flat = q.reshape(-1, q.shape[-1]).astype(np.int32)
    return np.asarray(layer3_bits(flat, edges.astype(np.int32)).reshape(q.shape[:2]), dtype=np.float32)
