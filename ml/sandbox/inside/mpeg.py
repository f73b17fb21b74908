"""MPEG audio layer I-III: frame headers (ISO/IEC 11172-3, 13818-3) and the tags hidden in the first frame."""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .headers import read_at

_KBPS = {  # (MPEG-1?, layer): kbps by index
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
# LAME info tag, http://gabriel.mp3-tech.org/mp3infotag.html
_METHODS = {1: "CBR", 2: "ABR", 3: "VBR", 4: "VBR", 5: "VBR", 6: "VBR", 8: "CBR", 9: "ABR"}
_PRESETS = {1000: "r3mix", 1001: "standard", 1002: "extreme", 1003: "insane", 1004: "fast standard",
            1005: "fast extreme", 1006: "medium", 1007: "fast medium"}  # fmt: skip
_WINDOW, _FRAMES = 1 << 20, 1000


@dataclass(frozen=True)
class FrameHeader:
    """Four bytes at the start of each codec_frame."""

    mpeg1: bool
    layer: int
    kbps: int
    rate: int
    padded: bool
    mono: bool

    @property
    def samples(self) -> int:
        return 384 if self.layer == 1 else 1152 if self.layer == 2 or self.mpeg1 else 576

    @property
    def size(self) -> int:
        if self.layer == 1:
            return (12_000 * self.kbps // self.rate + self.padded) * 4
        return self.samples * 125 * self.kbps // self.rate + self.padded


def parse(word: bytes) -> FrameHeader | None:
    """A frame header, or None. Free-format frames (no bitrate given) aren't read."""
    if len(word) < 4 or word[0] != 0xFF or word[1] & 0xE0 != 0xE0:
        return None
    version, layer = word[1] >> 3 & 3, 4 - (word[1] >> 1 & 3)
    index, rate = word[2] >> 4, word[2] >> 2 & 3
    if version == 1 or layer == 4 or index in (0, 15) or rate == 3:
        return None
    mpeg1 = version == 3
    return FrameHeader(
        mpeg1, layer, _KBPS[mpeg1, layer][index], _RATES[version][rate], bool(word[2] & 2), word[3] >> 6 == 3
    )


def claims(file: io.FileIO) -> dict[str, Any]:
    """kbps, bitrate_mode, encoder and details of an MP3, MP2 or MP1 file; {} where no frame is found."""
    start = _after_id3(file)
    found = _first_frame(read_at(file, start, _WINDOW))
    if found is None:
        return {}
    offset, header, frame = found
    walked = _walk(file, start + offset)
    rates = sorted({h.kbps for h in walked})
    details: dict[str, Any] = {"layer": header.layer, "lowest_kbps": rates[0], "highest_kbps": rates[-1]}
    tag = _xing(frame, header) or _vbri(frame)
    details |= tag.pop("details", {})
    mode = tag.get("bitrate_mode") or ("CBR" if len(rates) == 1 else "VBR")
    average = sum(h.kbps for h in walked) / len(walked)
    if mode == "CBR" and len(rates) == 1:
        tag["kbps"] = rates[0]  # by the tag's sizes a short 320 would be a 322: its own frame counts there
    return {"kbps": average, "encoder": None, **tag, "bitrate_mode": mode, "details": details}


def _after_id3(file: io.FileIO) -> int:
    """Where the (possibly several) ID3v2 tags end."""
    at = 0
    while (head := read_at(file, at, 10))[:3] == b"ID3" and len(head) == 10:
        at += 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])
    return at


def _first_frame(data: bytes) -> tuple[int, FrameHeader, bytes] | None:
    """The first place where a header is followed by another of its kind."""
    at = data.find(b"\xff")
    while 0 <= at < len(data) - 4:
        header = parse(data[at : at + 4])
        if header is not None:
            after = parse(data[at + header.size : at + header.size + 4])
            if after is not None and (after.layer, after.rate) == (header.layer, header.rate):
                return at, header, data[at : at + header.size]
        at = data.find(b"\xff", at + 1)
    return None


def _walk(file: io.FileIO, first: int) -> list[FrameHeader]:
    """Headers of up to 1000 frames at each of four places; never the first one, which may be a tag."""
    size = file.seek(0, io.SEEK_END)
    headers: list[FrameHeader] = []
    for quarter in range(4):
        data = read_at(file, first + (size - first) * quarter // 4, _WINDOW)
        headers += list(_headers(data))[1:_FRAMES]
    return headers or [h for h in [parse(read_at(file, first, 4))] if h is not None]


def _headers(data: bytes) -> Iterator[FrameHeader]:
    found = _first_frame(data)
    at = found[0] if found else len(data)
    for _ in range(_FRAMES):
        header = parse(data[at : at + 4])
        if header is None:
            return
        yield header
        at += header.size


def _xing(frame: bytes, header: FrameHeader) -> dict[str, Any]:
    """The Xing or Info tag, and LAME's part of it."""
    side = (17 if header.mono else 32) if header.mpeg1 else (9 if header.mono else 17)
    at = 4 + side
    if frame[at : at + 4] not in (b"Xing", b"Info"):
        return {}
    mode = "CBR" if frame[at : at + 4] == b"Info" else "VBR"
    flags = _number(frame, at + 4, 4)
    at += 8
    counts = []
    for bit, width in ((1, 4), (2, 4), (4, 100), (8, 4)):
        counts.append(_number(frame, at, width) if flags & bit and width == 4 else 0)
        at += width if flags & bit else 0
    tag: dict[str, Any] = {"bitrate_mode": mode}
    if counts[0] and counts[1]:
        tag["kbps"] = counts[1] * 8 * header.rate / (counts[0] * header.samples * 1000)
    return tag | _lame(frame[at : at + 36], mode)


def _lame(tag: bytes, mode: str) -> dict[str, Any]:
    encoder = tag[:9].split(b"\0")[0].decode("ascii", "replace").strip()
    if len(tag) < 36 or not encoder.isprintable() or not encoder[:1].isalpha():
        return {}
    preset = _number(tag, 26, 2) & 0x7FF
    details: dict[str, Any] = {
        "lowpass_hz": tag[10] * 100,
        "encoder_delay": _number(tag, 21, 3) >> 12,
        "encoder_padding": _number(tag, 21, 3) & 0xFFF,
    }
    if not encoder.startswith("LAME"):  # others fill in less: the lowpass is 0 where it isn't known
        details = {k: v for k, v in details.items() if v}
    elif preset:
        details["preset"] = _preset(preset)
    return {"encoder": encoder, "bitrate_mode": _METHODS.get(tag[9] & 15, mode), "details": details}


def _preset(number: int) -> str:
    """
    >>> [_preset(n) for n in (320, 500, 480, 1001)]
    ['320', 'V0', 'V2', 'standard']
    """
    if 410 <= number <= 500 and number % 10 == 0:
        return f"V{(500 - number) // 10}"
    return _PRESETS.get(number, str(number))


def _vbri(frame: bytes) -> dict[str, Any]:
    """Fraunhofer's tag, always 32 bytes after the header."""
    if frame[36:40] != b"VBRI" or len(frame) < 54:
        return {}
    delay, _, size, frames = struct.unpack(">HHII", frame[42:54])
    header = parse(frame[:4])
    details = {"encoder_delay": delay}
    tag: dict[str, Any] = {"bitrate_mode": "VBR", "encoder": "Fraunhofer", "details": details}
    if frames and size and header is not None:
        tag["kbps"] = size * 8 * header.rate / (frames * header.samples * 1000)
    return tag


def _number(data: bytes, at: int, width: int) -> int:
    return int.from_bytes(data[at : at + width], "big")
