"""The door recognises files by their bytes, and names stay names."""

import string
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.submissions import names, sniff
from ml.errors import EmptyFile, ForbiddenFormat, InputError, NotAudio
from tests.app.fakes import png, wav

AUDIO = {
    "mp3 with a tag": b"ID3\x04\x00" + bytes(100),
    "bare mp3": b"\xff\xfb\x90\x64" + bytes(400),
    "adts": b"\xff\xf1\x50\x80" + bytes(100),
    "flac": b"fLaC\x00\x00\x00\x22",
    "wav": wav(),
    "rf64": b"RF64\xff\xff\xff\xffWAVE",
    "aiff": b"FORM\x00\x00\x10\x00AIFF",
    "aifc": b"FORM\x00\x00\x10\x00AIFC",
    "ogg": b"OggS\x00\x02",
    "m4a": b"\x00\x00\x00\x20ftypM4A ",
    "unknown": b"\x00\x01\x02\x03\x80\x81" * 20,
}
OTHERS = {
    "text": b"Dear Sir,\n\nplease find attached",
    "text, cut within a character": ("ü" * 10).encode()[:-1],
    "html": b"<!doctype html><script>alert(1)</script>",
    "svg": b"<?xml version='1.0'?><svg onload='alert(1)'/>",
    "gif": b"GIF89a\x01\x00\x01\x00",
    "bmp": b"BM\x36\x00\x00\x00\x00\x00\x00\x00",
    "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3",
    "zip": b"PK\x03\x04\x14\x00",
    "gzip": b"\x1f\x8b\x08\x00",
    "elf": b"\x7fELF\x02\x01\x01",
    "midi": b"MThd\x00\x00\x00\x06",
    "sqlite": b"SQLite format 3\x00",
    "tar": b"a.txt" + bytes(252) + b"ustar\x0000",
}


@pytest.mark.parametrize("head", AUDIO.values(), ids=AUDIO)
def test_audio_passes(head: bytes) -> None:
    assert sniff.kind(head) == "audio"


@pytest.mark.parametrize(
    "head",
    [png(), b"\xff\xd8\xff\xe0\x00\x10JFIF", b"RIFF\x00\x00\x10\x00WEBPVP8 "],
    ids=["png", "jpeg", "webp"],
)
def test_pictures_are_told_from_audio(head: bytes) -> None:
    assert sniff.kind(head) == "picture"


@pytest.mark.parametrize("head", OTHERS.values(), ids=OTHERS)
def test_what_is_plainly_not_audio_is_refused(head: bytes) -> None:
    with pytest.raises(NotAudio):
        sniff.kind(head)


@pytest.mark.parametrize("head", [b"#EXTM3U\n", b"ffconcat version 1.0\n", b"\n[playlist]\n"])
def test_playlists_are_refused(head: bytes) -> None:
    with pytest.raises(ForbiddenFormat):
        sniff.kind(head)


def test_nothing_is_refused() -> None:
    with pytest.raises(EmptyFile):
        sniff.kind(b"")


@given(st.binary(max_size=600))
def test_any_bytes_get_an_answer(head: bytes) -> None:
    with suppress(EmptyFile, NotAudio, ForbiddenFormat):
        assert sniff.kind(head) in ("audio", "picture")


@given(st.text(min_size=1, max_size=300))
def test_text_never_passes_as_audio_unless_it_looks_like_one(said: str) -> None:
    head = said.encode("utf-8", "replace")[: sniff.HEAD_BYTES]
    magic = (b"ID3", b"fLaC", b"OggS", b"RIFF", b"RF64", b"FORM")
    if said.isprintable() and not head.startswith(magic) and head[4:8] != b"ftyp":
        with pytest.raises(InputError):
            sniff.kind(head)


@settings(max_examples=500)
@given(st.text(max_size=400) | st.text(alphabet="./\\.:\0 \u202e" + string.ascii_letters, max_size=60))
def test_strange_names_become_one_printable_line(name: str) -> None:
    clean = names.clean(name)
    assert 1 <= len(clean) <= names.MAX_LENGTH
    assert "/" not in clean
    assert "\\" not in clean
    assert clean not in (".", "..")
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") for c in clean)
    assert names.clean(clean) == clean


def test_a_long_name_keeps_its_extension() -> None:
    clean = names.clean("a" * 300 + ".flac")
    assert clean.endswith("….flac")
    assert len(clean) == names.MAX_LENGTH
