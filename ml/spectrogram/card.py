"""The answer as a picture for forums, 1200 x 630: name, verdict, ribbon or likeliest genres, spectrogram, link."""

import io
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ml.answer import mark_of
from ml.ribbon import Box, boxes
from ml.spectrogram import colormap
from ml.words import label_words, percent

WIDTH, HEIGHT = 1200, 630
_MARGIN: Final = 56
_INNER: Final = WIDTH - 2 * _MARGIN
_PAPER, _RAISED, _INK, _MUTED, _LINE = "#fbfbf9", "#ffffff", "#16191d", "#575e66", "#dddcd6"
_COLOUR: Final = {
    "genuine": "#1c57b0",
    "transcode": "#a8480a",
    "upsampled": "#6f38a8",
    "undecided": "#575e66",
    "genre": _INK,
}
_ACCENT: Final = "#00665f"
_FONTS: Final = {
    "bold": ("NotoSans-Bold.ttf", "DejaVuSans-Bold.ttf", "LiberationSans-Bold.ttf"),
    "regular": ("NotoSans-Regular.ttf", "DejaVuSans.ttf", "LiberationSans-Regular.ttf"),
}
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Draw = ImageDraw.ImageDraw


def draw(answer: Mapping[str, Any], *, levels: NDArray[np.uint8], claim: str | None = None) -> bytes:
    """PNG bytes; ``answer`` is the public JSON with an answer about quality, genre, or both.

    levels : shape (rows, columns), steps of 0.5 dB, row 0 = 0 Hz
    claim : what the sender says it was bought as, in words.
    """
    card = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    pen = ImageDraw.Draw(card)
    _name(pen, answer, claim=claim)
    bottom = max(_verdict(card, pen, answer) + 30, 262)
    if answer["quality"]:
        _ribbon(pen, boxes(answer), top=bottom)
    else:
        _likeliest(pen, answer["genre"], top=bottom)
    _spectrogram(card, pen, answer, levels=levels)
    _foot(pen, str(answer.get("url") or ""))
    out = io.BytesIO()
    card.save(out, "PNG", optimize=True)
    return out.getvalue()


def _name(pen: Draw, answer: Mapping[str, Any], *, claim: str | None) -> None:
    text = f"{answer['file']}, bought as {claim}" if claim else str(answer["file"])
    pen.text(
        (_MARGIN, 44), _fit(pen, text, font=_font("regular", 24)), font=_font("regular", 24), fill=_MUTED
    )


def _verdict(card: Image.Image, pen: Draw, answer: Mapping[str, Any]) -> int:
    """Mark and sentence, with how sure we are; returns where the next thing may begin."""
    quality, genre = answer["quality"], answer.get("genre")
    sentence = str((quality or genre or {})["sentence"])
    size = 46 if len(sentence) <= 70 else 38
    left = _MARGIN + 66
    lines = _wrap(pen, sentence, font=_font("bold", size), width=WIDTH - left - _MARGIN)[:3]
    _mark(card, str(mark_of(answer)), left=_MARGIN, middle=round(86 + size * 0.66))
    for row, line in enumerate(lines):
        pen.text((left, 84 + row * size * 1.2), line, font=_font("bold", size), fill=_INK)
    below = int(84 + len(lines) * size * 1.2 + 10)
    pen.text((left, below), _besides(quality, genre), font=_font("regular", 24), fill=_MUTED)
    return below + 30


def _besides(quality: Mapping[str, Any] | None, genre: Mapping[str, Any] | None) -> str:
    """How sure the verdict is, and the genre."""
    if not quality:
        return ""
    sure = (
        [] if quality["verdict"] == "undecided" else [f"{percent(quality['confidence']).capitalize()} sure."]
    )
    return " ".join([*sure, *([genre["sentence"]] if genre else [])])


def _mark(card: Image.Image, verdict: str, *, left: int, middle: int) -> None:
    """Shape first, colour second; drawn large, then made smooth."""
    colour, big = _COLOUR[verdict], Image.new("L", (208, 208))
    pen = ImageDraw.Draw(big)
    if verdict == "genuine":
        pen.line([(20, 108), (76, 160), (184, 44)], fill=255, width=26, joint="curve")
    elif verdict == "transcode":
        pen.arc((4, 52, 108, 156), 60, 300, fill=255, width=24)
        pen.arc((100, 52, 204, 156), 240, 480, fill=255, width=24)
        pen.line([(104, 8), (104, 44)], fill=255, width=20)
        pen.line([(104, 164), (104, 200)], fill=255, width=20)
    elif verdict == "upsampled":
        pen.line([(104, 190), (104, 24)], fill=255, width=26)
        pen.line([(36, 92), (104, 22), (172, 92)], fill=255, width=26, joint="curve")
    elif verdict == "genre":
        pen.line([(72, 168), (72, 44), (180, 20), (180, 148)], fill=255, width=20, joint="curve")
        pen.ellipse((12, 140, 82, 196), fill=255)
        pen.ellipse((120, 120, 190, 176), fill=255)
    else:
        pen.text((104, 104), "?", font=_font("bold", 220), fill=255, anchor="mm")
    shape = big.resize((52, 52), Image.Resampling.LANCZOS)
    card.paste(Image.new("RGB", (52, 52), colour), (left, middle - 26), shape)


def _ribbon(pen: Draw, ribbon: list[Box], *, top: int) -> None:
    x: float = _MARGIN
    for place, box in enumerate(ribbon):
        if place:
            x = _arrow(pen, x=x + 14, y=top + 28)
        x = _box(pen, box, x=x, top=top, last=box is ribbon[-1])


def _likeliest(pen: Draw, genre: Mapping[str, Any], *, top: int) -> None:
    """Three genres as bars."""
    ranked = sorted(genre["probabilities"].items(), key=lambda item: -item[1])[:3]
    for row, (label, p) in enumerate(ranked):
        y, left, wide = top + 36 * row, _MARGIN + 160, 620
        pen.text((_MARGIN, y), label_words(label), font=_font("regular", 24), fill=_INK, anchor="lm")
        pen.rectangle((left, y - 7, left + wide, y + 7), fill=_LINE)
        pen.rectangle((left, y - 7, left + max(2, round(wide * p)), y + 7), fill=_ACCENT)
        pen.text((left + wide + 24, y), percent(p), font=_font("regular", 24), fill=_MUTED, anchor="lm")


def _box(pen: Draw, box: Box, *, x: float, top: int, last: bool) -> float:
    """Returns its right edge."""
    font, small = _font("bold", 26), _font("regular", 19)
    width = pen.textlength(box.title, font=font) + 44
    if box.kind == "source":
        pen.ellipse((x + 2, top + 14, x + 30, top + 42), outline=_INK, width=3)
        if box.uncertain:
            pen.text((x + 16, top + 28), "?", font=_font("bold", 20), fill=_INK, anchor="mm")
            width = 32
        else:
            pen.ellipse((x + 12, top + 24, x + 20, top + 32), fill=_INK)
            pen.text((x + 42, top + 28), box.title, font=font, fill=_INK, anchor="lm")
    else:
        _frame(pen, box, (x, top, x + width, top + 56))
        pen.text((x + width / 2, top + 27), box.title, font=font, fill=_INK, anchor="mm")
    caption = ", ".join(text for text in (box.caption, "this file" if last else "") if text)
    pen.text((x, top + 66), caption, font=small, fill=_MUTED)
    return x + max(width, pen.textlength(caption, font=small))


def _frame(pen: Draw, box: Box, edges: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = edges
    if not box.uncertain:
        pen.rounded_rectangle(edges, 5, fill=_RAISED, outline=_INK, width=3)
        if box.kind == "container":
            pen.rounded_rectangle((left + 6, top + 6, right - 6, bottom - 6), 3, outline=_INK, width=2)
        return
    for x in np.arange(left, right, 14):
        for y in (top, bottom):
            pen.line([(x, y), (min(x + 8, right), y)], fill=_INK, width=3)
    for y in np.arange(top, bottom, 14):
        for x in (left, right):
            pen.line([(x, y), (x, min(y + 8, bottom))], fill=_INK, width=3)


def _arrow(pen: Draw, *, x: float, y: float) -> float:
    pen.line([(x, y), (x + 44, y)], fill=_MUTED, width=3)
    pen.line([(x + 34, y - 8), (x + 44, y), (x + 34, y + 8)], fill=_MUTED, width=3, joint="curve")
    return x + 62


def _spectrogram(
    card: Image.Image, pen: Draw, answer: Mapping[str, Any], *, levels: NDArray[np.uint8]
) -> None:
    """With kHz at its left and the measured cutoff, when there is one."""
    left, top, width, height = _MARGIN + 44, 388, _INNER - 44, 164
    strip = Image.fromarray(np.ascontiguousarray(levels[::-1])).resize((width, height), Image.Resampling.BOX)
    strip.putpalette(colormap.palette("spek"))
    card.paste(strip.convert("RGB"), (left, top))
    max_hz = float(answer["spectrogram"]["max_hz"])
    for khz in range(0, int(max_hz / 1000) + 1, 10):
        y = top + height * (1 - 1000 * khz / max_hz)
        name = f"{khz}" if khz else "kHz"
        pen.text(
            (left - 10, min(y, top + height - 9)), name, font=_font("regular", 18), fill=_MUTED, anchor="rm"
        )
    cutoff = (answer["quality"] or {}).get("cutoff_hz")
    if cutoff and cutoff < max_hz:
        y = top + height * (1 - cutoff / max_hz)
        for x in range(left, left + width, 18):
            pen.line([(x, y), (x + 11, y)], fill="#ffffff", width=2)
        label = f"{cutoff / 1000:.1f} kHz"
        font = _font("bold", 18)
        box = (left + 8, y - 26, left + 20 + pen.textlength(label, font=font), y - 4)
        pen.rectangle(box, fill="#000000")
        pen.text((left + 14, y - 15), label, font=font, fill="#ffffff", anchor="lm")


def _foot(pen: Draw, url: str) -> None:
    pen.line([(_MARGIN, 574), (WIDTH - _MARGIN, 574)], fill=_LINE, width=2)
    pen.text((_MARGIN, 600), "Lineage", font=_font("bold", 22), fill=_INK, anchor="lm")
    address = _fit(pen, url.partition("://")[2] or url, font=_font("regular", 20), width=_INNER - 140)
    pen.text((WIDTH - _MARGIN, 600), address, font=_font("regular", 20), fill=_MUTED, anchor="rm")


def _wrap(pen: Draw, text: str, *, font: Font, width: float) -> list[str]:
    lines = [""]
    for word in text.replace(" kbps", "\u00a0kbps").split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if pen.textlength(longer, font=font) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _fit(pen: Draw, text: str, *, font: Font, width: float = _INNER) -> str:
    """Its middle left out where it is too long; what cannot be drawn on one line is replaced."""
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    while len(text) > 8 and pen.textlength(text, font=font) > width:
        middle = len(text) // 2
        text = f"{text[: middle - 2]}…{text[middle + 2 :]}"
    return text


@cache
def _font(weight: str, size: int) -> Font:
    for name in _FONTS[weight]:
        try:
            return ImageFont.truetype(name, size)
        except OSError:  # not on this machine; the next one may be
            continue
    return ImageFont.load_default(size)
