"""The frames of MPEG's coders one after the other, as any of the block types that their coder may have chosen.

Where the sound starts suddenly a frame is cut into short blocks, with a window before and after that leads over to
them. Analysed with the window that the coder used, at its place, a frame shows the very numbers that were rounded.
Sources: ISO 11172-3, 2.4.3.4.10 (Layer III) and 13818-7, 15.3 (AAC; FFmpeg's encoder takes KBD slopes in long blocks
and sine slopes in short ones).
"""

from collections.abc import Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ml.forensics import bands, hybrid
from ml.forensics.mdct import mdct
from ml.forensics.windows import kbd, sine

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
Index = NDArray[np.intp]
Kind = Literal["long", "start", "short", "stop"]

KINDS: Final[tuple[Kind, ...]] = ("long", "start", "short", "stop")

SHORT_WIDTHS: Final = {
    ("mp3", 48000): (4, 4, 4, 4, 6, 6, 10, 12, 14, 16, 20, 26, 66),
    ("mp3", 44100): (4, 4, 4, 4, 6, 8, 10, 12, 14, 18, 22, 30, 56),
    ("mp3", 32000): (4, 4, 4, 4, 6, 8, 12, 16, 20, 26, 34, 42, 12),
    ("aac", 0): (4, 4, 4, 4, 4, 8, 8, 8, 12, 12, 12, 16, 16, 16),
}
"""Lines of the bands of one short block, of 192 and of 128; ISO 11172-3, table B.8, and 13818-7, table 46."""


def narrow(*, coder: str, sr: int) -> tuple[int, ...]:
    """Widths of the bands of short blocks at the nearest rate.

    >>> [sum(narrow(coder=c, sr=44100)) for c in ("mp3", "aac-kbd")]
    [192, 128]
    """
    name = coder[:3]
    rates = [rate for of, rate in SHORT_WIDTHS if of == name]
    return SHORT_WIDTHS[name, min(rates, key=lambda rate: abs(rate - sr))]


def narrow_edges(*, coder: str, sr: int) -> I32:
    """Edges of the bands of one short block."""
    return np.array(list(accumulate(narrow(coder=coder, sr=sr), initial=0)), dtype=np.int32)


def edges(kind: Kind, *, coder: str, sr: int) -> I32:
    """Edges of the bands that have a step of their own, in the order of :func:`lines`; of each short block, too."""
    if kind != "short":
        return bands.layer3(sr) if coder == "mp3" else bands.aac(sr)
    count = 3 if coder == "mp3" else 8
    widths = [width for width in narrow(coder=coder, sr=sr) for _ in range(count)]
    return np.array(list(accumulate(widths, initial=0)), dtype=np.int32)


def noise_in(kind: Kind, *, coder: str) -> float:
    """How much more of the file's own noise is in a line than in a long block's: Layer III keeps the steps' size."""
    return float(np.sqrt(3)) if kind == "short" and coder == "mp3" else 1.0


class Frames:
    """All frames of one channel from the first sample on."""

    def __init__(self, x: F32, *, coder: str, sr: int) -> None:
        """x : shape (n,), n at least the span of one frame"""
        self._coder, self._sr = coder, sr
        if coder == "mp3":
            self._slots = hybrid.polyphase(x, step=hybrid.BANDS)
            self.count = (len(self._slots) - hybrid.SLOTS) // 18 + 1
        else:
            self._spans = np.lib.stride_tricks.sliding_window_view(x, 2048)[::1024]
            self.count = len(self._spans)

    def lines(self, kind: Kind, which: Index) -> F32:
        """Lines of some frames, shape (len(which), n_lines); of short blocks band by band, then block by block."""
        if self._coder == "mp3":
            return _layer3(self._slots, which, kind, sr=self._sr)
        return _aac(self._spans[which], kind, coder=self._coder, sr=self._sr)


def _layer3(slots: F32, which: Index, kind: Kind, *, sr: int) -> F32:
    if not len(which):
        return np.empty((0, hybrid.LINES), dtype=np.float32)
    spans = np.stack([slots[18 * g : 18 * g + hybrid.SLOTS] for g in which])
    lines = (by_band(kind) @ spans.transpose(2, 1, 0)).reshape(hybrid.LINES, -1)
    if kind == "short":
        return lines[_order(narrow(coder="mp3", sr=sr), blocks=3, run=6)].T
    hybrid.reduce_aliases(lines)
    return lines.T


@cache
def by_band(kind: Kind) -> F32:
    """Windowed MDCTs of 36 subband samples, shape (32, 18, 36), scaled as :func:`ml.forensics.hybrid.long_block`."""
    if kind == "long":
        both = hybrid.long_block()
    else:
        one = _short_matrix() if kind == "short" else _bridge_matrix(kind)
        flipped = one * np.where(np.arange(hybrid.SLOTS) % 2, -1.0, 1.0)[:, None]
        both = (np.stack([one, flipped]) * np.sqrt(hybrid.BANDS)).astype(np.float32)
    return np.ascontiguousarray(both[np.arange(hybrid.BANDS) % 2].transpose(0, 2, 1))


def _bridge_matrix(kind: Kind) -> F64:
    n, k = np.arange(36)[:, None], np.arange(18)
    window = _bridge(sine(36)[:18], sine(12)[6:])
    shape = window if kind == "start" else window[::-1]
    return np.asarray(shape[:, None] * np.cos(np.pi / 72 * (2 * n + 1 + 18) * (2 * k + 1)) / 3)


def _short_matrix() -> F64:
    """Three blocks of 6 lines; steps keep their absolute size, so a line is sqrt(3) times the orthonormal one."""
    n, k = np.arange(12)[:, None], np.arange(6)
    block = sine(12)[:, None] * np.cos(np.pi / 24 * (2 * n + 1 + 6) * (2 * k + 1))
    out = np.zeros((36, 18))
    for at in range(3):
        out[6 + 6 * at : 18 + 6 * at, 6 * at : 6 * at + 6] = block
    return out


def _bridge(rise: F64, fall: F64) -> F64:
    """A long slope up, flat, a short slope down, and zeros: twice as long as the rise."""
    flat = (len(rise) - len(fall)) // 2
    return np.concatenate([rise, np.ones(flat), fall, np.zeros(flat)])


def _order(widths: Sequence[int], *, blocks: int, run: int) -> Index:
    """Where the lines stand in runs of ``run`` a block, read band by band and block by block."""
    out: list[int] = []
    for low, high in pairwise(accumulate(widths, initial=0)):
        for block in range(blocks):
            out += [(i // run) * run * blocks + run * block + i % run for i in range(low, high)]
    return np.array(out, dtype=np.intp)


def _aac(spans: F32, kind: Kind, *, coder: str, sr: int) -> F32:
    if kind != "short":
        return mdct(spans, _window(kind, coder))
    parts = [mdct(spans[:, 448 + 128 * w : 704 + 128 * w], sine(256).astype(np.float32)) for w in range(8)]
    flat = np.concatenate(parts, axis=-1)
    return flat[:, _order(narrow(coder=coder, sr=sr), blocks=8, run=128)]


@cache
def _window(kind: Kind, coder: str) -> F32:
    whole = sine(2048) if coder == "aac-sine" else kbd(2048, alpha=4)
    start = _bridge(whole[:1024], sine(256)[128:])
    return {"long": whole, "start": start, "stop": start[::-1]}[kind].astype(np.float32)
