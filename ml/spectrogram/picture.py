"""A spectrogram picture that somebody sent, made safe to store and show."""

import json
import os
from dataclasses import dataclass

from ml.decode import sandbox
from ml.decode.inside.wire import BLOB, HEAD
from ml.decode.limits import Limits
from ml.errors import BadPicture, EmptyFile


@dataclass(frozen=True, slots=True)
class Picture:
    """A clean PNG: one frame, grey or RGB of 8 bits, at most 2000 pixels wide, without metadata."""

    png: bytes
    width: int
    height: int


def open_picture(path: str | os.PathLike[str], *, limits: Limits | None = None) -> Picture:
    """Decode a PNG, JPEG or WebP in the sandbox, encode it anew. Raises BadPicture, SandboxError, OSError."""
    try:
        with sandbox.open(path, job="picture", limits=limits or Limits()) as child:
            found = {kind: bytes(payload) for kind, payload in child.messages()}
    except EmptyFile:
        raise BadPicture(reason="empty") from None
    return Picture(png=found[BLOB], **json.loads(found[HEAD]))


def looks_like_picture(head: bytes) -> bool:
    """By the first 12 bytes.

    >>> looks_like_picture(b"RIFF....WEBP"), looks_like_picture(b"RIFF....WAVE")
    (True, False)
    """
    webp = (head[:4], head[8:12]) == (b"RIFF", b"WEBP")
    return webp or head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"))
