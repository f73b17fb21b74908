"""Messages from the decoding child to its parent: length-prefixed, JSON or raw PCM, never a pickle."""

import json
import os
import struct
from typing import Any

HEADER = struct.Struct("<4sI")
"""Kind of message, bytes that follow."""
BLOCK = struct.Struct("<BBHIQ")
"""Before the samples of a PCM message: index into FORMATS, channels, 0, samples a channel, place in file."""

HEAD, PCM, BLOB, DONE, FAIL, TICK = b"HEAD", b"PCM ", b"BLOB", b"DONE", b"FAIL", b"TICK"
"""TICK only says that the child is still at work."""
FORMATS = ("u8", "s16", "s32", "flt", "dbl", "u8p", "s16p", "s32p", "fltp", "dblp")
"""FFmpeg's sample formats; with "p" the channels follow each other, without they are interleaved."""
MAX_BYTES = 96 << 20
"""No honest message is longer: one frame of 65,535 samples in 8 channels of doubles is 4 MiB."""


class Refused(Exception):
    """The child's way to name one of the parent's error classes: its ``code`` and its facts."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.code, self.facts = code, facts
        super().__init__(code)


class Sender:
    """Writes messages into the pipe."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def json(self, kind: bytes, value: dict[str, Any]) -> None:
        self.raw(kind, json.dumps(value).encode())

    def raw(self, kind: bytes, *parts: bytes | bytearray) -> None:
        size = sum(len(p) for p in parts)
        views = [memoryview(p) for p in (HEADER.pack(kind, size), *parts) if p]
        while views:
            written = os.writev(self._fd, views)
            while views and written >= len(views[0]):
                written -= len(views.pop(0))
            if views:
                views[0] = views[0][written:]
