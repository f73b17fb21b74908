"""Decode the file's sound and send its PCM."""

import io
import math
from collections.abc import Iterator
from typing import Any, NoReturn

import av.error
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.codec.context import CodecContext
from av.container import InputContainer
from av.packet import Packet

from . import headers
from .audio import BROKEN, container_name, duration_s, open_audio
from .wire import BLOCK, DONE, FORMATS, HEAD, PCM, TICK, Refused, Sender

_IN_FLOAT = {"mp1": "mp1float", "mp2": "mp2float"}
"""FFmpeg would round these to 16 bits by default; a lossy decode is wanted as it is."""
_FLUSH = 1 << 15  # samples a message: large enough to be cheap, small enough for a smooth progress
_LONG_S = 600.0  # a bomb may be hours longer; counting packets takes a tenth of decoding them
_TELL = 10_000  # packets counted between two signs of life
_DAMAGE = 4096  # broken packets before the first good one after which we stop trying


def stream(file: io.FileIO, send: Sender, limits: dict[str, Any]) -> None:
    """Decode the first audio stream and send its first two channels: HEAD, PCM..., DONE."""
    container, audio = open_audio(file)
    _refuse_long_claim(container, audio, limits)
    pump = _Pump(audio, file, send, limits)
    for frame in pump.frames(container):
        pump.put(frame)
    pump.finish()


class _Pump:
    """Gathers small codec frames of one format into large messages."""

    def __init__(self, audio: AudioStream, file: io.FileIO, send: Sender, limits: dict[str, Any]) -> None:
        self._audio, self._file, self._send, self._limits = audio, file, send, limits
        self._decoder = _decoder(audio)
        self._format: tuple[str, int] | None = None
        self._planes: list[bytearray] = []
        self._counted = False
        self._waiting = self._samples = self._rate = self._good = self._faults = 0

    def frames(self, container: InputContainer) -> Iterator[AudioFrame]:
        """Decoded frames; a broken packet is counted and skipped, as players do."""
        for packet in self._packets(container):
            try:
                frames = self._decoder.decode(packet)
            except av.error.MemoryError:
                raise
            except BROKEN:
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
            except BROKEN:
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
        seconds = self._samples / self._rate
        if seconds > self._limits["max_duration_s"]:
            _too_long(seconds, self._limits)
        if seconds > _LONG_S and not self._counted:
            self._counted = True
            self._refuse_long_rest()

    def _refuse_long_rest(self) -> None:
        """A long one: count its packets' durations before decoding the hours that may follow."""
        if self._audio.codec_context.codec.name.startswith("pcm_"):
            return
        place = self._file.tell()
        self._file.seek(0)
        container, audio = open_audio(self._file)
        ticks = 0
        for number, packet in enumerate(container.demux(audio)):
            ticks += packet.duration or 0
            if number % _TELL == 0:
                self._send.raw(TICK)
        self._file.seek(place)
        seconds = float(ticks * (audio.time_base or 0))
        if seconds > self._limits["max_duration_s"]:
            _too_long(seconds, self._limits)

    def _fault(self) -> None:
        self._faults += 1
        if not self._good and self._faults > _DAMAGE:
            raise Refused("undecodable", reason="no sample could be decoded")


def _decoder(audio: AudioStream) -> AudioCodecContext:
    name = audio.codec_context.codec.name
    if name not in _IN_FLOAT:
        return audio.codec_context
    decoder = CodecContext.create(_IN_FLOAT[name], "r")
    assert isinstance(decoder, AudioCodecContext)
    decoder.thread_count = 1
    return decoder


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
