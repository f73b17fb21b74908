"""What AAC sent: ISO 13818-7 and 14496-3, 4.6."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics.blocks import Kind
from ml.forensics.parts import FITS_FROM, Part, copied_bands, filled_in, tuned_bands
from ml.forensics.sent.reader import CLEAN, Reader
from ml.forensics.spending import aac_bits, aac_step_bits
from ml.forensics.steps import Law
from ml.forensics.transforms import CODERS, SHARP

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
Bools = NDArray[np.bool_]

READABLE: Final = 2.5
"""log2 of step over noise from which a band that was rounded is seen to be."""

SHOWS: Final = 0.3
"""The same of the smallest step that shows. Where no line of a band is READABLE, no step of it is taken for larger,
however large those around it are: FFmpeg spends a tenth of 320 kbps on treble that lies under 16 bits."""

SELDOM: Final = 0.02
"""Share of frames up to which the steps of a band fit by chance."""

SHARPENED: Final = (200, 0.001)
"""Largest number, and tolerance, where some gain has moved the steps by an unknown bit: low bands hold numbers of
hundreds. With those up to 60, as a search has it, a third of the examples at 192 kbps and more had 15 to 30 % of their
numbers taken for noise."""


class AacReader(Reader):
    """Bands may be copied from the other channel (intensity stereo), or be noise of the decoder's own."""

    header: ClassVar[Mapping[int, int]] = {1: 45, 2: 75}  # about

    def _laws(self) -> tuple[Law, ...]:
        law = self._law
        if law.per_octave != 4 or not self._on_top:
            return (law,)
        most, tolerance = SHARP if law is CODERS[self._coder].exact else SHARPENED
        return (replace(law, most=most, tolerance=tolerance),)

    def _copied(self, magnitudes: F32, bands: I32) -> Bools:
        return copied_bands(magnitudes, bands, noise=self._noise)

    def _tuned(self, magnitudes: F32, bands: I32) -> Bools:
        if self._law.per_octave == 4 and self._on_top:
            return tuned_bands(magnitudes, bands, noise=self._noise, phase=self._law.phase)
        return ~super()._tuned(magnitudes, bands)

    def _filled(self, part: Part, known: F32) -> Bools:
        """Bands whose steps would show, as their neighbours' do, and don't, though the power is that of a step."""
        shows = self._filled_in(known) > np.log2(max(self._noise, CLEAN)) + READABLE
        return np.asarray(shows & part.heard & part.tuned & (part.evidence <= FITS_FROM))

    def _likely(self, part: Part, kind: Kind) -> F32:
        return self._filled_in(part.known)

    def _spared(self, part: Part, kind: Kind, filled: Bools, *, bits: F32) -> F32:
        silent = filled.copy()
        silent[:, 1:] |= part.copied[:, None]
        numbers = replace(part, steps=np.where(silent, np.float32(np.nan), part.steps))
        return self._cost(numbers, kind, steps=self._hidden_small(numbers, kind))[1]

    def _hidden_small(self, part: Part, kind: Kind) -> F32:
        steps = self._filled_in(part.known)
        if not self._on_top:
            return steps
        noise = np.maximum(part.noise, np.float32(CLEAN))
        quiet = np.maximum.reduceat(part.magnitudes, self._bands(kind)[:-1], axis=-1) < noise * 2**READABLE
        most = np.log2(noise) + np.float32(SHOWS)
        return np.where(np.isnan(part.known) & quiet, np.minimum(steps, most), steps)

    def _filled_in(self, known: F32) -> F32:
        return filled_in(known, least=SELDOM if self._on_top else 0.0)

    def _lengths(self, q: F32, kind: Kind, *, bridges: Bools | None) -> F32:
        flat, bands = q.reshape(-1, q.shape[-1]).astype(np.int32), self._bands(kind)
        bits = aac_bits(flat, bands[::8] if kind == "short" else bands)
        return np.asarray(bits.reshape(q.shape[:2]), dtype=np.float32)

    def _step_bits(self, known: F32, q: F32, *, short: Bools, shorts: Part) -> F32:
        """Short blocks take what is usual."""
        bits = aac_step_bits(known, q, self._bands("long"))
        bits[short] = np.median(bits[~short], axis=0) if not short.all() else 0.0
        return bits
