"""Lossy encodes of PCM, for training and tests: a class id in, a real file out.

The encoders are those inside PyAV's FFmpeg (LAME, FFmpeg's AAC, libopus, AC-3, WMA 2, MP2) and,
because FFmpeg's own Vorbis encoder is experimental, libsndfile's libvorbis. Variants written
"tool:variant" are made by other programs, where they are installed (:mod:`ml.encode.tools`).
"""

import io
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any, cast

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.codec.context import CodecContext, Flags2
from av.container import InputContainer
from numpy.typing import NDArray

from ml.encode.coders import CODERS, VARIANTS, Coder, coder, variants
from ml.encode.external import encode_external, is_there
from ml.encode.pcm import Depth, quantise, resample
from ml.encode.tools import (
    TOOLS,
    halves_one_channel,
    needs_two_channels,
    tool_of,
    tool_variants,
    tools_for,
)
from ml.encode.vorbis import encode_vorbis
from ml.sandbox.inside.padding import filled_bytes
from ml.units import Samples

__all__ = [
    "CODERS",
    "TOOLS",
    "Coder",
    "Depth",
    "coder",
    "decode",
    "encode",
    "halves_one_channel",
    "is_there",
    "needs_two_channels",
    "packet_kbps",
    "quantise",
    "resample",
    "tool_of",
    "tool_variants",
    "tools_for",
    "variants",
]

HIGHEST_RATE = 48000
"""Lossy coders here work at 44.1 or 48 kHz (MPEG-1 Layer III ends at 48); masters above are brought to 48."""


def encode(y: Samples, *, sr: int, label: str, variant: str = "default", kbps: int | None = None) -> bytes:
    """Encode as the class id ``label`` says; a whole file, playable anywhere.

    y : shape (channels, n), one or two channels, full scale 1.0
    variant : one of :func:`variants`, or of :func:`tool_variants`.
    kbps : another bitrate than the class's, for FFmpeg's coders

    Raises EncoderMissing where a tool of that name is not installed.
    """
    how = coder(label) if kbps is None else replace(coder(label), kbps=kbps)
    to = how.rate or min(sr, HIGHEST_RATE)
    y = resample(y, sr=sr, to=to)
    if ":" in variant:
        return encode_external(y, sr=to, label=label, variant=variant)
    if how.codec == "libvorbis":
        return encode_vorbis(y, sr=to, quality=cast(float, how.quality))
    extra = VARIANTS.get(how.codec, {"default": {}})[variant]
    return _encode_av(y, sr=to, how=how, options={**how.options, **extra})


def decode(data: bytes, *, depth: Depth = "float", gapless: bool = True) -> tuple[Samples, int]:
    """Decode a whole file made by :func:`encode`: ``(y, sr)``, y of shape (channels, n).

    depth : what the decoder's floats are rounded to (half to even, clipped).
    gapless : False keeps the coder's delay and padding, as old decoders do.
    """
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.audio[0]
        if not gapless:
            stream.codec_context.flags2 |= Flags2.skip_manual
        frames = [_planar(frame) for frame in _frames(container, stream)]
        return quantise(np.concatenate(frames, axis=1), depth=depth), stream.codec_context.sample_rate


def packet_kbps(data: bytes) -> float:
    """Bitrate of a whole file's packets; containers, tags and what packets are filled up with left out."""
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.audio[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        seconds = sum(packet.duration or 0 for packet in packets) * float(cast(Fraction, stream.time_base))
        spent = sum(packet.size - filled_bytes(bytes(packet)) for packet in packets)
    return 8e-3 * spent / seconds


def _frames(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    """FFmpeg would round MP2 to 16 bits by default; the product decodes it in float, and so do we."""
    if stream.codec_context.codec.name != "mp2":
        yield from container.decode(stream)
        return
    decoder = cast(AudioCodecContext, CodecContext.create("mp2float", "r"))
    for packet in container.demux(stream):
        yield from decoder.decode(packet)


def _encode_av(y: Samples, *, sr: int, how: Coder, options: dict[str, str]) -> bytes:
    out = io.BytesIO()
    layout = "mono" if len(y) == 1 else "stereo"
    with av.open(out, "w", format=how.container) as container:
        stream = cast(AudioStream, container.add_stream(how.codec, rate=sr, layout=layout, options=options))
        stream.codec_context.format = how.sample_format
        if how.kbps:
            stream.codec_context.bit_rate = how.kbps * 1000
        container.mux(stream.encode(_frame(y, sr=sr, how=how, layout=layout)))
        container.mux(stream.encode(None))
    return out.getvalue()


def _frame(y: Samples, *, sr: int, how: Coder, layout: str) -> AudioFrame:
    """One long frame; PyAV cuts it to the encoder's frame size."""
    if how.sample_format == "s16":
        y = np.rint(quantise(y, depth="16") * 32768.0).astype(np.int16)
    planar = how.sample_format.endswith("p")
    samples = y if planar else y.T.reshape(1, -1)
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), format=how.sample_format, layout=layout)
    frame.sample_rate = sr
    frame.time_base, frame.pts = Fraction(1, sr), 0
    return frame


def _planar(frame: AudioFrame) -> Samples:
    """Shape (channels, n), float32, full scale 1.0, whatever the decoder's format."""
    samples: NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(-1, frame.layout.nb_channels).T
    full_scale = 1.0 if samples.dtype.kind == "f" else 2.0 ** (8 * samples.itemsize - 1)
    return (samples / np.float32(full_scale)).astype(np.float32)
