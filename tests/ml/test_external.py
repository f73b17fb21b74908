"""Encoders that are programs of their own: how they are run, and what the real ones make where they are."""

import io
from pathlib import Path

import av
import numpy as np
import pytest

from ml.encode import (
    CODERS,
    TOOLS,
    decode,
    encode,
    is_there,
    needs_two_channels,
    tool_of,
    tool_variants,
    tools_for,
    variants,
)
from ml.errors import EncoderFailed, EncoderMissing
from ml.quality.classes import KBPS, family
from ml.units import Samples
from tests.ml.test_encode import CODEC_NAMES, SR, music

NOT_EXACT = ("v0", "v2", "q3", "q5", "q8")
"""Steered by quality, not by bitrate."""
PAIRS = [(tool, label) for tool in TOOLS for label in TOOLS[tool].ways]


@pytest.fixture(scope="module")
def y() -> Samples:
    return music(seconds=3.0)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the only place where programs are looked for."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("LINEAGE_ENCODERS", str(folder))
    monkeypatch.setattr("ml.encode.external.shutil.which", _only_in(folder))
    return folder


def _only_in(folder: Path):
    def which(program: str, path: str | None = None) -> str | None:
        return str(folder / program) if (folder / program).is_file() else None

    return which


def _pretend(folder: Path, program: str, script: str) -> None:
    (folder / program).write_text(f"#!/bin/sh\n{script}\n")
    (folder / program).chmod(0o755)


def test_a_variant_says_whose_encoder_it_is():
    own = {variant for label in CODERS for variant in variants(label)}
    others = {variant for tool, label in PAIRS for variant in tool_variants(tool, label)}
    assert {tool_of(variant) for variant in own} == {"pyav"}
    assert {tool_of(variant) for variant in others} == set(TOOLS)
    assert not any(set("|+") & set(variant) for variant in own | others), "reports join names by these"


def test_every_tool_makes_known_classes_and_has_a_default():
    for tool, label in PAIRS:
        assert label in CODERS
        assert tool_variants(tool, label)[0] == f"{tool}:default"
        assert family(label) in TOOLS[tool].suffix
    assert all(tools_for(label) for label in CODERS)


def test_a_program_reads_the_sound_and_its_file_is_the_answer(programs: Path, y: Samples, tmp_path: Path):
    (tmp_path / "made.mp3").write_bytes(encode(y, sr=SR, label="mp3-192"))
    _pretend(programs, "lame", f'echo "$@" > {tmp_path}/words; cp {tmp_path}/made.mp3 "$8"')
    data = encode(y, sr=SR, label="mp3-192", variant="lame:q2")
    assert data == (tmp_path / "made.mp3").read_bytes()
    words = (tmp_path / "words").read_text().split()
    assert words[:6] == ["--quiet", "--cbr", "-b", "192", "-q", "2"]
    assert words[6].endswith("in.wav")
    assert words[7].endswith("out.mp3")


def test_a_program_that_is_not_there_is_named_with_the_script(programs: Path, y: Samples):
    assert not is_there("lame")
    with pytest.raises(EncoderMissing) as caught:
        encode(y, sr=SR, label="mp3-192", variant="lame:default")
    assert caught.value.facts == {"tool": "lame", "script": "scripts/encoders.py"}


def test_another_version_of_ffmpeg_is_not_taken_for_the_one_that_is_named(programs: Path):
    _pretend(programs, "ffmpeg", "echo ffmpeg version 6.1.1-3 Copyright")
    _pretend(programs, "ffmpeg-9.0", "echo ffmpeg version n9.0.2-17-g2a571b6068 Copyright")
    assert not is_there("ffmpeg-5.1")
    assert not is_there("shine")
    assert is_there("ffmpeg-9.0")


@pytest.mark.parametrize(
    ("script", "reason"), [("echo no such rate >&2; exit 3", "no such rate"), ("exit 0", "it wrote nothing")]
)
def test_a_program_that_fails_says_why(script: str, reason: str, programs: Path, y: Samples):
    _pretend(programs, "lame", script)
    with pytest.raises(EncoderFailed) as caught:
        encode(y, sr=SR, label="mp3-192", variant="lame:default")
    assert caught.value.facts == {"tool": "lame", "reason": reason}


def test_mp2_is_decoded_in_float_as_the_product_does(y: Samples):
    z, _ = decode(encode(y, sr=SR, label="mp2-256"))
    assert not np.array_equal(z * 32768, np.rint(z * 32768))


@pytest.mark.encoders
@pytest.mark.parametrize(("tool", "label"), PAIRS)
def test_a_real_encoder_gives_the_codec_and_bitrate_of_its_class(tool: str, label: str, y: Samples):
    if not is_there(tool):
        pytest.skip(f"NO ENCODER {tool}: python3 scripts/encoders.py fetches it")
    data = encode(y, sr=SR, label=label, variant=f"{tool}:default")
    codec, bits = _read(data)
    assert codec in CODEC_NAMES[family(label)]
    kbps = bits / 3.0 / 1000
    assert kbps == pytest.approx(KBPS[label], rel=0.25 if label.endswith(NOT_EXACT) else 0.13)
    z, sr = decode(data)
    assert z.shape[0] == 2
    assert z.shape[1] / sr == pytest.approx(3.0, abs=0.05)


@pytest.mark.encoders
@pytest.mark.parametrize(("tool", "label"), PAIRS)
def test_a_real_encoder_takes_one_channel_where_its_class_does(tool: str, label: str):
    if not is_there(tool):
        pytest.skip(f"NO ENCODER {tool}: python3 scripts/encoders.py fetches it")
    if needs_two_channels(label, f"{tool}:default"):
        return
    mono = music(seconds=1.0, channels=1)
    data = encode(mono, sr=48000, label=label, variant=f"{tool}:default")
    assert decode(data)[0].shape[0] == 1
    if not label.endswith(NOT_EXACT):
        assert _read(data)[1] / (SR / 48000) / 1000 > 0.6 * KBPS[label]


def _read(data: bytes) -> tuple[str, int]:
    """Codec, and bits of all packets without what the container adds."""
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.audio[0]
        return stream.codec_context.name, 8 * sum(packet.size for packet in container.demux(stream))
