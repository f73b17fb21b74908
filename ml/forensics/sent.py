"""What an MPEG coder sent: at the grid, the block type, the steps and the numbers of frame after frame, and their cost.

The cost is exact where all steps are known: most granules of LAME read within 1 % of what the file holds. Steps that
hide under the file's own rounding are taken from the neighbouring bands, but no larger than such a step can be.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics.blocks import KINDS, Frames, Kind, edges, noise_in
from ml.forensics.channels import four
from ml.forensics.factors import factors
from ml.forensics.parts import FITS_FROM, WIDEST, Part, copied_bands, either, filled_in, pair, tuned_bands
from ml.forensics.spending import aac_bits, aac_step_bits, layer3_bits
from ml.forensics.steps import Law, fit, numbers
from ml.forensics.transforms import CODERS, SHARP
from ml.forensics.trial import MOST_EVIDENCE

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
Bools = NDArray[np.bool_]
Index = NDArray[np.intp]

MOST_FRAMES: Final = {"mp3": 256, "aac-kbd": 144, "aac-sine": 144}
"""Three seconds: enough for a reservoir to fill and empty."""

WEAK: Final = 0.6
"""A long block that says less than this share of what good ones say is tried as the other types."""
CLEARER: Final = 0.1
"""Nats a line by which another type must say more."""

HIDDEN: Final = 1.5
"""Lines under this many deviations of the noise count as zero."""

SILENT_STEP: Final = 40.0
"""log2 of a step at which everything is zero."""

READABLE: Final = 2.5
"""log2 of step over noise from which a band that was rounded is seen to be: one that is not was filled with noise."""

SELDOM: Final = 0.02
"""Share of frames up to which the steps of a band of AAC fit by chance."""

SHARPENED: Final = (200, 0.001)
"""Largest number, and tolerance, where some gain has moved AAC's steps by an unknown bit: low bands hold numbers of
hundreds. With those up to 60, as a search has it, a third of the examples at 192 kbps and more had 15 to 30 % of their
numbers taken for noise."""

CLEAN: Final = 0.03
"""Deviation of what arithmetic leaves in a decode to floats, in 16-bit steps."""

LEAK: Final = 2.0**-20
"""Deviation of what a decode to floats, and the analysis after it, leave in a line of Layer III, as a share of its
granule's root sum of squares: lines that were not sent read 2**-22 to 2**-21 of it."""

UNTOLD: Final = (-0.2, 2.0)
"""Nats a line, and levels in deviations of the noise: a band that says no less and is this loud was sent in steps too
small to be seen."""
UNSEEN: Final = 1.5
"""log2 of step over noise: larger ones would be seen."""

QUIET: Final = 1.2
"""Deviations of the noise under which a band that fits no step holds noise alone, though a line of it may stand out."""
MOST_BITS: Final = 4095
"""Of one channel's granule: ISO 11172-3, 2.4.1.7, has 12 bits for the length."""

UNSPLIT: Final = 8
"""Bands under the first region of tables where the window is not a long one: ISO 11172-3, 2.4.2.7."""

LARGEST: Final = 8191
"""ISO 11172-3 and 13818-7 have no larger number."""
HEADER: Final = {("mp3", 1): 84, ("mp3", 2): 144, ("aac", 1): 45, ("aac", 2): 75}
"""Bits of a granule's share of headers and side information, by coder and channels: ISO 11172-3, 2.4.1; for AAC about."""


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
    """Share of its bands that should lie on a lattice, and don't, shape (n,)."""
    read: F32
    """Share of its bands that lie on a lattice, hold nothing, or were not sent as numbers, shape (n,)."""
    bands: I32
    steps: F32
    """log2 of the steps that are known, else NaN: shape (n, channels, n_bands)."""
    levels: F32
    """log2 of the bands' root mean square, the same shape."""
    q: F32
    """The numbers, shape (n, channels, n_lines)."""


def sent(
    y: F32, *, coder: str, offset: int, sr: int, noise: float, law: Law, on_top: bool = True
) -> Sent | None:
    """What was sent in the middle of a stretch of sound; None where that is shorter than two frames.

    y : left and right in 16-bit steps, shape (2, n)
    offset : where a frame begins
    noise : deviation of the file's own rounding, in 16-bit steps
    law : the one that its steps obey
    on_top : whether no other coding lies over it, which would move lines and power of every band
    """
    part = _middle(y, coder=coder, offset=offset)
    if part.shape[1] < CODERS[coder].span + CODERS[coder].length:
        return None
    channels = part[:1] if np.array_equal(part[0], part[1]) else part
    frames = [Frames(np.ascontiguousarray(x), coder=coder, sr=sr) for x in channels]
    reader = _Reader(frames, coder=coder, sr=sr, noise=noise, law=law, on_top=on_top)
    return reader.read()


def _middle(y: F32, *, coder: str, offset: int) -> F32:
    length, span = CODERS[coder].length, CODERS[coder].span
    y = y[:, offset % length :]
    most = length * (MOST_FRAMES[coder] - 1) + span
    skipped = max(0, y.shape[1] - most) // 2 // length * length
    return y[:, skipped : skipped + most]


class _Reader:
    def __init__(
        self, frames: list[Frames], *, coder: str, sr: int, noise: float, law: Law, on_top: bool
    ) -> None:
        self._frames, self._coder, self._sr, self._noise = frames, coder, sr, noise
        self._laws = _laws(law, coder=coder, on_top=on_top)
        self._law = law
        self._phase = law.phase if on_top and coder != "mp3" and law.per_octave == 4 else None
        """log2 of some step, where powers are to be held against steps."""
        self._least = SELDOM if on_top and coder != "mp3" else 0.0
        self._floor: F32 = np.empty(0, dtype=np.float32)
        """Deviation of what is no sound in a line of each frame, shape (n_frames,)."""

    def read(self) -> Sent:
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

    def _sent(self, best: Part, kinds: Index, score: F32, shorts: Part) -> Sent:
        short = kinds == KINDS.index("short")
        bridges = ~short & (kinds > 0)
        q, bits = self._cost(best, "long", bridges=bridges)
        fits = (best.evidence > FITS_FROM) | ~best.heard
        known = np.where(short[:, None, None], np.float32(np.nan), best.known)
        if short.any():
            bits[short] = self._cost(shorts, "short")[1]
        step_bits = self._step_bits(known, q, short=short, shorts=shorts)
        if self._coder == "mp3":
            bits = np.minimum(bits, MOST_BITS - step_bits)
        squares = np.add.reduceat(best.magnitudes**2, self._bands("long")[:-1], axis=-1)
        sure = self._cost(best, "long", bridges=bridges, known_only=True)[1]
        sure[short] = bits[short]
        filled = self._noise_like(best, known) & ~short[:, None, None]
        spared = self._spared(best, "long", filled, bits=bits)
        if short.any():
            spared[short] = self._spared(shorts, "short", self._noise_like(shorts, shorts.known), bits=bits[short])
        whole = bits.sum(axis=0)
        header = HEADER[self._coder[:3], len(self._frames)]
        share = np.where(short, score > FITS_FROM, fits.mean(axis=(1, 2)))
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
            read=np.where(short, share, (fits | filled).mean(axis=(1, 2), dtype=np.float32)).astype(np.float32),
            bands=self._bands("long"),
            steps=known,
            levels=np.log2(np.sqrt(squares / self._widths("long")) + np.float32(1e-3)),
            q=q,
        )

    def _step_bits(self, known: F32, q: F32, *, short: Bools, shorts: Part) -> F32:
        """Bits of the steps of each frame, shape (n, channels); AAC's short blocks take what is usual."""
        if self._coder == "mp3":
            bits = factors(known).bits
            if short.any():
                bits[short] = factors(shorts.known).bits
            return bits
        bits = aac_step_bits(known, q, self._bands("long"))
        bits[short] = np.median(bits[~short], axis=0) if not short.all() else 0.0
        return bits

    def _magnitudes(self, kind: Kind, which: Index) -> F32:
        """Of one channel, or of left, right, mid and side: shape (n, 1 or 4 channels, n_lines)."""
        lines = [frames.lines(kind, which) for frames in self._frames]
        return np.abs(np.stack(lines if len(lines) == 1 else four(lines[0], lines[1]), axis=1))

    def _part(self, magnitudes: F32, kind: Kind, which: Index) -> Part:
        bands, noise = self._bands(kind), self._noise_in(kind, which)
        steps, evidence = self._fit(magnitudes, kind, noise=noise.ravel())
        if self._coder == "mp3":
            squares = np.add.reduceat(magnitudes**2, bands[:-1], axis=-1) / np.diff(bands)
            steps[(evidence <= FITS_FROM) & (squares < (QUIET * noise) ** 2)] = np.nan
        copied = copied_bands(magnitudes, bands, noise=self._noise if self._replaces else None)
        tuned = tuned_bands(magnitudes, bands, noise=self._noise, phase=self._phase)
        return pair(
            magnitudes, steps, evidence, copied, tuned, noise, bands=bands, whole=self._coder == "mp3"
        )

    @property
    def _replaces(self) -> bool:
        """Whether the coder copies channels and fills bands with noise: AAC alone, as people use them."""
        return self._coder != "mp3"

    def _noise_like(self, part: Part, known: F32) -> Bools:
        """Bands whose steps would show, as their neighbours' do, and don't: shape (n, channels, n_bands)."""
        if not self._replaces:
            return np.zeros(part.steps.shape, dtype=bool)
        shows = filled_in(known, least=self._least) > np.log2(max(self._noise, CLEAN)) + READABLE
        return np.asarray(shows & part.heard & part.tuned & (part.evidence <= FITS_FROM))

    def _spared(self, part: Part, kind: Kind, filled: Bools, *, bits: F32) -> F32:
        """Bits without what was not sent as numbers, shape (n, channels)."""
        silent = filled.copy()
        silent[:, 1:] |= part.copied[:, None]
        if not silent.any():
            return bits.copy()
        return self._cost(replace(part, steps=np.where(silent, np.float32(np.nan), part.steps)), kind)[1]

    def _fit(self, magnitudes: F32, kind: Kind, *, noise: F32) -> tuple[F32, F32]:
        """Under the likelier law of each channel of a frame: shape (n, channels, n_bands).

        noise : shape (n,), of few values
        """
        if self._coder != "mp3":
            return self._fit_evenly(magnitudes, kind, noise=self._noise)
        shape = (*magnitudes.shape[:2], len(self._bands(kind)) - 1)
        steps, evidence = np.empty(shape, dtype=np.float32), np.empty(shape, dtype=np.float32)
        for level in np.unique(noise):
            at = noise == level
            steps[at], evidence[at] = self._fit_evenly(magnitudes[at], kind, noise=float(level))
        return steps, evidence

    def _fit_evenly(self, magnitudes: F32, kind: Kind, *, noise: float) -> tuple[F32, F32]:
        n, channels, n_lines = magnitudes.shape
        bands = self._bands(kind)
        flat = np.ascontiguousarray(magnitudes.reshape(-1, n_lines))
        found = [fit(flat, bands, law=law, noise=noise) for law in self._laws]
        steps, evidence = np.stack([s for s, _ in found]), np.stack([e for _, e in found])
        evidence = np.clip(evidence, -1.0, MOST_EVIDENCE)
        likelier = (evidence * np.minimum(np.diff(bands), WIDEST)).sum(axis=-1).argmax(axis=0)
        chosen = likelier, np.arange(len(flat))
        return steps[chosen].reshape(n, channels, -1), evidence[chosen].reshape(n, channels, -1)

    def _cost(
        self, part: Part, kind: Kind, *, bridges: Bools | None = None, known_only: bool = False
    ) -> tuple[F32, F32]:
        """Numbers, shape (n, channels, n_lines), and their bits, shape (n, channels).

        bridges : which are start or stop blocks, shape (n,)
        """
        steps = np.where(part.heard, self._likely(part, kind, known_only=known_only), SILENT_STEP)
        clear = np.where(part.magnitudes > HIDDEN * part.noise, part.magnitudes, np.float32(0))
        q = numbers(clear, self._bands(kind), steps=steps.astype(np.float32), law=self._law)
        q = np.minimum(q, LARGEST)
        bits = self._lengths(q, kind)
        if bridges is not None and self._coder == "mp3" and bridges.any():
            bits[bridges] = self._lengths(q[bridges], "start")
        return q, bits

    def _likely(self, part: Part, kind: Kind, *, known_only: bool) -> F32:
        """Steps of all bands, log2, the shape of the part's; those that are not known as they are likely to be."""
        known = part.known
        if known_only:
            return np.where(np.isnan(known), np.float32(SILENT_STEP), known)
        if self._coder != "mp3":
            return filled_in(known, least=self._least)
        filled = filled_in(known)
        top = np.fmax.reduce(known, axis=-1)[..., None]
        filled = np.fmin(filled, top)
        if kind != "short":
            filled[..., -1:] = either(top, filled[..., -1:])
        bands = self._bands(kind)
        squares = np.add.reduceat(part.magnitudes**2, bands[:-1], axis=-1) / np.diff(bands)
        least, level = UNTOLD
        hidden = np.isnan(known) & (part.evidence > least) & (squares > (level * part.noise) ** 2)
        unseen = np.minimum(filled, np.log2(part.noise) + np.float32(UNSEEN))
        return np.asarray(np.where(hidden, unseen, filled), dtype=np.float32)

    def _lengths(self, q: F32, kind: Kind) -> F32:
        """Bits of the numbers, shape (n, channels)."""
        flat, bands = q.reshape(-1, q.shape[-1]).astype(np.int32), self._bands(kind)
        if self._coder != "mp3":
            bits = aac_bits(flat, bands[::8] if kind == "short" else bands)
        elif kind == "long":
            bits = layer3_bits(flat, bands)
        else:
            split = 36 if kind == "short" else bands[UNSPLIT]
            bits = layer3_bits(flat, np.array([0, split, 576], dtype=np.int32))
        return np.asarray(bits.reshape(q.shape[:2]), dtype=np.float32)

    def _floors(self, magnitudes: F32) -> F32:
        """Shape (n_frames,), from all long blocks; what leaks counts in whole octaves, so that few values are tried."""
        least = np.full(len(magnitudes), self._noise, dtype=np.float32)
        if self._coder != "mp3" or self._noise > CLEAN:
            return least
        loudest = np.sqrt(np.square(magnitudes).sum(axis=-1).max(axis=-1))
        octaves = np.ceil(np.log2(loudest * np.float32(LEAK / self._noise) + np.float32(1e-9)))
        return np.asarray(least * np.exp2(np.maximum(octaves, 0)), dtype=np.float32)

    def _noise_in(self, kind: Kind, which: Index) -> F32:
        """Of each frame, shape (n, 1, 1)."""
        gain = np.float32(noise_in(kind, coder=self._coder))
        return np.asarray(self._floor[which, None, None] * gain)

    def _bands(self, kind: Kind) -> I32:
        return edges(kind, coder=self._coder, sr=self._sr)

    def _widths(self, kind: Kind) -> I32:
        return np.diff(self._bands(kind))


def _laws(law: Law, *, coder: str, on_top: bool) -> tuple[Law, ...]:
    """Those of which each channel of a frame takes the likelier."""
    if law.per_octave != 4:
        return (law,)
    if coder == "mp3":  # all steps are the global one times powers of sqrt(1/2): ISO 11172-3, 2.4.3.4.7
        return tuple(replace(law, per_octave=2, phase=law.phase + more) for more in (0.0, 0.25))
    if not on_top:
        return (law,)
    most, tolerance = SHARP if law is CODERS[coder].exact else SHARPENED
    return (replace(law, most=most, tolerance=tolerance),)
