"""Readers of our own for what neither PyAV nor mutagen says: protection, bit depth, nominal bitrates."""

import io
import struct
from collections.abc import Iterator
from typing import Any

from av.audio.stream import AudioStream

from .wire import Refused

NO_AUDIO = {
    "tty", "srt", "ass", "webvtt", "lrc", "gif", "image2", "subviewer", "microdvd", "jacosub", "sami", "stl",
    "realtext", "mpsub", "mpl2", "pjs", "vplayer", "aqtitle", "ico", "apng", "data", "bin", "adf", "idf",
    "xbin", "jpegxl_anim", "webp",
}  # fmt: skip
"""Demuxers of text and pictures: such a file holds no audio at all."""

_MAGIC = (
    (b"fLaC", "flac"),
    (b"OggS", "ogg"),
    (b"ID3", "mp3"),
    (b"RIFF", "wav"),
    (b"RF64", "wav"),
    (b"FORM", "aiff"),
    (b"caff", "caf"),
    (b"\x1aE\xdf\xa3", "matroska"),
    (b"0&\xb2u\x8ef\xcf\x11", "asf"),
    (b"riff\x2e\x91\xcf\x11", "w64"),
)
_PLAYLISTS = (
    (b"#extm3u", "M3U"),
    (b"ffconcat", "concat"),
    (b"[playlist]", "PLS"),
    (b"v=0", "SDP"),
    (b"<?xml", "XML"),
    (b"<asx", "ASX"),
    (b"<smil", "SMIL"),
)
_ASF_ENCRYPTION = (
    bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"),  # Content Encryption Object
    bytes.fromhex("14e68a292226174cb935dae07de92828"),  # Extended Content Encryption Object
)
_MP4_PROTECTED = {b"drms": "FairPlay", b"enca": "Common Encryption", b"aavd": "Audible", b"drmi": "FairPlay"}
_BOXES = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}


def magic(file: io.FileIO) -> str | None:
    """The container that the first bytes promise."""
    head = read_at(file, 0, 16)
    if head[4:8] == b"ftyp":
        return "mp4"
    return next((name for start, name in _MAGIC if head.startswith(start)), None)


def playlist(file: io.FileIO) -> str | None:
    """The kind of playlist that a text file is: it would make a player open other files."""
    head = read_at(file, 0, 1024).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return next((name for start, name in _PLAYLISTS if head.startswith(start)), None)


def refuse_protected(file: io.FileIO) -> None:
    """Copy-protected files decode to noise or not at all: say so before trying."""
    kind = magic(file)
    if kind == "mp4":
        for entry in _sample_entries(file):
            if entry[4:8] in _MP4_PROTECTED:
                raise Refused("protected", scheme=_MP4_PROTECTED[entry[4:8]])
    if kind == "asf" and any(guid in read_at(file, 0, 1 << 16) for guid in _ASF_ENCRYPTION):
        raise Refused("protected", scheme="Windows Media DRM")
    file.seek(0)


def bit_depth(audio: AudioStream) -> int | None:
    """Bits a sample of a lossless stream, from its own header; None for lossy ones."""
    name, extra = audio.codec_context.codec.name, audio.codec_context.extradata or b""
    if name.startswith("pcm_"):
        return next((int(d) for d in ("16", "24", "32", "64") if d in name), 8)
    if name == "flac" and len(extra) >= 34:
        streaminfo = extra[-34:] if extra[:4] == b"fLaC" else extra[:34]
        return int((struct.unpack(">I", streaminfo[10:14])[0] >> 4 & 31) + 1)
    if name == "alac" and len(extra) >= 24:
        return extra[-24:][5]  # ALACSpecificConfig.bitDepth
    return None


def vorbis(extradata: bytes) -> dict[str, Any]:
    """Nominal bitrate of the identification header (Vorbis I, 4.2.2)."""
    at = extradata.find(b"\x01vorbis")
    if at < 0 or len(extradata) < at + 28:
        return {}
    highest, nominal, lowest = struct.unpack_from("<iii", extradata, at + 16)
    mode = "CBR" if highest == nominal == lowest > 0 else "VBR"
    return {"bitrate_mode": mode, "details": {"nominal_kbps": nominal / 1000} if nominal > 0 else {}}


def esds(file: io.FileIO) -> dict[str, Any]:
    """Average and highest bitrate of an MP4 elementary stream descriptor (ISO/IEC 14496-1, 7.2.6)."""
    for entry in _sample_entries(file):
        at = entry.find(b"esds")
        body = entry[at + 8 :] if at >= 0 else b""
        at = body.find(b"\x40\x15")  # object type 0x40 (AAC), audio stream
        if at >= 0 and len(body) >= at + 13:
            highest, average = struct.unpack_from(">II", body, at + 5)
            if average:
                return {"kbps": average / 1000, "bitrate_mode": "CBR" if highest == average else "VBR"}
    return {}


def tiny_wav() -> bytes:
    """A valid WAV of 64 zero samples."""
    data = bytes(128)
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
    body = fmt + struct.pack("<4sI", b"data", len(data)) + data
    return struct.pack("<4sI4s", b"RIFF", 4 + len(body), b"WAVE") + body


def _sample_entries(file: io.FileIO) -> Iterator[bytes]:
    """First entry of each stsd: size, four-letter code and body, by walking the boxes (ISO/IEC 14496-12)."""
    todo, steps = [(0, file.seek(0, io.SEEK_END))], 0
    while todo and steps < 10_000:
        start, end = todo.pop()
        while start + 8 <= end and (steps := steps + 1) < 10_000:
            size, kind = struct.unpack(">I4s", read_at(file, start, 8).ljust(8, b"\0"))
            body = start + 8
            if size == 1:
                size, body = struct.unpack(">Q", read_at(file, body, 8).ljust(8, b"\0"))[0], body + 8
            stop = end if size == 0 else min(start + size, end)
            if kind in _BOXES:
                todo.append((body, stop))
            if kind == b"stsd":
                yield read_at(file, body + 8, min(stop - body - 8, 4096))
            if stop <= start:
                break
            start = stop


def read_at(file: io.FileIO, position: int, size: int) -> bytes:
    file.seek(position)
    return file.read(size) or b""
