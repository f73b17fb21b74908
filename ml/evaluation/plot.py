"""The figures as one picture: what was found, whether the confidence holds, what is taken for what."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ml.evaluation.canvas import BLUE, GREY, INK, LINE, MUTED, ORANGE, Canvas, shade
from ml.evaluation.shares import Share
from ml.quality.classes import CLASSES

WIDTH, HEIGHT = 1500, 1590
CURVE: Final = (110, 160, 610, 660)
BARS: Final = (880, 160, 1330, 685)
MATRIX: Final = (150, 860, 1460, 1540)
"""left, top, right, bottom of what is inside each panel's axes."""
LOSSY: Final = CLASSES[1:]
FEW: Final = 10


def draw(figures: Mapping[str, Any]) -> bytes:
    """PNG bytes."""
    sheet = Canvas(WIDTH, HEIGHT)
    sheet.text((40, 40), "How right is the quality model?", size=30, heavy=True)
    sheet.text((40, 76), _summary(figures), size=17, fill=MUTED)
    _calibration(sheet, figures)
    _found(sheet, figures)
    _confusion(sheet, figures["confusion"])
    return sheet.png()


def _summary(figures: Mapping[str, Any]) -> str:
    said = f"{figures['rows']:,} examples, cross-validated over {figures['groups']} supergroups"
    accused = figures["lossless_accused"]
    if not accused["n"]:
        return said
    low, value, high = (f"{100 * accused[key]:.1f}" for key in ("low", "value", "high"))
    return f"{said}. Genuine lossless called a transcode: {value} % ({low} to {high}) of {accused['n']:,}."


def _calibration(sheet: Canvas, figures: Mapping[str, Any]) -> None:
    left, top, right, bottom = CURVE
    sheet.text((40, top - 28), "Does the confidence hold?", size=20, heavy=True)
    for tenth in range(0, 11, 2):
        x, y = left + (right - left) * tenth / 10, bottom - (bottom - top) * tenth / 10
        sheet.line([(x, top), (x, bottom)], fill=LINE)
        sheet.line([(left, y), (right, y)], fill=LINE)
        sheet.text((x, bottom + 16), f"{tenth * 10}", size=14, fill=MUTED, align="m")
        sheet.text((left - 10, y), f"{tenth * 10}", size=14, fill=MUTED, align="r")
    sheet.text(
        ((left + right) / 2, bottom + 40), "promised, % (bins of 10 rows or more)", fill=MUTED, align="m"
    )
    sheet.upright((left - 56, (top + bottom) / 2 + 30), "right, %")
    sheet.line([(left, bottom), (right, top)], fill=GREY, width=2)
    for row, (kind, colour) in enumerate((("class", BLUE), ("family", ORANGE))):
        _curve(sheet, figures["calibration"][kind], colour=colour)
        error = figures[f"ece_{kind}"]
        name = kind if error is None else f"{kind}, error {100 * error:.1f} %"
        sheet.dot((left + 22, top + 22 + 24 * row), radius=6, fill=colour)
        sheet.text((left + 36, top + 22 + 24 * row), name)


def _curve(sheet: Canvas, bins: Sequence[Share], *, colour: str) -> None:
    """Dots by how many rows there are, and each one's interval; bins of few rows say nothing."""
    left, top, right, bottom = CURVE
    known = [one for one in bins if one["n"] >= FEW]
    total = sum(one["n"] for one in known)
    across = [left + (right - left) * one["confidence"] for one in known]

    def up(share: float) -> float:
        return bottom - (bottom - top) * share

    for x, one in zip(across, known, strict=True):
        sheet.line([(x, up(one["low"])), (x, up(one["high"]))], fill=shade(0.45, of=colour), width=2)
    sheet.line([(x, up(one["value"])) for x, one in zip(across, known, strict=True)], fill=colour, width=2)
    for x, one in zip(across, known, strict=True):
        sheet.dot((x, up(one["value"])), radius=3 + 9 * (one["n"] / total) ** 0.5, fill=colour)


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


def _confusion(sheet: Canvas, counts: Sequence[Sequence[int]]) -> None:
    """Shares of a row in %; a class without rows has none."""
    left, top, right, bottom = MATRIX
    sheet.text((40, top - 112), "What is taken for what?", size=20, heavy=True)
    sheet.text((290, top - 110), "truth down, answer across; % of each row", fill=MUTED)
    wide, high = (right - left) / len(CLASSES), (bottom - top) / len(CLASSES)
    for column, name in enumerate(CLASSES):
        sheet.upright((left + wide * (column + 0.5), top - 8), name, size=13)
    for row, (name, line) in enumerate(zip(CLASSES, counts, strict=True)):
        y, total = top + high * (row + 0.5), sum(line)
        sheet.text((left - 10, y), name, size=14, align="r")
        for column, count in enumerate(line):
            share, x = count / max(total, 1), left + wide * column
            sheet.box(x + 1, y - high / 2 + 1, x + wide - 1, y + high / 2 - 1, fill=_heat(share))
            if count:
                ink = "#ffffff" if share > 0.4 else INK
                sheet.text((x + wide / 2, y), _percent(share), size=13, fill=ink, align="m")
        if not total:
            sheet.text((left + 8, y), "n 0", size=13, fill=MUTED)


def _heat(share: float) -> str:
    """Rare confusions must show, too: the root of the share."""
    return shade(0.04 + 0.96 * share**0.5)


def _percent(share: float) -> str:
    """
    >>> _percent(0.004), _percent(0.95)
    ('<1', '95')
    """
    return "<1" if share < 0.01 else f"{100 * share:.0f}"
