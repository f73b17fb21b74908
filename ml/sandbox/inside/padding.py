"""Bytes that say nothing: what an encoder of AAC fills its packets with to keep the bitrate it was asked for.

VisualOn's does so, with up to three quarters of a file. Fill elements are zeros (ISO 13818-7, 6.3.1 ``fill_byte`` of
``EXT_FILL``); sound never takes 32 zero bytes on end, for every section of a frame costs at least nine bits.
"""

import re
from typing import Any

from av.audio.stream import AudioStream
from av.container import InputContainer

_FILLED = re.compile(rb"\0{32,}")
_PACKETS = 2000
"""So many tell enough: 46 s."""


def filled_bytes(packet: bytes) -> int:
    """How many of a packet's bytes are padding.

    >>> filled_bytes(b"sound" + bytes(200) + b"end"), filled_bytes(b"sound" + bytes(20))
    (200, 0)
    """
    return sum(len(run) for run in _FILLED.findall(packet))


def padding(container: InputContainer, audio: AudioStream) -> dict[str, Any]:
    """``details`` with the share of the packets that is padding; {} where there is none."""
    size = filled = 0
    for count, packet in enumerate(container.demux(audio)):
        if count == _PACKETS:
            break
        size, filled = size + packet.size, filled + filled_bytes(bytes(packet))
    return {"details": {"padding": round(filled / size, 3)}} if filled > 0.01 * size else {}
