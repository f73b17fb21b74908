"""The same sound gets the same answer, whatever file it lies in.

What may differ is what the file says of itself (``declared``), its type's name in the sentence, and whether its
bits are all used. Everything measured is equal to the last bit.
"""

import io
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
import pytest
from mutagen import id3

from ml import artifact
from ml.analysis import Analysis, analyse
from ml.answer import Quality
from ml.encode import decode
from ml.encode import encode as lossy
from ml.spectrogram.accumulate import Spectrogram
from ml.spectrogram.pictures import Pictures
from ml.units import Samples
from ml.words import codec_words
from tests import signals

SECONDS = 3.2
TAGS = {"title": "FLAC" * 500, "artist": "mp3 320", "encoder": "LAME3.100", "comment": "lossy, 128 kbps"}
FLAC = {"codec": "flac", "container": "flac"}
FILES: dict[str, dict[str, Any]] = {
    "flac-0.flac": FLAC | {"options": {"compression_level": "0"}},
    "renamed.mp3": FLAC | {"options": {"compression_level": "5"}},
    "flac-8-tagged.flac": FLAC | {"options": {"compression_level": "8"}, "metadata": TAGS},
    "a.aiff": {"codec": "pcm_s16be", "container": "aiff", "metadata": {"title": "another"}},
    "alac.m4a": {"codec": "alac", "container": "ipod"},
}
DEEP: dict[str, dict[str, Any]] = {
    "deep.flac": FLAC | {"bits": 24},
    "deep.m4a": {"codec": "alac", "container": "ipod", "bits": 24, "metadata": TAGS},
}


@dataclass(frozen=True, kw_only=True)
class Drawn(Analysis):
    """All that is said and shown."""

    spectrogram: Spectrogram


Judge = Callable[[str, bytes], Drawn]


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    models = {"quality": artifact.load_shipped("quality")}
    folder = tmp_path_factory.mktemp("sameness")

    def answer(name: str, data: bytes) -> Drawn:
        (folder / name).write_bytes(data)
        pictures: list[Pictures] = []
        found = analyse(folder / name, models=models, on_drawn=pictures.append)
        return Drawn(
            **{field.name: getattr(found, field.name) for field in fields(found)},
            spectrogram=pictures[0].spectrogram,
        )

    return answer


@pytest.fixture(scope="module")
def genuine() -> Samples:
    return signals.quantised(signals.music(seconds=SECONDS), bits=16)


@pytest.fixture(scope="module")
def transcoded(genuine: Samples) -> Samples:
    return decode(lossy(genuine, sr=signals.SR, label="mp3-128"), depth="16")[0]


@pytest.fixture(scope="module")
def plain(judge: Judge, transcoded: Samples) -> Drawn:
    return judge("plain.wav", signals.encode(transcoded))


@pytest.mark.parametrize("name", FILES)
def test_a_transcode_reads_the_same_in_every_lossless_file(
    name: str, judge: Judge, plain: Drawn, transcoded: Samples
) -> None:
    assert said(plain).verdict == "transcode"
    assert_same(judge(name, signals.encode(transcoded, **FILES[name])), plain)


def test_so_does_a_genuine_recording(judge: Judge, genuine: Samples) -> None:
    wav = judge("a.wav", signals.encode(genuine, metadata=TAGS))
    assert said(wav).verdict == "genuine"
    assert_same(judge("a.m4a", signals.encode(genuine, **FILES["alac.m4a"])), wav)


def test_so_do_24_bits(judge: Judge, genuine: Samples) -> None:
    deep = decode(lossy(genuine, sr=signals.SR, label="aac-128"), depth="24")[0]
    wav = judge("deep.wav", signals.encode(deep, codec="pcm_s24le"))
    assert said(wav).family == "aac"
    for name, how in DEEP.items():
        assert_same(judge(name, signals.encode(deep, **how)), wav)


def test_padding_to_24_bits_is_said_and_changes_nothing_else(
    judge: Judge, plain: Drawn, transcoded: Samples
) -> None:
    padded = judge("padded.wav", signals.encode(transcoded, codec="pcm_s24le"))
    more = [fact for fact in said(padded).evidence if fact not in said(plain).evidence]
    assert [fact.says for fact in more] == ["The file has room for 24 bits a sample, but only 16 are used."]
    rest = tuple(fact for fact in said(padded).evidence if fact not in more)
    assert_same(replace(padded, quality=replace(said(padded), evidence=rest)), plain)


def test_tags_of_an_mp3_are_claims_and_nothing_else(judge: Judge, genuine: Samples) -> None:
    mp3 = lossy(genuine, sr=signals.SR, label="mp3-128")
    bare = mp3[mp3.index(b"\xff\xfb") :]
    before = judge("bare.mp3", bare)
    assert_same(judge("id3.mp3", _with_id3(bare)), before)
    other = judge("info.mp3", _with_encoder(bare, b"LAME3.100", lowpass_hz=19500))
    assert_same(other, before)
    assert (other.declared.encoder, other.declared.details["lowpass_hz"]) == ("LAME3.100", 19500)


def test_without_its_info_tag_an_mp3_begins_earlier_and_says_the_same(judge: Judge, genuine: Samples) -> None:
    """The tag's delay cuts the start: without it every sample is elsewhere, so only the answer can be equal."""
    mp3 = lossy(genuine, sr=signals.SR, label="mp3-128")
    whole, without = judge("whole.mp3", mp3), judge("without.mp3", mp3[mp3.index(b"\xff\xfb", 300) :])
    assert without.spectrogram.duration_s > whole.spectrogram.duration_s
    assert (said(without).verdict, said(without).label) == (said(whole).verdict, said(whole).label)


def said(analysis: Analysis) -> Quality:
    assert analysis.quality is not None
    return analysis.quality


def assert_same(one: Drawn, other: Drawn) -> None:
    """All but the claims and the file type's name in the sentence."""
    assert one.features == other.features
    assert one.feature_version == other.feature_version
    assert _without_type(one) == _without_type(other)
    assert np.array_equal(one.spectrogram.levels, other.spectrogram.levels)
    assert one.spectrogram.duration_s == other.spectrogram.duration_s


def _without_type(analysis: Analysis) -> dict[str, Any]:
    file = codec_words(analysis.declared.codec, container=analysis.declared.container)
    assert file in said(analysis).sentence
    return asdict(said(analysis)) | {"sentence": said(analysis).sentence.replace(file, "FILE")}


def _with_id3(mp3: bytes) -> bytes:
    """ID3v2 in front, ID3v1 behind."""
    file = io.BytesIO(mp3)
    tags = id3.ID3()
    tags.add(id3.TIT2(encoding=3, text="another title" * 300))
    tags.save(file, v1=2)
    return file.getvalue()


def _with_encoder(mp3: bytes, encoder: bytes, *, lowpass_hz: int) -> bytes:
    """http://gabriel.mp3-tech.org/mp3infotag.html: nine bytes of name, one of method, one of low-pass / 100."""
    at = mp3.index(b"Lavf")
    return mp3[:at] + encoder + mp3[at + 9 : at + 10] + bytes([lowpass_hz // 100]) + mp3[at + 11 :]
