"""Container facts: what the file says about itself, read without decoding beyond what the headers need."""

import io
import struct
from typing import Any

import mutagen
from av.audio.stream import AudioStream
from av.container import InputContainer

from . import headers, mpeg
from .audio import container_name, duration_s, open_audio
from .padding import padding
from .wire import DONE, HEAD, Sender

_TAGS = ("title", "artist", "album", "album_artist", "date", "genre", "track", "disc", "composer", "comment")
_LONGEST = 300  # characters of a tag: it is only for display
_BROKEN_TAGS = (
    mutagen.MutagenError,
    ValueError,
    LookupError,
    struct.error,
    OverflowError,
    TypeError,
    AttributeError,
    EOFError,
    AssertionError,
)
"""What mutagen raises on tags made to break it; the sound may still be fine."""


def probe(file: io.FileIO, send: Sender, limits: dict[str, Any]) -> None:
    """Send HEAD with the fields of Declared, then DONE."""
    container, audio = open_audio(file)
    size = file.seek(0, io.SEEK_END)
    facts = _common(container, audio)
    filled = padding(container, audio) if facts["codec"] == "aac" else {}
    for found in (_by_codec(file, audio, size, facts["duration_s"]), filled, _by_tags(file, facts)):
        details = {**facts["details"], **found.pop("details", {})}
        found["encoder"] = _fuller(found.get("encoder"), facts["encoder"])
        facts |= {k: v for k, v in found.items() if v is not None} | {"details": details}
    facts["kbps"] = round(facts["kbps"], 1) if facts.get("kbps") else None
    send.json(HEAD, facts)
    send.json(DONE, {})


def warm() -> None:
    """mutagen imports its formats at the first use."""
    mutagen.File(io.BytesIO(headers.tiny_wav()))


def _common(container: InputContainer, audio: AudioStream) -> dict[str, Any]:
    codec = audio.codec_context
    tags = {**container.metadata, **audio.metadata}
    tags = {key.lower(): value for key, value in tags.items()}
    profile = audio.profile if codec.name in ("aac", "eac3") else None
    duration = duration_s(container, audio)
    return {
        "container": container_name(container),
        "codec": codec.name.removesuffix("float").removeprefix("lib"),
        "kbps": (codec.bit_rate or audio.bit_rate or 0) / 1000,
        "encoder": _clean(tags.get("encoder") or tags.get("encoded_by") or "") or None,
        "sample_rate": codec.sample_rate,
        "bit_depth": headers.bit_depth(audio),
        "channels": codec.channels,
        "duration_s": round(duration, 3) if duration else None,
        "tags": {key: _clean(tags[key]) for key in _TAGS if key in tags},
        "details": {"profile": profile} if profile else {},
    }


def _by_codec(file: io.FileIO, audio: AudioStream, size: int, duration: float | None) -> dict[str, Any]:
    """Bitrate and its mode, where the codec's own header says more than FFmpeg does."""
    name = audio.codec_context.codec.name
    mean = size * 8 / duration / 1000 if duration else None
    if name.startswith(("mp1", "mp2", "mp3")) and audio.container.format.name == "mp3":
        return mpeg.claims(file)
    if name.startswith("pcm_"):
        return {"bitrate_mode": "CBR"}
    if name in ("flac", "alac"):
        return {"bitrate_mode": "VBR", "kbps": mean}
    if name == "opus":
        return {"bitrate_mode": "VBR", "kbps": mean}
    if name == "vorbis":
        return {"bitrate_mode": "VBR", "kbps": mean, **headers.vorbis(audio.codec_context.extradata or b"")}
    if name == "aac" and headers.magic(file) == "mp4":
        return headers.esds(file)
    if name in ("ac3", "eac3", "mp2float"):
        return {"bitrate_mode": "CBR"}
    return {"kbps": audio.codec_context.bit_rate / 1000 if audio.codec_context.bit_rate else mean}


def _by_tags(file: io.FileIO, facts: dict[str, Any]) -> dict[str, Any]:
    """The encoder's name and mode from where only mutagen looks."""
    file.seek(0)
    try:
        tagged = mutagen.File(file)
        if tagged is None:
            return {}
        vendor = getattr(tagged.tags, "vendor", "") or ""
        said = str(getattr(tagged.info, "codec_description", "")) if facts["container"] == "asf" else ""
    except _BROKEN_TAGS:
        return {}
    mode = next((m for m in ("CBR", "VBR", "ABR") if m in said), facts.get("bitrate_mode"))
    return {"encoder": _clean(vendor) or None, "bitrate_mode": mode}


def _fuller(tag: str | None, field: str | None) -> str | None:
    """The codec's own tag rather than the container's field, unless that one only says more of the same.

    >>> _fuller("Lavf", "Lavf62.12.102"), _fuller("LAME3.100", "iTunes"), _fuller(None, "iTunes")
    ('Lavf62.12.102', 'LAME3.100', 'iTunes')
    """
    return field if field and (not tag or field.startswith(tag)) else tag


def _clean(text: str) -> str:
    """One printable line."""
    return "".join(c if c.isprintable() else " " for c in text[:_LONGEST]).strip()
