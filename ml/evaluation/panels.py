"""Panels that the pictures of all tasks share: whether a confidence holds, and what is taken for what."""

from collections.abc import Mapping, Sequence
from typing import Final

from ml.evaluation.canvas import BLUE, GREY, INK, LINE, MUTED, ORANGE, Canvas, shade
from ml.evaluation.shares import Share

Box = tuple[int, int, int, int]
"""left, top, right, bottom of what is inside a panel's axes."""
COLOURS: Final = (BLUE, ORANGE)
FEW: Final = 10


def calibration(
    sheet: Canvas,
    box: Box,
    curves: Mapping[str, Sequence[Share]],
    *,
    errors: Mapping[str, float | None],
) -> None:
    """At most two curves by name, and their calibration errors."""
    left, top, right, bottom = box
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
    for row, ((kind, curve), colour) in enumerate(zip(curves.items(), COLOURS, strict=False)):
        _curve(sheet, box, curve, colour=colour)
        error = errors[kind]
        name = kind if error is None else f"{kind}, error {100 * error:.1f} %"
        sheet.dot((left + 22, top + 22 + 24 * row), radius=6, fill=colour)
        sheet.text((left + 36, top + 22 + 24 * row), name)


def confusion(sheet: Canvas, box: Box, counts: Sequence[Sequence[int]], *, names: Sequence[str]) -> None:
    """Shares of a row in %; a class without rows has none."""
    left, top, right, bottom = box
    sheet.text((40, top - 112), "What is taken for what?", size=20, heavy=True)
    sheet.text((290, top - 110), "truth down, answer across; % of each row", fill=MUTED)
    wide, high = (right - left) / len(names), (bottom - top) / len(names)
    for column, name in enumerate(names):
        sheet.upright((left + wide * (column + 0.5), top - 8), name, size=13)
    for row, (name, line) in enumerate(zip(names, counts, strict=True)):
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


def _curve(sheet: Canvas, box: Box, bins: Sequence[Share], *, colour: str) -> None:
    """Dots by how many rows there are, and each one's interval; bins of few rows say nothing."""
    left, top, right, bottom = box
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


def _heat(share: float) -> str:
    """Rare confusions must show, too: the root of the share."""
    return shade(0.04 + 0.96 * share**0.5)


def _percent(share: float) -> str:
    """
    >>> _percent(0.004), _percent(0.95)
    ('<1', '95')
    """
    return "<1" if share < 0.01 else f"{100 * share:.0f}"
