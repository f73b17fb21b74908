"""A sheet to draw figures on, with smooth edges and a font that is everywhere."""

import io
from collections.abc import Sequence
from functools import cache
from typing import Final, Literal

from PIL import Image, ImageColor, ImageDraw, ImageFont

PAPER, INK, MUTED, LINE = "#fbfbf9", "#16191d", "#575e66", "#dddcd6"
BLUE, ORANGE, GREY = "#1c57b0", "#c25a10", "#b9bcc0"
"""Told apart by everybody, and in grey print."""

FINER: Final = 2
"""Drawn this many times as large, then made smaller."""

Point = tuple[float, float]
Align = Literal["l", "m", "r"]


class Canvas:
    """Lengths in pixels of the finished picture."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._image = Image.new("RGB", (width * FINER, height * FINER), PAPER)
        self._pen = ImageDraw.Draw(self._image)

    def line(self, points: Sequence[Point], *, fill: str, width: int = 1) -> None:
        self._pen.line([_fine(p) for p in points], fill=fill, width=width * FINER, joint="curve")

    def box(self, left: float, top: float, right: float, bottom: float, *, fill: str) -> None:
        if right > left:
            self._pen.rectangle([_fine((left, top)), _fine((right, bottom))], fill=fill)

    def dot(self, at: Point, *, radius: float, fill: str) -> None:
        x, y = at
        self._pen.ellipse([_fine((x - radius, y - radius)), _fine((x + radius, y + radius))], fill=fill)

    def text(
        self,
        at: Point,
        words: str,
        *,
        size: int = 15,
        fill: str = INK,
        align: Align = "l",
        heavy: bool = False,
    ) -> None:
        """Middle of its height at ``at``."""
        stroke = FINER / 3 if heavy else 0
        self._pen.text(_fine(at), words, font=_font(size), fill=fill, anchor=f"{align}m", stroke_width=stroke)

    def upright(self, at: Point, words: str, *, size: int = 15, fill: str = MUTED) -> None:
        """Read from below: it starts at ``at`` and runs up, centred on it from left to right."""
        length = round(_font(size).getlength(words)) + 2 * FINER
        strip = Image.new("RGB", (length, size * FINER * 3 // 2), PAPER)
        ImageDraw.Draw(strip).text((0, strip.height / 2), words, font=_font(size), fill=fill, anchor="lm")
        turned = strip.rotate(90, expand=True)
        x, y = _fine(at)
        self._image.paste(turned, (round(x - turned.width / 2), round(y - turned.height)))

    def png(self) -> bytes:
        """The picture in its own size."""
        out = io.BytesIO()
        self._image.resize(self._size, Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
        return out.getvalue()


def shade(share: float, *, of: str = BLUE) -> str:
    """From paper (0) to a colour (1).

    >>> shade(0), shade(1)
    ('#fbfbf9', '#1c57b0')
    """
    mixed = (
        round(a + (b - a) * share)
        for a, b in zip(ImageColor.getrgb(PAPER), ImageColor.getrgb(of), strict=True)
    )
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _fine(at: Point) -> Point:
    return at[0] * FINER, at[1] * FINER


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size * FINER)
