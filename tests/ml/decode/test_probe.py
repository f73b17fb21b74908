"""What a file claims is read as it stands, whether or not it is true."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml.answer import Declared
from ml.decode import probe
from ml.encode import encode, packet_kbps
from ml.sandbox.inside import mpeg
from tests import signals

Write = Callable[[bytes], Path]


def _probe(write: Write, **settings: Any) -> Declared:
    return probe(write(signals.encode(signals.music(sr=settings.get("sr", signals.SR)), **settings)))


@pytest.mark.parametrize(
    ("codec", "container", "kbps", "expected"),
    [
        ("pcm_s16le", "wav", None, ("wav", "pcm_s16le", "CBR", 16)),
        ("pcm_s24le", "wav", None, ("wav", "pcm_s24le", "CBR", 24)),
        ("pcm_s16be", "aiff", None, ("aiff", "pcm_s16be", "CBR", 16)),
        ("flac", "flac", None, ("flac", "flac", "VBR", 16)),
        ("alac", "ipod", None, ("mp4", "alac", "VBR", 16)),
        ("libmp3lame", "mp3", 192, ("mp3", "mp3", "CBR", None)),
        ("aac", "adts", 128, ("adts", "aac", None, None)),
        ("ac3", "ac3", 192, ("ac3", "ac3", "CBR", None)),
        ("wmav2", "asf", 192, ("asf", "wmav2", None, None)),
        ("mp2", "mp2", 256, ("mp3", "mp2", "CBR", None)),
        ("libmp3lame", "matroska", 160, ("matroska", "mp3", None, None)),
    ],
)
def test_facts_of_each_format(
    codec: str, container: str, kbps: int | None, expected: tuple[Any, ...], write: Write
) -> None:
    said = _probe(write, codec=codec, container=container, kbps=kbps)
    assert (said.container, said.codec, said.bitrate_mode, said.bit_depth) == expected
    assert (said.sample_rate, said.channels) == (44100, 2)
    assert said.duration_s == pytest.approx(4.0, abs=0.15)
    if kbps:
        assert said.kbps == pytest.approx(kbps, rel=0.05)


def test_bits_of_24(write: Write) -> None:
    assert _probe(write, codec="flac", container="flac", bits=24).bit_depth == 24
    assert _probe(write, codec="alac", container="ipod", bits=24).bit_depth == 24
    assert _probe(write, codec="flac", container="matroska", bits=24).bit_depth == 24


@pytest.mark.parametrize(
    ("label", "mode", "kbps"), [("mp3-128", "CBR", 128), ("mp3-320", "CBR", 320), ("mp3-v0", "VBR", None)]
)
def test_mp3_says_its_mode(label: str, mode: str, kbps: int | None, write: Write) -> None:
    said = probe(write(encode(signals.music(), sr=signals.SR, label=label)))
    assert said.bitrate_mode == mode
    assert said.kbps is not None
    assert said.details["encoder_delay"] > 0
    if kbps:
        assert said.kbps == pytest.approx(kbps, rel=0.03)
    else:
        assert said.details["lowest_kbps"] < said.details["highest_kbps"]


def _padded(data: bytes, *, zeros: int) -> bytes:
    """An ADTS file whose every frame is so many zero bytes longer: what follows a frame's end is not read."""
    out, at = b"", 0
    while at < len(data):
        header = int.from_bytes(data[at : at + 7])
        length = header >> 13 & 0x1FFF
        longer = header + (zeros << 13)
        out += longer.to_bytes(7) + data[at + 7 : at + length] + bytes(zeros)
        at += length
    return out


def test_what_packets_are_filled_up_with_is_told(write: Write) -> None:
    plain = signals.encode(signals.music(), codec="aac", container="adts", kbps=128)
    padded = _padded(plain, zeros=300)
    assert "padding" not in probe(write(plain)).details
    assert probe(write(padded)).details["padding"] == pytest.approx(1 - len(plain) / len(padded), abs=0.02)
    assert packet_kbps(padded) == pytest.approx(packet_kbps(plain), rel=0.01)


def test_opus_and_vorbis(write: Write) -> None:
    opus = probe(write(encode(signals.music(), sr=signals.SR, label="opus-128")))
    assert (opus.container, opus.codec, opus.sample_rate) == ("ogg", "opus", 48000)
    vorbis = probe(write(encode(signals.music(), sr=signals.SR, label="vorbis-q5")))
    assert (vorbis.container, vorbis.codec) == ("ogg", "vorbis")
    assert vorbis.details["nominal_kbps"] == 160
    assert "Vorbis" in (vorbis.encoder or "")


def test_tags_are_one_printable_line(write: Write) -> None:
    tags = {"title": "A <script>\n\x1b[31mB", "artist": "Ä" * 999, "unheard_of": "x"}
    said = _probe(write, codec="flac", container="flac", metadata=tags)
    assert said.tags["title"] == "A <script>  [31mB"
    assert said.tags["artist"] == "Ä" * 300
    assert "unheard_of" not in said.tags


def test_the_name_decides_nothing(tmp_path: Path) -> None:
    data = signals.encode(signals.music(), codec="flac", container="flac")
    for name in ("a.mp3", "a.m3u8", "a", "concat:a.flac"):
        (tmp_path / name).write_bytes(data)
        assert probe(tmp_path / name).container == "flac"


def test_lame_tag_field_by_field(write: Write) -> None:
    """A frame of 128 kbps made by hand: V2, low-pass 18.6 kHz, delay 576, padding 1234."""
    header = b"\xff\xfb\x90\x00"
    lame = (
        b"LAME3.100" + bytes([4]) + bytes([186]) + bytes(8) + bytes(2) + (576 << 12 | 1234).to_bytes(3, "big")
    )
    lame += bytes(2) + (480).to_bytes(2, "big") + bytes(8)
    xing = b"Xing" + (15).to_bytes(4, "big") + (100).to_bytes(4, "big") + (50_000).to_bytes(4, "big")
    first = (header + bytes(32) + xing + bytes(100) + (78).to_bytes(4, "big") + lame).ljust(417, b"\0")
    frames = (header + bytes(413)) * 100
    path = write(first + frames)
    with path.open("rb", buffering=0) as file:
        said = mpeg.claims(file)
    assert said["encoder"] == "LAME3.100"
    assert said["bitrate_mode"] == "VBR"
    assert said["kbps"] == pytest.approx(50_000 * 8 * 44100 / (100 * 1152 * 1000))
    assert said["details"]["lowpass_hz"] == 18600
    assert said["details"]["preset"] == "V2"
    assert (said["details"]["encoder_delay"], said["details"]["encoder_padding"]) == (576, 1234)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("fffb9000", (True, 3, 128, 44100, 417)),
        ("fffbe200", (True, 3, 320, 44100, 1045)),
        ("fff38000", (False, 3, 64, 22050, 208)),
        ("fffdc400", (True, 2, 256, 48000, 768)),
    ],
)
def test_frame_headers(word: str, expected: tuple[Any, ...]) -> None:
    header = mpeg.parse(bytes.fromhex(word))
    assert header is not None
    assert (header.mpeg1, header.layer, header.kbps, header.rate, header.size) == expected


@pytest.mark.parametrize("word", ["fffbf000", "fffb0000", "fffb9c00", "ffeb9000", "00000000", "ff"])
def test_no_frame_header(word: str) -> None:
    assert mpeg.parse(bytes.fromhex(word)) is None
