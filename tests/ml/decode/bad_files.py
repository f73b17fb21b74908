"""Files that are broken, too much, or not what they say; each with what it must end in.

``OK`` stands for "any answer or any reason": a file that may still hold usable sound.
"""

import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from functools import cache

import av
import numpy as np
from PIL import Image

from ml import errors
from tests import signals

OK = errors.LineageError
Make = Callable[[], bytes]
Ends = type[errors.LineageError]


def _pcm(seconds: float = 2.0, *, channels: int = 2, sr: int = signals.SR) -> bytes:
    y = signals.noise(seconds=seconds, channels=channels, sr=sr)
    return signals.integers(y, bits=16).T.tobytes()


@cache
def _mp3() -> bytes:
    return signals.encode(signals.music(), codec="libmp3lame", container="mp3", kbps=128)


@cache
def _m4a() -> bytes:
    return signals.encode(signals.music(), codec="aac", container="ipod", kbps=128)


@cache
def _flac() -> bytes:
    return signals.encode(signals.music(), codec="flac", container="flac")


def _float_wav(value: float) -> bytes:
    y = signals.noise()
    y[0, 5000] = value
    return signals.wav(y.T.astype("<f4").tobytes(), bits=32, tag=3)


def _flac_claiming(total: int, *, sr: int = 44100, channels: int = 2) -> bytes:
    """STREAMINFO rewritten: 20 bits rate, 3 channels - 1, 5 bits - 1, 36 total samples."""
    data = bytearray(_flac())
    packed = sr << 44 | (channels - 1) << 41 | 15 << 36 | total
    data[18:26] = struct.pack(">Q", packed)
    return bytes(data)


def flac_bomb(*, hours: float, sr: int = 44100) -> bytes:
    """Silence that decodes to gigabytes: a 16-byte frame of 65,535 constant samples, again and again."""
    frames = round(hours * 3600 * sr / 65535)
    info = struct.pack(">HH", 65535, 65535) + bytes(6) + struct.pack(">Q", sr << 44 | 1 << 41 | 15 << 36)
    head = b"fLaC" + b"\x80\x00\x00\x22" + info + bytes(16)
    return head + b"".join(_constant_frame(number) for number in range(frames))


def _constant_frame(number: int) -> bytes:
    """Fixed block size, two channels of 16 bits, both constant 0; RFC 9639, section 9."""
    header = b"\xff\xf8" + bytes([0x79, 0x18]) + _utf8(number) + struct.pack(">H", 65534)
    header += bytes([_crc(header, bits=8, polynomial=0x07)])
    body = header + b"\x00\x00\x00" * 2
    return body + struct.pack(">H", _crc(body, bits=16, polynomial=0x8005))


def _utf8(number: int) -> bytes:
    """FLAC numbers its frames in UTF-8's pattern."""
    return chr(number).encode("utf-8", "surrogatepass")


def _crc(data: bytes, *, bits: int, polynomial: int) -> int:
    value = 0
    for byte in data:
        value ^= byte << (bits - 8)
        for _ in range(8):
            value = (value << 1) ^ (polynomial if value >> (bits - 1) else 0)
            value &= (1 << bits) - 1
    return value


def opus_chain(*, hours: float) -> bytes:
    y = signals.silence(sr=48000, seconds=60)
    minute = signals.encode(y, sr=48000, codec="libopus", container="ogg", kbps=6)
    return minute * round(hours * 60)  # a chained Ogg


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../evil.mp3", b"x" * 1000)
    return out.getvalue()


def _png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), (9, 99, 200)).save(out, "PNG")
    return out.getvalue()


def _mp4_protected(scheme: bytes) -> bytes:
    data = _m4a()
    return data.replace(b"mp4a", scheme, 1)


def _asf_protected() -> bytes:
    data = signals.encode(signals.music(), codec="wmav2", container="asf", kbps=128)
    guid = bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e")
    size, objects = struct.unpack_from("<QI", data, 16)
    drm = guid + struct.pack("<Q", 40) + bytes(16)
    return data[:16] + struct.pack("<QI", size + 40, objects + 1) + data[28:30] + drm + data[30:]


def _id3(body: bytes, size: int) -> bytes:
    parts = bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127])
    return b"ID3\x03\x00\x00" + parts + body


def _video_only() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(30):
            container.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        container.mux(stream.encode(None))
    return out.getvalue()


HLS = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
CONCAT = b"ffconcat version 1.0\nfile /etc/passwd\nfile http://127.0.0.1:1/x.mp3\n"
SDP = b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 14\n"
DASH = b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"></MPD>'

FILES: Mapping[str, tuple[Make, Ends]] = {
    "empty": (lambda: b"", errors.EmptyFile),
    "one byte": (lambda: b"\xff", errors.InputError),
    "text": (lambda: b"this is not music. " * 500, errors.InputError),
    "zeros": (lambda: bytes(100_000), errors.InputError),
    "random bytes": (lambda: np.random.default_rng(1).bytes(300_000), OK),
    "0xff only": (lambda: b"\xff" * 100_000, errors.InputError),
    "html": (lambda: b"<!doctype html><title>404</title>" + b"<p>gone</p>" * 300, errors.InputError),
    "shell script": (lambda: b"#!/bin/sh\nrm -rf /\n", errors.InputError),
    "zip with a path": (_zip, errors.InputError),
    "png": (_png, errors.NotAudio),
    "svg": (
        lambda: b"<svg><script>alert(1)</script></svg>",
        errors.InputError,
    ),
    "elf": (lambda: b"\x7fELF\x02\x01\x01" + bytes(5000), errors.InputError),
    "hls playlist": (lambda: HLS, errors.ForbiddenFormat),
    "hls playlist behind an id3 tag": (lambda: _id3(bytes(64), 64) + HLS, errors.InputError),
    "concat playlist": (lambda: CONCAT, errors.ForbiddenFormat),
    "sdp": (lambda: SDP, errors.ForbiddenFormat),
    "dash": (lambda: DASH, errors.InputError),
    "m3u": (lambda: b"#EXTM3U\n/etc/passwd\n", errors.ForbiddenFormat),
    "video without sound": (_video_only, errors.NotAudio),
    "one sample": (lambda: signals.wav(_pcm()[:4]), errors.InputError),
    "no sample": (lambda: signals.wav(b""), errors.InputError),
    "half a second": (lambda: signals.wav(_pcm(0.5)), errors.TooShort),
    "just under a second": (lambda: signals.wav(_pcm()[: 4 * 44099]), errors.TooShort),
    "silence": (lambda: signals.wav(bytes(4 * 88200)), errors.Silent),
    "dithered silence": (
        lambda: signals.wav(np.random.default_rng(0).integers(-1, 2, 176400).astype("<i2").tobytes()),
        errors.Silent,
    ),
    "direct current": (lambda: signals.wav(np.full(176400, 9000, "<i2").tobytes()), errors.Silent),
    "NaN": (lambda: _float_wav(np.nan), errors.Undecodable),
    "infinity": (lambda: _float_wav(-np.inf), errors.Undecodable),
    "absurd float": (lambda: _float_wav(1e30), errors.Undecodable),
    "claims 4 GB": (lambda: signals.wav(_pcm(0.3), claimed=0xFFFFFFFF), errors.TooShort),
    "wav of no channels": (lambda: signals.wav(_pcm(), channels=0), errors.InputError),
    "wav of 200 channels": (lambda: signals.wav(_pcm(4), channels=200), errors.InputError),
    "wav of 0 Hz": (lambda: signals.wav(_pcm(), sr=0), errors.InputError),
    "wav of 10 Hz": (lambda: signals.wav(_pcm(), sr=10), errors.InputError),
    "wav of 4 GHz": (lambda: signals.wav(_pcm(), sr=0xFFFFFFF0), errors.InputError),
    "wav of 768 kHz": (lambda: signals.wav(_pcm(40), sr=768000), errors.TooBig),
    "wav of 0 bits": (lambda: signals.wav(_pcm(), bits=0), errors.InputError),
    "wav of an odd codec": (lambda: signals.wav(_pcm(), tag=0x0011), errors.InputError),
    "wav of an unknown codec": (lambda: signals.wav(_pcm(), tag=0x7777), errors.InputError),
    "flac claiming 10 hours": (lambda: _flac_claiming(10 * 3600 * 44100), errors.TooLong),
    "flac claiming 8 channels at 655 kHz": (lambda: _flac_claiming(0, sr=655350, channels=8), OK),
    "flac header only": (lambda: _flac()[:42], errors.InputError),
    "flac without its header": (lambda: _flac()[2000:], OK),
    "mp3 header only": (lambda: _mp3()[:500], errors.InputError),
    "mp3 behind junk": (lambda: np.random.default_rng(2).bytes(20_000) + _mp3(), OK),
    "mp3 with an endless id3 tag": (lambda: _id3(_mp3(), 0x0FFFFFFF), errors.InputError),
    "mp3 zeroed in the middle": (lambda: _mp3()[:20000] + bytes(20000) + _mp3()[40000:], OK),
    "m4a without moov": (lambda: _m4a().replace(b"moov", b"mooV"), errors.InputError),
    "m4a with a huge box": (lambda: b"\x7f\xff\xff\xff" + _m4a()[4:], OK),
    "m4a with a box in itself": (lambda: struct.pack(">I4s", 8, b"moov") * 5000, errors.InputError),
    "m4p": (lambda: _mp4_protected(b"drms"), errors.Protected),
    "common encryption": (lambda: _mp4_protected(b"enca"), errors.Protected),
    "audible": (lambda: _mp4_protected(b"aavd"), errors.Protected),
    "protected wma": (_asf_protected, errors.Protected),
    "ogg page alone": (lambda: b"OggS" + bytes(200), errors.InputError),
    "matroska header alone": (lambda: b"\x1aE\xdf\xa3" + bytes(500), errors.InputError),
    "aiff header alone": (lambda: b"FORM\x00\x01\x00\x00AIFFCOMM", errors.InputError),
    "zip and mp3 in one": (lambda: _zip() + _mp3(), OK),
    "html and mp3 in one": (lambda: b"<html><script>alert(1)</script>" * 40 + _mp3(), OK),
    "pdf and wav in one": (lambda: signals.wav(_pcm()) + b"%PDF-1.4", OK),
    "two files glued, of two rates": (
        lambda: (
            signals.encode(signals.music(), codec="libmp3lame", container="mp3", kbps=128)
            + signals.encode(signals.music(sr=22050), sr=22050, codec="libmp3lame", container="mp3", kbps=64)
        ),
        OK,
    ),
    "opus of 5 hours in a chain": (lambda: opus_chain(hours=5), errors.TooLong),
}
