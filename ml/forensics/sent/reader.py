"""Frames read at a grid: block types, steps and numbers, and their cost. What differs between coders is in subclasses."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics.blocks import KINDS, Frames, Kind, edges, noise_in
from ml.forensics.channels import four
from ml.forensics.parts import FITS_FROM, WIDEST, Part, pair
from ml.forensics.steps import Law, fit, numbers
from ml.forensics.trial import MOST_EVIDENCE

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
Bools = NDArray[np.bool_]
Index = NDArray[np.intp]

WEAK: Final = 0.6
"""A long block that says less than this share of what good ones say is tried as the other types."""
CLEARER: Final = 0.1
"""Nats a line by which another type must say more."""

HIDDEN: Final = 1.5
"""Lines under this many deviations of the noise count as zero."""

SILENT_STEP: Final = 40.0
"""log2 of a step at which everything is zero."""

CLEAN: Final = 0.03
"""Deviation of what arithmetic leaves in a decode to floats, in 16-bit steps."""

LARGEST: Final = 8191
"""ISO 11172-3 and 13818-7 have no larger number."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Frames (for Layer III granules) in order; all that stands by band and line is of long, start and stop blocks."""

    bits: F32
    """Everything that a frame cost, shape (n,)."""
    sure: F32
    """The same without the numbers whose step is not known, shape (n,)."""
    second: float
    """Share of the numbers' bits in the cheaper channel."""
    kinds: Index
    """Block types, numbers in KINDS, shape (n,)."""
    fits: F32
    """Share of a frame's bands that lie on a lattice or hold nothing, shape (n,)."""
    mid_side: F32
    """Share of its bands that were coded as mid and side, shape (n,)."""
    loudness: F32
    """log2 of a frame's power, shape (n,)."""
    spared: F32
    """What a frame cost if bands that look copied or filled with noise were not sent, shape (n,)."""
    copied: F32
    """Share of its bands in which one channel is a multiple of the other, shape (n,)."""
    filled: F32
    """Share of its bands that noise fills, shape (n,)."""
    read: F32
    """Share of its bands that lie on a lattice, hold nothing, or were not sent as numbers, shape (n,)."""
    bands: I32
    steps: F32
    """log2 of the steps that are known, else NaN: shape (n, channels, n_bands)."""
    levels: F32
    """log2 of the bands' root mean square, the same shape."""
    q: F32
    """The numbers, shape (n, channels, n_lines)."""
    stretch: Index
    """Which stretch of neighbouring frames each belongs to, shape (n,)."""


class Reader(ABC):
    """One stretch of sound at one grid."""

    header: ClassVar[Mapping[int, int]]
    """Bits of a frame's share of headers and side information, by channels."""
    most_bits: ClassVar[float] = np.inf
    """Of one channel's frame."""
    one_pair: ClassVar[bool] = False
    """Whether left and right, or mid and side, is a choice for all bands of a frame."""

    def __init__(
        self, frames: list[Frames], *, coder: str, sr: int, noise: float, law: Law, on_top: bool
    ) -> None:
        """As for :func:`ml.forensics.sent.sent`; frames : of one channel, or of left and right"""
        self._frames, self._coder, self._sr, self._noise = frames, coder, sr, noise
        self._law, self._on_top = law, on_top
        self._floor: F32 = np.empty(0, dtype=np.float32)
        """Deviation of what is no sound in a line of each frame, shape (n_frames,)."""

    def read(self) -> Sent:
        """Every frame as the block type that says most."""
        every = np.arange(self._frames[0].count)
        magnitudes = self._magnitudes("long", every)
        self._floor = self._floors(magnitudes)
        best = self._part(magnitudes, "long", every)
        kinds = np.zeros(len(every), dtype=np.intp)
        score = best.score(self._widths("long"))
        weak = every[score < WEAK * np.quantile(score, 0.8)]
        shorts = best.rows(np.zeros(len(every), dtype=bool))
        for number, kind in [(KINDS.index(k), k) for k in ("start", "stop", "short")] if len(weak) else []:
            part = self._part(self._magnitudes(kind, weak), kind, weak)  # type: ignore[arg-type]
            found = part.score(self._widths(kind))  # type: ignore[arg-type]
            better = found > score[weak] + CLEARER
            score[weak[better]] = found[better]
            kinds[weak[better]] = number
            if kind == "short":
                shorts = part.rows(better)
            else:
                best.put(weak[better], part, better)
        return self._sent(best, kinds, score, shorts)

    @abstractmethod
    def _laws(self) -> tuple[Law, ...]:
        """Those of which each channel of a frame takes the likelier."""

    @abstractmethod
    def _likely(self, part: Part, kind: Kind) -> F32:
        """Steps of all bands, log2, the shape of the part's; those that are not known as they are likely to be."""

    @abstractmethod
    def _lengths(self, q: F32, kind: Kind, *, bridges: Bools | None) -> F32:
        """Bits of the numbers, shape (n, channels). bridges : which are start or stop blocks, shape (n,)"""

    @abstractmethod
    def _step_bits(self, known: F32, q: F32, *, short: Bools, shorts: Part) -> F32:
        """Bits of the steps of each frame, shape (n, channels)."""

    def _floors(self, magnitudes: F32) -> F32:
        """Shape (n_frames,), from all long blocks."""
        return np.full(len(magnitudes), self._noise, dtype=np.float32)

    def _fit(self, magnitudes: F32, kind: Kind, *, noise: F32) -> tuple[F32, F32]:
        """Steps and evidence, shape (n, channels, n_bands). noise : of each frame, shape (n, 1, 1)"""
        return self._fit_evenly(magnitudes, kind, noise=self._noise)

    def _copied(self, magnitudes: F32, bands: I32) -> Bools:
        """Bands in which one channel was sent as a multiple of the other: shape (n, n_bands)."""
        return np.zeros((len(magnitudes), len(bands) - 1), dtype=bool)

    def _tuned(self, magnitudes: F32, bands: I32) -> Bools:
        """Bands that may hold the decoder's noise: shape (n, 1 or 2 channels, n_bands)."""
        return np.zeros((len(magnitudes), min(2, magnitudes.shape[1]), len(bands) - 1), dtype=bool)

    def _filled(self, part: Part, known: F32) -> Bools:
        """Bands that do: the shape of the part's steps. known : log2 of the steps, else NaN"""
        return np.zeros(part.steps.shape, dtype=bool)

    def _sent(self, best: Part, kinds: Index, score: F32, shorts: Part) -> Sent:
        short = kinds == KINDS.index("short")
        bridges = ~short & (kinds > 0)
        q, bits = self._cost(best, "long", steps=self._likely(best, "long"), bridges=bridges)
        fits = (best.evidence > FITS_FROM) | ~best.heard
        known = np.where(short[:, None, None], np.float32(np.nan), best.known)
        if short.any():
            bits[short] = self._cost(shorts, "short", steps=self._likely(shorts, "short"))[1]
        step_bits = self._step_bits(known, q, short=short, shorts=shorts)
        bits = np.minimum(bits, np.float32(self.most_bits) - step_bits)
        squares = np.add.reduceat(best.magnitudes**2, self._bands("long")[:-1], axis=-1)
        shown = np.where(np.isnan(best.known), np.float32(SILENT_STEP), best.known)
        sure = self._cost(best, "long", steps=shown, bridges=bridges)[1]
        sure[short] = bits[short]
        filled = self._filled(best, known) & ~short[:, None, None]
        spared = self._spared(best, "long", filled, bits=bits)
        if short.any():
            filled_shorts = self._filled(shorts, shorts.known)
            spared[short] = self._spared(shorts, "short", filled_shorts, bits=bits[short])
        whole = bits.sum(axis=0)
        header = self.header[len(self._frames)]
        share = np.where(short, score > FITS_FROM, fits.mean(axis=(1, 2)))
        read = np.where(short, share, (fits | filled).mean(axis=(1, 2), dtype=np.float32))
        return Sent(
            bits=(bits + step_bits).sum(axis=1) + header,
            sure=(sure + step_bits).sum(axis=1) + header,
            second=float(whole.min() / max(float(whole.sum()), 1.0)) if len(whole) > 1 else 0.0,
            kinds=kinds,
            fits=share.astype(np.float32),
            mid_side=best.mid_side.mean(axis=1),
            loudness=np.log2(squares.sum(axis=(1, 2)) + 1),
            spared=(spared + step_bits).sum(axis=1) + header,
            copied=best.copied.mean(axis=1, dtype=np.float32),
            filled=filled.mean(axis=(1, 2), dtype=np.float32),
            read=read.astype(np.float32),
            bands=self._bands("long"),
            steps=known,
            levels=np.log2(np.sqrt(squares / self._widths("long")) + np.float32(1e-3)),
            q=q,
            stretch=np.zeros(len(kinds), dtype=np.intp),
        )

    def _magnitudes(self, kind: Kind, which: Index) -> F32:
        """Of one channel, or of left, right, mid and side: shape (n, 1 or 4 channels, n_lines)."""
        lines = [frames.lines(kind, which) for frames in self._frames]
        return np.abs(np.stack(lines if len(lines) == 1 else four(lines[0], lines[1]), axis=1))

    def _part(self, magnitudes: F32, kind: Kind, which: Index) -> Part:
        bands, noise = self._bands(kind), self._noise_in(kind, which)
        steps, evidence = self._fit(magnitudes, kind, noise=noise)
        copied, tuned = self._copied(magnitudes, bands), self._tuned(magnitudes, bands)
        return pair(magnitudes, steps, evidence, copied, tuned, noise, bands=bands, whole=self.one_pair)

    def _fit_evenly(self, magnitudes: F32, kind: Kind, *, noise: float) -> tuple[F32, F32]:
        """Under the likelier law of each channel of a frame: shape (n, channels, n_bands)."""
        n, channels, n_lines = magnitudes.shape
        bands = self._bands(kind)
        flat = np.ascontiguousarray(magnitudes.reshape(-1, n_lines))
        found = [fit(flat, bands, law=law, noise=noise) for law in self._laws()]
        steps, evidence = np.stack([s for s, _ in found]), np.stack([e for _, e in found])
        evidence = np.clip(evidence, -1.0, MOST_EVIDENCE)
        likelier = (evidence * np.minimum(np.diff(bands), WIDEST)).sum(axis=-1).argmax(axis=0)
        chosen = likelier, np.arange(len(flat))
        return steps[chosen].reshape(n, channels, -1), evidence[chosen].reshape(n, channels, -1)

    def _cost(self, part: Part, kind: Kind, *, steps: F32, bridges: Bools | None = None) -> tuple[F32, F32]:
        """Numbers, shape (n, channels, n_lines), and their bits, shape (n, channels). steps : log2 of all, no NaN"""
        steps = np.where(part.heard, steps, SILENT_STEP)
        clear = np.where(part.magnitudes > HIDDEN * part.noise, part.magnitudes, np.float32(0))
        q = numbers(clear, self._bands(kind), steps=steps.astype(np.float32), law=self._law)
        q = np.minimum(q, LARGEST)
        return q, self._lengths(q, kind, bridges=bridges)

    def _spared(self, part: Part, kind: Kind, filled: Bools, *, bits: F32) -> F32:
        """Bits without what was not sent as numbers, shape (n, channels)."""
        return bits.copy()

    def _noise_in(self, kind: Kind, which: Index) -> F32:
        """Of each frame, shape (n, 1, 1)."""
        gain = np.float32(noise_in(kind, coder=self._coder))
        return np.asarray(self._floor[which, None, None] * gain)

    def _bands(self, kind: Kind) -> I32:
        return edges(kind, coder=self._coder, sr=self._sr)

    def _widths(self, kind: Kind) -> I32:
        return np.diff(self._bands(kind))
