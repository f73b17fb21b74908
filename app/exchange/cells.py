"""Cells of a spreadsheet: what starts like a formula is one to a spreadsheet program."""

from typing import Any, Final

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def is_formula(text: str) -> bool:
    return text.startswith(FORMULA)


def defused(value: Any) -> Any:
    """The same, with an apostrophe before a text that would be a formula.

    >>> defused('=HYPERLINK("http://x")'), defused("plain"), defused(-3)
    ('\\'=HYPERLINK("http://x")', 'plain', -3)
    """
    return f"'{value}" if isinstance(value, str) and is_formula(value) else value
