"""Open a hostile file with FFmpeg's demuxers and decoders, allow-listed ones only, and send its PCM."""

import io
import math
from collections.abc import Iterator
from typing import Any, NoReturn

import av
import av.error
import av.logging
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet

from . import headers
from .wire import BLOCK, DONE, FORMATS, HEAD, PCM, Refused, Sender

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

_NESTED = {"hls", "dash", "concat", "sdp", "rtsp", "smoothstreaming", "imf", "ffmetadata", "lavfi"}
_FLUSH = 1 << 15  # samples a message: large enough to be cheap, small enough for a smooth progress
_BUFFER = 1 << 18  # bytes FFmpeg reads at a time
_DAMAGE = 4096  # broken packets before the first good one after which we stop trying


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
        raise Refused("forbidden_format", found=codec or f"unknown codec {stream.codec_tag!r}")
    for other in container.streams:
        if other is not stream:
            other.discard = "all"  # type: ignore[assignment]
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


def stream(file: io.FileIO, send: Sender, limits: dict[str, Any]) -> None:
    """Decode the first audio stream and send its first two channels: HEAD, PCM..., DONE."""
    container, audio = open_audio(file)
    _refuse_long_claim(container, audio, limits)
    pump = _Pump(audio, file, send, limits)
    for frame in pump.frames(container):
        pump.put(frame)
    pump.finish()


def warm() -> None:
    """Let PyAV open and decode something, so that all its late imports and tables are there before a fork."""
    av.logging.set_level(None)
    samples = io.BytesIO(headers.tiny_wav())
    with av.open(samples, "r", options=_options()) as container:
        for frame in container.decode(audio=0):
            bytes(frame.planes[0])


class _Pump:
    """Gathers small codec frames of one format into large messages."""

    def __init__(self, audio: AudioStream, file: io.FileIO, send: Sender, limits: dict[str, Any]) -> None:
        self._audio, self._file, self._send, self._limits = audio, file, send, limits
        self._format: tuple[str, int] | None = None
        self._planes: list[bytearray] = []
        self._waiting = self._samples = self._rate = self._good = self._faults = 0

    def frames(self, container: InputContainer) -> Iterator[AudioFrame]:
        """Decoded frames; a broken packet is counted and skipped, as players do."""
        for packet in self._packets(container):
            try:
                frames = packet.decode()
            except av.error.MemoryError:
                raise
            except (av.error.FFmpegError, ValueError):
                self._fault()
                continue
            for frame in frames:
                if frame.samples:
                    yield frame

    def put(self, frame: AudioFrame) -> None:
        if not self._rate:
            self._start(frame)
        if frame.sample_rate != self._rate:
            return self._fault()
        self._good += 1
        form = (frame.format.name, frame.layout.nb_channels)
        if form != self._format:
            self._flush()
            self._begin(form)
        planar = frame.format.is_planar
        size = frame.samples * frame.format.bytes * (1 if planar else form[1])
        for held, plane in zip(self._planes, frame.planes, strict=False):
            held += memoryview(plane)[:size]
        self._waiting += frame.samples
        if self._waiting >= _FLUSH:
            self._flush()
        return None

    def finish(self) -> None:
        self._flush()
        if self._faults > self._good:
            reason = "no sample could be decoded" if not self._good else "most of it is damaged"
            raise Refused("undecodable", reason=reason)
        self._send.json(DONE, {"samples": self._samples, "faults": self._faults})

    def _packets(self, container: InputContainer) -> Iterator["Packet[AudioStream]"]:
        packets = container.demux(self._audio)
        while True:
            try:
                packet = next(packets)
            except (StopIteration, EOFError):
                return
            except av.error.MemoryError:
                raise
            except (av.error.FFmpegError, ValueError):
                return self._fault()  # the container is broken from here on: keep what we have
            yield packet

    def _start(self, frame: AudioFrame) -> None:
        self._rate = frame.sample_rate
        channels = frame.layout.nb_channels
        for what, value, low, high in (
            ("sample rate", self._rate, self._limits["min_rate"], self._limits["max_rate"]),
            ("channels", channels, 1, self._limits["max_channels"]),
        ):
            if value > high:
                raise Refused("too_big", what=what, value=value, maximum=high)
            if value < low:
                raise Refused("undecodable", reason=f"{what} of {value}")
        self._send.json(
            HEAD, {"sr": self._rate, "channels": channels, "bit_depth": headers.bit_depth(self._audio)}
        )

    def _begin(self, form: tuple[str, int]) -> None:
        name, channels = form
        if name not in FORMATS:
            raise Refused("undecodable", reason=f"sample format {name}")
        if channels > self._limits["max_channels"]:
            raise Refused("too_big", what="channels", value=channels, maximum=self._limits["max_channels"])
        self._format = form
        self._planes = [bytearray() for _ in range(min(channels, 2) if name.endswith("p") else 1)]

    def _flush(self) -> None:
        if not self._waiting or self._format is None:
            return
        name, channels = self._format
        sent = min(channels, 2) if name.endswith("p") else channels
        head = BLOCK.pack(FORMATS.index(name), sent, 0, self._waiting, self._file.tell())
        self._send.raw(PCM, head, *self._planes)
        for plane in self._planes:
            plane.clear()
        self._samples += self._waiting
        self._waiting = 0
        if self._samples > self._limits["max_duration_s"] * self._rate:
            _too_long(self._samples / self._rate, self._limits)

    def _fault(self) -> None:
        self._faults += 1
        if not self._good and self._faults > _DAMAGE:
            raise Refused("undecodable", reason="no sample could be decoded")


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
    except (av.error.FFmpegError, ValueError):
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
    if found in _NESTED:
        raise Refused("forbidden_format", found=f"{found} playlist")
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
    except (av.error.FFmpegError, ValueError):
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


def _refuse_long_claim(container: InputContainer, audio: AudioStream, limits: dict[str, Any]) -> None:
    """A claim never lets a file pass, but one read from an index or a clock may end it early.

    Not so for formats whose duration is guessed from a bitrate, or whose length field streams leave full.
    """
    claimed = duration_s(container, audio)
    trusted = container_name(container) in ("flac", "mp4", "ogg", "matroska")
    if claimed is not None and trusted and math.isfinite(claimed) and claimed > limits["max_duration_s"]:
        _too_long(claimed, limits)


def _too_long(seconds: float, limits: dict[str, Any]) -> NoReturn:
    raise Refused("too_long", duration_s=round(seconds, 1), maximum_s=limits["max_duration_s"])
