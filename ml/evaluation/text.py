"""Shares as lines of a terminal: a name, how many rows, then columns with their intervals."""

from collections.abc import Iterator, Mapping
from typing import Final

from ml.evaluation.shares import Share

NAME: Final = 32
COUNT: Final = 6
CELL: Final = 22
"""Widths."""


def table(title: str, rows: Mapping[str, Mapping[str, Share]]) -> Iterator[str]:
    """A heading and a line for each slice, all shares of which are over the same rows."""
    columns = next(iter(rows.values()), {})
    yield line(title, "n", *(name.replace("_", " ") for name in columns))
    for name, shares in rows.items():
        first, *_ = shares.values()
        yield line(f"  {name}", count(first), *map(cell, shares.values()))


def line(name: str, counted: str, *cells: str) -> str:
    """Name, number of rows and cells in their columns."""
    return f"{name:{NAME}}{counted:>{COUNT}}  {''.join(f'{one:{CELL}}' for one in cells)}".rstrip()


def count(one: Share) -> str:
    """Its number of rows; of none it says so, and then no figure follows."""
    return str(one["n"] or "n 0")


def cell(one: Share, digits: int = 1) -> str:
    """Value and interval in %, as far as there are any.

    >>> cell({"value": 0.952, "n": 9, "low": 0.944, "high": 0.9601})
    ' 95.2 [94.4, 96.0]'
    """
    if one["value"] is None:
        return ""
    value, low, high = (percent(one[key], digits) for key in ("value", "low", "high"))
    return f"{value:>{4 + digits}}" + (f" [{low}, {high}]" if low else "")


def percent(share: float | None, digits: int = 1) -> str:
    """Without its sign; nothing for none."""
    return "" if share is None else f"{100 * share:.{digits}f}"
