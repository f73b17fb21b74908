"""The labels of the predecessors' spreadsheets, such as "192 kbps (LAME)", as class ids."""

import re
from collections.abc import Sequence
from typing import Final

from ml.quality.classes import CLASSES

LOSSLESS: Final = {"lossless", "flac", "alac", "wav", "wave", "aiff", "aif", "ape", "cd", "pcm"}
FAMILIES: Final = {
    "": "mp3", "lame": "mp3", "mp3": "mp3", "cbr": "mp3", "vbr": "mp3",
    "aac": "aac", "itunes": "aac", "apple": "aac", "m4a": "aac", "mp4": "aac",
    "vorbis": "vorbis", "ogg": "vorbis", "opus": "opus",
    "ac3": "ac3", "dolby": "ac3", "wma": "wma", "mp2": "mp2", "twolame": "mp2",
}  # fmt: skip
"""Coders by the words that people write for them; a rate without a word was an MP3 in those sheets."""
_SHAPE: Final = re.compile(r"(?P<rate>v\d|q\d+|\d{2,4})?\s*(?:kbps|kbit/s|kb/s|kbit|k)?\s*(?P<words>.*)")
_FILLER: Final = {"cbr", "vbr", "abr", "quality", "codec", "audio", "digital"}


def class_of(text: str, classes: Sequence[str] = CLASSES) -> str | None:
    """None: not one of ``classes``, however it is read.

    >>> [class_of(x) for x in ("192 kbps (LAME)", "128 kbps (CBR)", "256 kbps (iTunes/AAC)", "V0", "lossless/FLAC")]
    ['mp3-192', 'mp3-128', 'aac-256', 'mp3-v0', 'lossless']
    >>> class_of("224 kbps (LAME)"), class_of("no idea"), class_of("")
    (None, None, None)
    >>> class_of("Hip-Hop", ["hiphop", "jazz"])
    'hiphop'
    """
    plain = " ".join(text.lower().split())
    for name in (plain, re.sub(r"[^a-z0-9]", "", plain)):
        if name in classes:
            return name
    found = _coding(plain)
    return found if found in classes else None


def _coding(plain: str) -> str | None:
    shape = _SHAPE.fullmatch(plain)
    if shape is None:
        return None
    words = set(re.findall(r"[a-z0-9]+", shape["words"].replace("ac-3", "ac3")))
    if shape["rate"] is None:
        return "lossless" if words and words <= LOSSLESS else None
    if not words <= FAMILIES.keys() | _FILLER:
        return None
    families = {FAMILIES[word] for word in words - _FILLER} or {"mp3"}
    return f"{families.pop()}-{shape['rate']}" if len(families) == 1 else None
