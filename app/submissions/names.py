"""File names as people send them: shown, stored, never used as a path."""

import unicodedata
from typing import Final

UNNAMED: Final = "untitled"
MAX_LENGTH: Final = 200
_HIDDEN: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Control, format (which can turn the reading direction round), unpaired surrogates, private, line ends."""


def clean(name: str | None) -> str:
    """The last part of a path, one line, printable, at most 200 characters with its extension kept.

    >>> clean("C:\\\\Music\\\\a\\tb.flac"), clean("../../etc/passwd"), clean(" "), clean(None)
    ('ab.flac', 'passwd', 'untitled', 'untitled')
    """
    visible = "".join(c for c in name or "" if unicodedata.category(c) not in _HIDDEN)
    last = unicodedata.normalize("NFC", visible).replace("\\", "/").rpartition("/")[2].strip()
    if last.strip(".") == "":
        return UNNAMED
    return last if len(last) <= MAX_LENGTH else _shorten(last)


def _shorten(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    tail = dot + extension if dot and len(extension) <= 8 else ""
    return (stem if tail else name)[: MAX_LENGTH - len(tail) - 1] + "…" + tail
