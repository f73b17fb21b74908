"""Audio with known answers, and real files made of it.

Signals are float32 of shape (channels, n), full scale 1.0.
"""

import io
import struct
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from ml.units import Samples

SR = 44100


def tone(
    hz: float, *, sr: int = SR, seconds: float = 2.0, amplitude: float = 0.5, channels: int = 1
) -> Samples:
    """A sine, equal in all channels."""
    t = np.arange(round(sr * seconds)) / sr
    return np.tile((amplitude * np.sin(2 * np.pi * hz * t)).astype(np.float32), (channels, 1))


def chirp(low: float, high: float, *, sr: int = SR, seconds: float = 2.0, amplitude: float = 0.5) -> Samples:
    """A sine whose frequency rises evenly from low to high."""
    t = np.arange(round(sr * seconds)) / sr
    phase = 2 * np.pi * (low * t + (high - low) * t**2 / (2 * seconds))
    return (amplitude * np.sin(phase)).astype(np.float32)[np.newaxis]


def noise(
    *, sr: int = SR, seconds: float = 2.0, rms: float = 0.1, channels: int = 2, seed: int = 0
) -> Samples:
    """White noise, independent in each channel."""
    made = np.random.default_rng(seed).standard_normal((channels, round(sr * seconds)))
    return np.clip(rms * made, -1, 1).astype(np.float32)


def brick_wall(
    cutoff: float, *, sr: int = SR, seconds: float = 2.0, rms: float = 0.1, channels: int = 2, seed: int = 0
) -> Samples:
    """Noise with nothing at all above ``cutoff`` Hz."""
    y = noise(sr=sr, seconds=seconds, rms=rms, channels=channels, seed=seed)
    spectrum = np.fft.rfft(y, axis=1)
    spectrum[:, np.fft.rfftfreq(y.shape[1], 1 / sr) > cutoff] = 0
    return np.fft.irfft(spectrum, n=y.shape[1], axis=1).astype(np.float32)


def music(*, sr: int = SR, seconds: float = 4.0, channels: int = 2, seed: int = 0) -> Samples:
    """Something with notes, decays and a noise floor: what coders are made for."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(sr * seconds)) / sr
    y = 1e-3 * rng.standard_normal((channels, len(t)))
    for start in np.arange(0, seconds, 0.25):
        since = np.maximum(t - start, 0)
        envelope = np.exp(-4 * since) * (t >= start)
        pitch = 110 * 2 ** (rng.integers(0, 36) / 12)
        for harmonic in range(1, 12):
            if harmonic * pitch < 0.45 * sr:
                pan = rng.uniform(0.3, 1, (channels, 1))
                y += 0.12 / harmonic * pan * envelope * np.sin(2 * np.pi * harmonic * pitch * since)
    return (0.5 * y / np.abs(y).max()).astype(np.float32)


def silence(*, sr: int = SR, seconds: float = 2.0, channels: int = 2) -> Samples:
    return np.zeros((channels, round(sr * seconds)), np.float32)


def clipped(y: Samples, *, at: float = 1.0, gain: float = 4.0) -> Samples:
    """Too loud, cut at ``at``."""
    return np.clip(gain * y, -at, at).astype(np.float32)


def quantised(y: Samples, *, bits: int) -> Samples:
    """On the lattice of ``bits``: multiples of 2**-(bits - 1) within full scale."""
    scale = 2.0 ** (bits - 1)
    return (np.clip(np.rint(y.astype(np.float64) * scale), -scale, scale - 1) / scale).astype(np.float32)


_FORMATS = {
    "flac": "s16", "alac": "s16p", "aac": "fltp", "libmp3lame": "fltp", "libopus": "flt", "libvorbis": "fltp",
    "ac3": "fltp", "eac3": "fltp", "wmav2": "fltp", "mp2": "s16", "pcm_u8": "u8", "pcm_f32le": "flt",
    "pcm_f64le": "dbl", "pcm_f32be": "flt",
}  # fmt: skip
_DTYPES = {"u8": np.uint8, "s16": np.int16, "s32": np.int32, "flt": np.float32, "dbl": np.float64}
_LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}


def encode(
    y: Samples,
    *,
    sr: int = SR,
    codec: str = "pcm_s16le",
    container: str = "wav",
    kbps: int | None = None,
    bits: int | None = None,
    options: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
) -> bytes:
    """A whole file. ``codec`` and ``container`` are FFmpeg's names; ``bits`` 24 for flac and alac."""
    out = io.BytesIO()
    with av.open(out, "w", format=container, options=options or {}) as file:
        file.metadata.update(metadata or {})
        layout = _LAYOUTS[len(y)]
        stream = file.add_stream(codec, rate=sr, layout=layout, options=options or {})
        form = _sample_format(codec, bits)
        stream.format = form
        if bits == 24 and codec in ("flac", "alac"):
            stream.codec_context.options = {"bits_per_raw_sample": "24"}
        if kbps:
            stream.bit_rate = kbps * 1000
        for frame in _frames(y, sr=sr, form=form, layout=layout):
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def integers(y: Samples, *, bits: int) -> NDArray[Any]:
    """Rounded to the lattice, in the upper bits of the smallest integer that holds them; 8 bits unsigned."""
    whole = np.rint(quantised(y, bits=bits).astype(np.float64) * 2.0 ** (bits - 1)).astype(np.int64)
    if bits == 8:
        return (whole + 128).astype(np.uint8)
    return (whole << (16 - bits)).astype(np.int16) if bits <= 16 else (whole << (32 - bits)).astype(np.int32)


def wav(
    samples: bytes,
    *,
    sr: int = SR,
    channels: int = 2,
    bits: int = 16,
    tag: int = 1,
    claimed: int | None = None,
) -> bytes:
    """A WAV by hand, so that its header may lie: ``claimed`` bytes of samples."""
    size = len(samples) if claimed is None else claimed
    step = channels * bits // 8
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, tag, channels, sr, (sr * step) & 0xFFFFFFFF, step, bits)
    head = struct.pack("<4sI4s", b"RIFF", min(36 + size, 0xFFFFFFFF), b"WAVE")
    return head + fmt + struct.pack("<4sI", b"data", size) + samples


def _sample_format(codec: str, bits: int | None) -> str:
    if codec in ("flac", "alac") and bits == 24:
        return "s32" if codec == "flac" else "s32p"
    if codec in _FORMATS:
        return _FORMATS[codec]
    return "s16" if "16" in codec or codec in ("pcm_alaw", "pcm_mulaw", "pcm_s8") else "s32"


def _frames(y: Samples, *, sr: int, form: str, layout: str) -> list[av.AudioFrame]:
    dtype = _DTYPES[form.removesuffix("p")]
    if np.issubdtype(dtype, np.floating):
        raw = y.astype(dtype)
    else:
        raw = integers(y, bits=24 if dtype is np.int32 else 8 * np.dtype(dtype).itemsize)
    made = []
    for start in range(0, raw.shape[1], 65536):
        piece = raw[:, start : start + 65536]
        packed = piece if form.endswith("p") else piece.T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(packed), format=form, layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = sr, start, Fraction(1, sr)
        made.append(frame)
    return made
