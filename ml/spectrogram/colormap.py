"""Palettes of 256 colours, and how to give a palette PNG another one. Imports nothing heavy."""

import struct
import zlib
from collections.abc import Callable
from functools import cache
from itertools import pairwise

STEP_DB = 0.5
FLOOR_DB = -120.0
FULL_SCALE = 240
"""Level 0 is -120 dBFS, level 240 is 0 dBFS; louder ones go on to 255."""

Knot = tuple[float, int, int, int]
_VIRIDIS: tuple[Knot, ...] = (
    (0.0, 68, 1, 84), (0.125, 71, 44, 122), (0.25, 59, 81, 139), (0.375, 44, 113, 142), (0.5, 33, 144, 141),
    (0.625, 39, 173, 129), (0.75, 92, 200, 99), (0.875, 170, 220, 50), (1.0, 253, 231, 37),
)  # fmt: skip
# Spek's default colours (alexkay/spek, src/spek-palette.cc: a visible spectrum after Dan Bruton), written as
# knots of hue over 0.6625 * level, and a fade to black below 0.1.
_SPEK_SPAN, _SPEK_FADE = 0.6625, 0.1
_SPEK: tuple[Knot, ...] = (
    (0.0, 170, 0, 255), (0.15, 0, 0, 255), (0.275, 0, 255, 255), (0.325, 0, 255, 0), (0.5, 255, 255, 0),
    (0.6625, 255, 0, 0),
)  # fmt: skip
PALETTES = ("spek", "viridis", "grey")
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@cache
def palette(name: str) -> bytes:
    """256 RGB triples, index = level. KeyError for an unknown name.

    >>> tuple(palette("grey")[3 * 77 : 3 * 78])
    (77, 77, 77)
    """
    return b"".join(bytes(_COLOURS[name](index)) for index in range(256))


def recolour(png: bytes, name: str) -> bytes:
    """The same palette PNG with another palette: only its PLTE chunk is replaced."""
    if not png.startswith(_SIGNATURE):
        raise ValueError("not a PNG")
    at = len(_SIGNATURE)
    while at + 12 <= len(png):
        size, kind = struct.unpack_from(">I4s", png, at)
        if kind == b"PLTE":
            return png[:at] + chunk(b"PLTE", palette(name)) + png[at + 12 + size :]
        at += 12 + size
    raise ValueError("a PNG without a palette")


def palette_png(rows: list[bytes], *, width: int, name: str) -> bytes:
    """An 8-bit palette PNG from rows of indices, top row first."""
    header = struct.pack(">IIBBBBB", width, len(rows), 8, 3, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows), 4)
    parts = (chunk(b"IHDR", header), chunk(b"PLTE", palette(name)), chunk(b"IDAT", body), chunk(b"IEND", b""))
    return _SIGNATURE + b"".join(parts)


def chunk(kind: bytes, body: bytes) -> bytes:
    """Length, kind, body and checksum, as PNG wants them."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _spek(index: int) -> tuple[int, int, int]:
    x = min(index / FULL_SCALE, 1.0) * _SPEK_SPAN
    fade = min(1.0, x / _SPEK_FADE)
    red, green, blue = (round(fade * value) for value in _between(_SPEK, x))
    return red, green, blue


def _viridis(index: int) -> tuple[int, int, int]:
    red, green, blue = (round(v) for v in _between(_VIRIDIS, min(index / FULL_SCALE, 1.0)))
    return red, green, blue


def _between(knots: tuple[Knot, ...], x: float) -> tuple[float, ...]:
    for low, high in pairwise(knots):
        if x <= high[0]:
            share = (x - low[0]) / (high[0] - low[0])
            return tuple(a + share * (b - a) for a, b in zip(low[1:], high[1:], strict=True))
    return knots[-1][1:]


def _grey(index: int) -> tuple[int, int, int]:
    return index, index, index


Colour = Callable[[int], tuple[int, int, int]]
_COLOURS: dict[str, Colour] = {
    "spek": _spek,
    "viridis": _viridis,
    "grey": _grey,
}
