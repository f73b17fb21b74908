"""Figures as points of an SVG: no script, no style, no library."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.retraining.compare import Side

SIZE: Final = 100.0
"""Both axes of a calibration curve."""
WIDTH, HEIGHT = 300.0, 80.0
"""Of the figure over versions."""


def curve(evaluation: Mapping[str, Any] | None) -> list[dict[str, float]]:
    """Bins of a calibration curve that have rows: x, y, both ends of the interval, and n."""
    bins = evaluation["curve"] if evaluation else []
    return [
        {
            "x": round(SIZE * one["confidence"], 2),
            "y": round(SIZE * (1 - one["value"]), 2),
            "low": round(SIZE * (1 - one["low"]), 2),
            "high": round(SIZE * (1 - one["high"]), 2),
            "n": one["n"],
        }
        for one in bins
        if one["n"]
    ]


def over_time(sides: Sequence[Side]) -> list[dict[str, Any]]:
    """Versions from left to right: share of exact answers with its interval; the axis ends at the least of them."""
    shares = [one.exact for one in sides]
    known = [share for share in shares if share and share["n"]]
    if len(known) < 2:
        return []
    least = min(share["low"] for share in known)
    scale = HEIGHT / max(1e-6, 1.0 - least)
    step = WIDTH / len(sides)
    return [
        {
            "x": round((at + 0.5) * step, 1),
            "y": round((1 - share["value"]) * scale, 1),
            "low": round((1 - share["low"]) * scale, 1),
            "high": round((1 - share["high"]) * scale, 1),
            "version": side.version.version,
            "share": share,
            "accused": side.accused,
        }
        for at, (side, share) in enumerate(zip(sides, shares, strict=True))
        if share and share["n"]
    ]
