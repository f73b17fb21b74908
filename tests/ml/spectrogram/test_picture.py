"""Strangers' pictures come out clean or not at all."""

import io
import struct
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ml.errors import BadPicture
from ml.spectrogram import picture
from ml.spectrogram.colormap import chunk


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _gradient(mode: str = "RGB") -> Image.Image:
    ramp = np.tile(np.linspace(0, 255, 320).astype(np.uint8), (200, 1))
    return Image.fromarray(ramp).convert(mode)


def _opened(path: Path) -> Image.Image:
    with Image.open(io.BytesIO(picture.clean(path))) as image:
        image.load()
        assert image.format == "PNG"
        assert image.mode in ("L", "RGB")
        assert "exif" not in image.info
        return image.copy()


def _animated(kind: str) -> bytes:
    return _saved(_gradient(), kind, save_all=True, append_images=[Image.new("RGB", (320, 200))])


GOOD: dict[str, Callable[[], bytes]] = {
    "png": lambda: _saved(_gradient(), "PNG"),
    "palette png": lambda: _saved(_gradient().quantize(64), "PNG"),
    "grey png": lambda: _saved(_gradient("L"), "PNG"),
    "black and white": lambda: _saved(_gradient("1"), "PNG"),
    "grey with alpha": lambda: _saved(_gradient("LA"), "PNG"),
    "alpha": lambda: _saved(_gradient("RGBA"), "PNG"),
    "16-bit grey": lambda: _saved(
        Image.fromarray(np.tile(np.arange(320, dtype=np.uint16) * 205, (200, 1))), "PNG"
    ),
    "jpeg": lambda: _saved(_gradient(), "JPEG", quality=95),
    "cmyk jpeg": lambda: _saved(_gradient("CMYK"), "JPEG", quality=95),
    "progressive jpeg": lambda: _saved(_gradient(), "JPEG", quality=95, progressive=True),
    "webp": lambda: _saved(_gradient(), "WEBP", lossless=True),
    "animated webp": lambda: _animated("WEBP"),
    "animated png": lambda: _animated("PNG"),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_ramp_stays_a_ramp(name: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(GOOD[name]())
    image = _opened(tmp_path / "a")
    assert image.size == (320, 200)
    values = np.asarray(image.convert("L"), float)[100]
    if name != "black and white":
        assert np.abs(values - np.linspace(0, 255, 320)).max() < 8
    else:
        assert values[:60].mean() < values[-60:].mean() - 100


def test_wide_ones_are_made_smaller(tmp_path: Path) -> None:
    _gradient().resize((5000, 1000)).save(tmp_path / "a.png")
    assert _opened(tmp_path / "a.png").size == (2000, 400)


def test_metadata_is_left_behind(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x9286] = "SECRET-PLACE"
    _gradient().save(tmp_path / "a.jpg", exif=exif, comment=b"SECRET-PLACE")
    (tmp_path / "b.png").write_bytes(GOOD["png"]() + b"SECRET-PLACE")
    for name in ("a.jpg", "b.png"):
        assert b"SECRET-PLACE" in (tmp_path / name).read_bytes()
        assert b"SECRET-PLACE" not in picture.clean(tmp_path / name)


def test_a_turned_photo_stands_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    _gradient().save(tmp_path / "a.jpg", exif=exif)
    assert _opened(tmp_path / "a.jpg").size == (200, 320)


def _png_claiming(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(10_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


BAD: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "text": lambda: b"hello",
    "svg": lambda: b"<svg><script>alert(1)</script></svg>",
    "gif": lambda: _saved(_gradient(), "GIF"),
    "tiff": lambda: _saved(_gradient(), "TIFF"),
    "bmp": lambda: _saved(_gradient(), "BMP"),
    "postscript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n",
    "50,000 x 50,000": lambda: _png_claiming(50_000, 50_000),
    "2^31 wide": lambda: _png_claiming(2**31 - 1, 64),
    "one pixel": lambda: _saved(Image.new("RGB", (1, 1)), "PNG"),
    "zero wide": lambda: _png_claiming(0, 100),
    "png cut off": lambda: GOOD["png"]()[:200],
    "jpeg cut off": lambda: GOOD["jpeg"]()[:700],
    "webp cut off": lambda: GOOD["webp"]()[:60],
    "png signature": lambda: b"\x89PNG\r\n\x1a\n",
    "jpeg signature": lambda: b"\xff\xd8\xff\xe0",
}


@pytest.mark.parametrize("name", BAD)
def test_a_reason_in_time(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(BAD[name]())
    began = time.monotonic()
    with pytest.raises(BadPicture) as caught:
        picture.clean(tmp_path / "a.png")
    assert caught.value.facts["reason"]
    assert time.monotonic() - began < 10


def test_mutants_never_crash(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    for name in ("png", "jpeg", "webp"):
        for _ in range(12):
            data = bytearray(GOOD[name]())
            for at in rng.integers(0, len(data), 6):
                data[at] = int(rng.integers(0, 256))
            (tmp_path / "m").write_bytes(data)
            with suppress(BadPicture):
                assert picture.clean(tmp_path / "m").startswith(b"\x89PNG")
