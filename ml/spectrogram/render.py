"""Draw a spectrogram: bare, as the page shows it under its own axes, or labelled, as a file to keep."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ml.answer import Declared
from ml.spectrogram import colormap
from ml.spectrogram.accumulate import Spectrogram

_WIDTH, _HEIGHT = 1200, 600  # of the plot
_LEFT, _TOP, _RIGHT, _BOTTOM = 76, 68, 108, 52  # around it
_INK, _FAINT, _PAPER = (235, 235, 235), (130, 130, 130), (0, 0, 0)
_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


def png(spectrogram: Spectrogram, channel: str, *, palette: str = "spek") -> bytes:
    """An 8-bit palette PNG, one pixel a column and a row, 0 Hz at the bottom; index = level.

    KeyError for a channel or palette that isn't there.
    """
    levels = spectrogram.of(channel)[::-1]
    return colormap.palette_png([row.tobytes() for row in levels], width=levels.shape[1], name=palette)


def labelled(
    spectrogram: Spectrogram, channel: str, *, palette: str = "spek", title: str = "", subtitle: str = ""
) -> Image.Image:
    """The same with axes, a legend in dB and a title, to keep as a file."""
    picture = Image.new("RGB", (_LEFT + _WIDTH + _RIGHT, _TOP + _HEIGHT + _BOTTOM), _PAPER)
    picture.paste(_plot(spectrogram, channel, palette), (_LEFT, _TOP))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((_LEFT - 1, _TOP - 1, _LEFT + _WIDTH, _TOP + _HEIGHT), outline=_FAINT)
    draw.text((_LEFT, 14), _fitting(draw, title), font=_font(18), fill=_INK)
    draw.text((_LEFT, 40), f"{subtitle}    {_CHANNELS[channel]}".strip(), font=_font(13), fill=_FAINT)
    _frequency_axis(draw, float(spectrogram.max_hz))
    _time_axis(draw, spectrogram.duration_s)
    _legend(picture, draw, palette)
    return picture


_CHANNELS = {"L": "left", "R": "right", "M": "mid (L + R)/2", "S": "side (L - R)/2"}


def describe(declared: Declared) -> str:
    """What the file says about itself, in one line.

    >>> describe(Declared(codec="mp3", kbps=320.0, bitrate_mode="CBR", sample_rate=44100, channels=2))
    'mp3, 320 kbps CBR, 44100 Hz, 2 channels'
    """
    parts = [
        declared.codec,
        f"{declared.kbps:.0f} kbps {declared.bitrate_mode or ''}".strip() if declared.kbps else None,
        f"{declared.sample_rate} Hz" if declared.sample_rate else None,
        f"{declared.bit_depth} bits" if declared.bit_depth else None,
        f"{declared.channels} channel{'s' if declared.channels != 1 else ''}" if declared.channels else None,
    ]
    return ", ".join(p for p in parts if p)


def time_step(duration_s: float, *, most: int) -> int:
    """Seconds between the marks of a time axis.

    >>> [time_step(s, most=12) for s in (8, 240, 7200)]
    [1, 30, 600]
    """
    return next((step for step in _MINUTES if duration_s / step <= most), 7200)


def _plot(spectrogram: Spectrogram, channel: str, palette: str) -> Image.Image:
    """Levels are resized before they become colours: a mean of two colours isn't the colour of their mean."""
    levels = Image.fromarray(np.ascontiguousarray(spectrogram.of(channel)[::-1]))
    plot = levels.resize((_WIDTH, _HEIGHT), Image.Resampling.BOX)
    plot.putpalette(colormap.palette(palette))
    return plot.convert("RGB")


def _frequency_axis(draw: ImageDraw.ImageDraw, max_hz: float) -> None:
    step = next(s for s in (250, 500, 1000, 2000, 4000) if max_hz / s <= 14)
    for hz in np.arange(0, max_hz + 1, step):
        y = _TOP + _HEIGHT * (1 - hz / max_hz)
        draw.line((_LEFT - 7, y, _LEFT - 2, y), fill=_FAINT)
        draw.text((_LEFT - 12, y), f"{hz / 1000:g} kHz", font=_font(13), fill=_INK, anchor="rm")


def _time_axis(draw: ImageDraw.ImageDraw, duration_s: float) -> None:
    y = _TOP + _HEIGHT
    for second in range(0, int(duration_s) + 1, time_step(duration_s, most=12)):
        x = _LEFT + _WIDTH * second / duration_s
        draw.line((x, y + 1, x, y + 6), fill=_FAINT)
        draw.text((x, y + 12), f"{second // 60}:{second % 60:02d}", font=_font(13), fill=_INK, anchor="mt")


def _legend(picture: Image.Image, draw: ImageDraw.ImageDraw, palette: str) -> None:
    left = _LEFT + _WIDTH + 20
    ramp = Image.fromarray(np.linspace(colormap.FULL_SCALE, 0, _HEIGHT).round().astype(np.uint8)[:, None])
    ramp.putpalette(colormap.palette(palette))
    picture.paste(ramp.convert("RGB").resize((14, _HEIGHT)), (left, _TOP))
    for db in range(int(colormap.FLOOR_DB), 1, 10):
        y = _TOP - _HEIGHT * db / -colormap.FLOOR_DB
        draw.text((left + 22, y), f"{db} dB", font=_font(13), fill=_INK, anchor="lm")


def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)


def _fitting(draw: ImageDraw.ImageDraw, title: str) -> str:
    """The title, its middle left out where it is too long."""
    while len(title) > 8 and draw.textlength(title, font=_font(18)) > _WIDTH:
        middle = len(title) // 2
        title = f"{title[: middle - 3]}…{title[middle + 3 :]}"
    return title
