"""Open a hostile file with FFmpeg's demuxers and decoders, allow-listed ones only."""

import io
from typing import NoReturn

import av
import av.error
import av.logging
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Discard

from . import headers
from .wire import Refused

CONTAINERS = {
    "mp3": "mp3",
    "mov,mp4,m4a,3gp,3g2,mj2": "mp4",
    "flac": "flac",
    "wav": "wav",
    "w64": "w64",
    "aiff": "aiff",
    "ogg": "ogg",
    "matroska,webm": "matroska",
    "asf": "asf",
    "aac": "adts",
    "ac3": "ac3",
    "eac3": "eac3",
    "caf": "caf",
}
"""FFmpeg's demuxers that may run, and what we call them. No playlist, no concat, no image, no device."""
CODECS = frozenset({
    "mp3float", "mp3", "mp2float", "mp2", "mp1float", "mp1", "aac", "alac", "flac", "vorbis", "opus",
    "libopus", "ac3", "eac3", "wmav1", "wmav2", "wmapro", "wmalossless", "pcm_u8", "pcm_s8", "pcm_s16le",
    "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be", "pcm_f32le", "pcm_f32be", "pcm_f64le",
    "pcm_f64be", "pcm_alaw", "pcm_mulaw",
})  # fmt: skip
"""FFmpeg's decoders that may run."""

BROKEN = (av.error.FFmpegError, ValueError, OSError)
"""What PyAV raises on a broken file; OSError where a header sends it to a place before the file's start."""
_NESTED = {"hls", "dash", "concat", "sdp", "rtsp", "smoothstreaming", "imf", "ffmetadata", "lavfi"}
_BUFFER = 1 << 18  # bytes FFmpeg reads at a time


def open_audio(file: io.FileIO) -> tuple[InputContainer, AudioStream]:
    """The container and its first audio stream; all other streams are skipped by the demuxer."""
    headers.refuse_protected(file)
    container = _open(file)
    streams = [s for s in container.streams if isinstance(s, AudioStream)]
    if not streams:
        raise Refused("not_audio", found=_kinds(container))
    stream = streams[0]
    codec = stream.codec_context and stream.codec_context.codec.name
    if codec not in CODECS:
        raise Refused("forbidden_format", found=codec or "an unknown codec")
    for other in container.streams:
        if other is not stream:
            other.discard = Discard.all
    stream.codec_context.thread_count = 1  # threads would need a system call that the jail denies
    return container, stream


def container_name(container: InputContainer) -> str:
    """Our short name of FFmpeg's demuxer."""
    return CONTAINERS[container.format.name]


def duration_s(container: InputContainer, stream: AudioStream) -> float | None:
    """What the container claims; None where it doesn't know."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def warm() -> None:
    """Let PyAV open and decode something, so that all its late imports and tables are there before a fork."""
    av.logging.set_level(None)
    samples = io.BytesIO(headers.tiny_wav())
    with av.open(samples, "r", options=_options()) as container:
        for frame in container.decode(audio=0):
            bytes(frame.planes[0])


def _open(file: io.FileIO) -> InputContainer:
    try:
        return av.open(
            file,
            "r",
            options=_options(),
            metadata_errors="replace",
            buffer_size=_BUFFER,
            io_open=_refuse_nested,
        )
    except av.error.MemoryError:
        raise
    except BROKEN:
        _explain(file)


def _options() -> dict[str, str]:
    return {
        "format_whitelist": ",".join(n for names in CONTAINERS for n in (names, *names.split(","))),
        "codec_whitelist": ",".join(sorted(CODECS)),
        "protocol_whitelist": "none",
        "max_streams": "64",
    }


def _refuse_nested(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    raise PermissionError("a file may not open another")


def _explain(file: io.FileIO) -> NoReturn:
    """Say why FFmpeg would not open it, by what FFmpeg or we recognise in its first bytes."""
    found = _probed(file)
    if found in CONTAINERS:
        raise Refused("undecodable", reason=f"the {CONTAINERS[found]} headers are broken")
    if (playlist := headers.playlist(file) or (found if found in _NESTED else None)) is not None:
        raise Refused("forbidden_format", found=f"{playlist} playlist")
    if (known := headers.magic(file)) is not None:
        raise Refused("undecodable", reason=f"the {known} headers are broken")
    if found is None or found.endswith("_pipe") or found in headers.NO_AUDIO:
        raise Refused("not_audio", found=(found or "unknown").removesuffix("_pipe"))
    raise Refused("forbidden_format", found=found)


def _probed(file: io.FileIO) -> str | None:
    """The demuxer FFmpeg would have taken. None of them runs: none is on this white list."""
    file.seek(0)
    av.logging.set_level(av.logging.DEBUG)
    try:
        with av.logging.Capture() as lines:
            av.open(file, "r", options={"format_whitelist": "none"}, io_open=_refuse_nested)
    except BROKEN:
        for _, _, line in lines:
            words = line.split()
            if len(words) > 2 and words[0] == "Format" and words[2] in ("probed", "detected"):
                return words[1]
    finally:
        av.logging.set_level(None)
    return None


def _kinds(container: InputContainer) -> str:
    kinds = sorted({s.type for s in container.streams if s.type})
    return " and ".join(kinds) if kinds else "no streams"
