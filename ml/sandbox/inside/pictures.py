"""A picture that a stranger sent, re-encoded as a clean PNG: one frame, 8 bits, no metadata."""

import io
import struct
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from .wire import BLOB, DONE, HEAD, Refused, Sender

FORMATS = ("PNG", "JPEG", "WEBP")
MOST_WIDTH, MOST_HEIGHT, LEAST_SIDE = 2000, 4000, 32
_BROKEN = (OSError, SyntaxError, ValueError, LookupError, EOFError, struct.error, OverflowError, TypeError)
"""What Pillow raises on broken pictures, UnidentifiedImageError among them."""


def clean(file: io.FileIO, send: Sender, limits: dict[str, Any]) -> None:
    """Send HEAD with width and height of the picture as sent, BLOB with the PNG, DONE."""
    Image.MAX_IMAGE_PIXELS = None  # ours is the limit, below, on the header's size
    try:
        with Image.open(file, formats=FORMATS) as picture:
            _refuse_size(picture.size, limits["max_pixels"])
            small = _eight_bits(ImageOps.exif_transpose(picture))
    except _BROKEN as e:
        raise Refused("bad_picture", reason=_reason(e)) from e
    small.thumbnail((MOST_WIDTH, MOST_HEIGHT), Image.Resampling.BOX)
    out = io.BytesIO()
    small.save(out, "PNG", compress_level=4)
    send.json(HEAD, {"width": small.width, "height": small.height})
    send.raw(BLOB, out.getvalue())
    send.json(DONE, {})


def warm() -> None:
    """Pillow loads its plugins and codecs at the first use."""
    for kind in FORMATS:
        out = io.BytesIO()
        Image.new("RGB", (64, 64)).save(out, kind)
        with Image.open(out, formats=FORMATS) as picture:
            picture.load()
            _eight_bits(ImageOps.exif_transpose(picture)).save(io.BytesIO(), "PNG")


def _refuse_size(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        most = f"{max_pixels // 10**6} million"
        raise Refused("bad_picture", reason=f"{width} x {height} pixels, more than {most}")
    if min(size) < LEAST_SIDE:
        raise Refused("bad_picture", reason=f"{width} x {height} pixels, too small to read")


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Grey or RGB of 8 bits; of an animation the first frame, transparency on black."""
    if picture.mode.startswith("I"):
        return picture.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if picture.mode in ("L", "RGB"):
        return picture.convert(picture.mode)
    if picture.has_transparency_data:
        over = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", over.size, (0, 0, 0, 255)), over).convert("RGB")
    return picture.convert("L" if picture.mode == "1" else "RGB")


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "not a PNG, JPEG or WebP picture"
    return "broken or cut off"
