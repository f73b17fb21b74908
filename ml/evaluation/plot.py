"""The figures as one picture: what was found, whether the confidence holds, what is taken for what."""

from collections.abc import Mapping
from typing import Any, Final

from ml.evaluation.canvas import BLUE, GREY, INK, LINE, MUTED, Canvas
from ml.evaluation.panels import calibration, confusion
from ml.evaluation.shares import Share
from ml.quality.classes import CLASSES

WIDTH, HEIGHT = 1500, 1590
CURVE: Final = (110, 160, 610, 660)
BARS: Final = (880, 160, 1330, 685)
MATRIX: Final = (150, 860, 1460, 1540)
"""left, top, right, bottom of what is inside each panel's axes."""
LOSSY: Final = CLASSES[1:]


def draw(figures: Mapping[str, Any]) -> bytes:
    """PNG bytes."""
    sheet = Canvas(WIDTH, HEIGHT)
    sheet.text((40, 40), "How right is the quality model?", size=30, heavy=True)
    sheet.text((40, 76), _summary(figures), size=17, fill=MUTED)
    errors = {kind: figures[f"ece_{kind}"] for kind in ("class", "family")}
    calibration(sheet, CURVE, figures["calibration"], errors=errors)
    _found(sheet, figures)
    confusion(sheet, MATRIX, figures["confusion"], names=CLASSES)
    return sheet.png()


def _summary(figures: Mapping[str, Any]) -> str:
    said = f"{figures['rows']:,} examples, cross-validated over {figures['groups']} supergroups"
    accused = figures["lossless_accused"]
    if not accused["n"]:
        return said
    low, value, high = (f"{100 * accused[key]:.1f}" for key in ("low", "value", "high"))
    return f"{said}. Genuine lossless called a transcode: {value} % ({low} to {high}) of {accused['n']:,}."


def _found(sheet: Canvas, figures: Mapping[str, Any]) -> None:
    left, top, _, bottom = BARS
    sheet.text((left - 110, top - 28), "What is said of sound that was coded once?", size=20, heavy=True)
    step = (bottom - top) / len(LOSSY)
    for row, name in enumerate(LOSSY):
        _bar(sheet, figures["lossy"]["class"][name], name=name, y=top + step * (row + 0.5), half=step * 0.36)
    sheet.line([(left, top), (left, bottom)], fill=INK)
    for row, (colour, words) in enumerate(
        ((BLUE, "found"), (GREY, "undecided"), (LINE, "passed as genuine"))
    ):
        x = left + 150 * row
        sheet.box(x, bottom + 13, x + 14, bottom + 27, fill=colour)
        sheet.text((x + 20, bottom + 20), words, size=14, fill=MUTED)


def _bar(sheet: Canvas, shares: Mapping[str, Share], *, name: str, y: float, half: float) -> None:
    left, _, right, _ = BARS
    sheet.text((left - 10, y), name, size=14, align="r")
    found, undecided = shares["found"], shares["undecided"]
    if not found["n"]:
        sheet.text((left + 8, y), "n 0", size=14, fill=MUTED)
        return
    ends = [left + (right - left) * at for at in (found["value"], found["value"] + undecided["value"], 1.0)]
    for start, end, colour in zip((left, *ends), ends, (BLUE, GREY, LINE), strict=False):
        sheet.box(start, y - half, end, y + half, fill=colour)
    low, high = (left + (right - left) * found[key] for key in ("low", "high"))
    sheet.line([(low, y), (high, y)], fill=INK, width=2)
    sheet.text((right + 12, y), f"{100 * found['value']:.1f} %", size=14)
    sheet.text((right + 78, y), f"n {found['n']}", size=13, fill=MUTED)
