"""What a file is by its first bytes, so that nonsense is refused at the door.

This is courtesy, not protection: what passes is only decoded inside the sandbox. Bytes we don't
know pass as audio, because an MP3 may start with anything.
"""

import re
from typing import Final, Literal

from ml.errors import EmptyFile, ForbiddenFormat, NotAudio

Kind = Literal["audio", "picture"]

HEAD_BYTES: Final = 4096

_PICTURES: Final = (rb"\x89PNG\r\n\x1a\n", rb"\xff\xd8\xff", rb"RIFF.{4}WEBP")
_AUDIO: Final = (
    rb"ID3", rb"fLaC", rb"OggS", rb"RIFF.{4}WAVE", rb"RF64.{4}WAVE", rb"FORM.{4}AIF[FC]", rb".{4}ftyp",
    rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF
    rb"\x0b\x77",  # AC-3
    rb"\xff[\xe2-\xe7\xf0-\xff]",  # MPEG audio and ADTS sync words
)  # fmt: skip
_PLAYLISTS: Final = (rb"\s*#EXTM3U", rb"\s*ffconcat", rb"\s*\[playlist\]")
_OTHERS: Final = {
    "a GIF picture": rb"GIF8[79]a",
    "a BMP picture": rb"BM.{4}\x00{4}",
    "a TIFF picture": rb"II\*\x00|MM\x00\*",
    "a PDF document": rb"%PDF-",
    "an archive": rb"PK\x03\x04|PK\x05\x06|Rar!|7z\xbc\xaf|.{257}ustar",
    "a compressed file": rb"\x1f\x8b|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd",
    "a program": rb"\x7fELF|MZ.{58}|\xca\xfe\xba\xbe|#!",
    "a database": rb"SQLite format 3\x00",
    "a MIDI score, which holds notes but no sound": rb"MThd",
}


def kind(head: bytes) -> Kind:
    """``head``: the first HEAD_BYTES. Raises EmptyFile, NotAudio, ForbiddenFormat."""
    if not head:
        raise EmptyFile()
    if _starts(head, *_PICTURES):
        return "picture"
    if _starts(head, *_AUDIO):
        return "audio"
    if _starts(head, *_PLAYLISTS):
        raise ForbiddenFormat(found="playlist")
    for found, pattern in _OTHERS.items():
        if _starts(head, pattern):
            raise NotAudio(found=found)
    if _is_text(head):
        raise NotAudio(found="text")
    return "audio"


def _starts(head: bytes, *patterns: bytes) -> bool:
    return any(re.match(pattern, head, re.DOTALL) for pattern in patterns)


def _is_text(head: bytes) -> bool:
    """UTF-8 (it may be cut in the middle of a character) without control characters."""
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:
            return False
        text = head[: error.start].decode("utf-8")
    return bool(text) and all(c.isprintable() or c in "\t\r\n\f" for c in text)
