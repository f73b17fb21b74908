"""Which files a command was given, and how their names are shown."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

AUDIO: Final = frozenset(
    [
        *(".mp3", ".m4a", ".m4b", ".mp4", ".aac", ".flac", ".wav", ".wave", ".aif", ".aiff", ".aifc", ".caf"),
        *(".ogg", ".oga", ".opus", ".wma", ".asf", ".ac3", ".mp2", ".mka", ".webm"),
    ]
)
"""What a folder is searched for; a file named outright is always looked at, whatever it is called."""


def walk(paths: Iterable[Path]) -> list[Path]:
    """Files named, and the audio files of folders named, in a steady order, none twice.

    A path that does not exist stays in the list: it becomes a row that says so.
    """
    return list(dict.fromkeys(found for path in paths for found in _walk(path)))


def printable(name: str) -> str:
    """A file name without what could steer a terminal or fail to be written there.

    >>> printable("a\\x1b[2Jb.flac")
    'a�[2Jb.flac'
    """
    return "".join(letter if letter.isprintable() else "�" for letter in name)


def _walk(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, subfolders, names in os.walk(path):
        subfolders.sort()
        yield from (Path(folder, name) for name in sorted(names) if Path(name).suffix.lower() in AUDIO)
