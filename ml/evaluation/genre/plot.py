"""The genre figures as one picture."""

from collections.abc import Mapping
from typing import Any, Final

from ml.evaluation.canvas import BLUE, GREY, INK, LINE, MUTED, ORANGE, Canvas
from ml.evaluation.panels import calibration, confusion
from ml.evaluation.shares import Share
from ml.genre.classes import CLASSES

WIDTH, HEIGHT = 1500, 1510
CURVE: Final = (110, 160, 610, 660)
BARS: Final = (840, 160, 1330, 640)
MATRIX: Final = (150, 885, 900, 1465)
STRANGERS: Final = (1120, 885, 1330, 1225)


def draw(figures: Mapping[str, Any]) -> bytes:
    """PNG bytes."""
    sheet = Canvas(WIDTH, HEIGHT)
    sheet.text((40, 40), "How right is the genre model?", size=30, heavy=True)
    sheet.text((40, 76), _summary(figures), size=17, fill=MUTED)
    curves, errors = {"genre": figures["calibration"]}, {"genre": figures["ece"]}
    calibration(sheet, CURVE, curves, errors=errors)
    _recall(sheet, figures)
    confusion(sheet, MATRIX, figures["confusion"], names=CLASSES)
    _strangers(sheet, figures["strangers"])
    return sheet.png()


def _summary(figures: Mapping[str, Any]) -> str:
    recall = figures["mean_recall"]
    low, value, high = (f"{100 * recall[key]:.1f}" for key in ("low", "value", "high"))
    return (
        f"{figures['rows']} songs, cross-validated over {figures['groups']} groups by artist. "
        f"Mean recall of ten genres {value} % ({low} to {high})."
    )


def _recall(sheet: Canvas, figures: Mapping[str, Any]) -> None:
    """Bars for the model, dots for the 57 features."""
    left, top, _, bottom = BARS
    sheet.text((left - 110, top - 28), "Which genres are told?", size=20, heavy=True)
    step = (bottom - top) / len(CLASSES)
    for row, name in enumerate(CLASSES):
        y = top + step * (row + 0.5)
        _bar(sheet, BARS, figures["classes"][name]["recall"], name=name, y=y, colour=BLUE)
        alone = figures["baseline"]["classes"][name]["value"]
        if alone is not None:
            sheet.dot((left + (BARS[2] - left) * alone, y), radius=6, fill=ORANGE)
    sheet.line([(left, top), (left, bottom)], fill=INK)
    for x, colour, words in ((left, BLUE, "recall"), (left + 120, ORANGE, "57 features alone")):
        sheet.dot((x + 7, bottom + 20), radius=6, fill=colour)
        sheet.text((x + 20, bottom + 20), words, size=14, fill=MUTED)


def _strangers(sheet: Canvas, kinds: Mapping[str, Mapping[str, Share]]) -> None:
    left, top, _, bottom = STRANGERS
    sheet.text((left - 110, top - 28), "How much other sound gets a genre?", size=20, heavy=True)
    step = (bottom - top) / max(len(kinds), 1)
    for row, (name, shares) in enumerate(kinds.items()):
        y = top + step * (row + 0.5)
        _bar(sheet, STRANGERS, shares["answered"], name=name, y=y, colour=GREY)
    sheet.line([(left, top), (left, bottom)], fill=INK)


def _bar(
    sheet: Canvas, box: tuple[int, int, int, int], one: Share, *, name: str, y: float, colour: str
) -> None:
    left, _, right, _ = box
    sheet.text((left - 10, y), name, size=14, align="r")
    if not one["n"]:
        sheet.text((left + 8, y), "n 0", size=14, fill=MUTED)
        return
    value, low, high = (left + (right - left) * one[key] for key in ("value", "low", "high"))
    sheet.box(left, y - 14, right, y + 14, fill=LINE)
    sheet.box(left, y - 14, value, y + 14, fill=colour)
    sheet.line([(low, y), (high, y)], fill=INK, width=2)
    sheet.text((right + 12, y), f"{100 * one['value']:.1f} %", size=14)
    sheet.text((right + 78, y), f"n {one['n']}", size=13, fill=MUTED)
