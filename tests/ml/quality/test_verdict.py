"""Claims are held against the measurement, never mixed with it."""

from dataclasses import replace

import numpy as np
import pytest

from ml.answer import Declared
from ml.decode import Levels
from ml.features.quality import Measurement
from ml.forensics.channels import CHANNELS
from ml.forensics.grid import CODERS, Grid
from ml.quality.classes import CLASSES, FAMILIES, KBPS, family, neighbours
from ml.quality.evidence import evidence
from ml.quality.presence import LOSSY
from ml.quality.verdict import Thresholds, agreeing_classes, decide

LEVELS = Levels(
    peak=0.9, rms=0.1, clipped_share=0.0, silent_share=0.0, effective_bits=16, dual_mono=False, dc=0.0
)
FLAC = Declared(container="flac", codec="flac", bit_depth=16, sample_rate=44100)
MP3_320 = Declared(container="mp3", codec="mp3", kbps=320, bitrate_mode="CBR", sample_rate=44100)


def test_padding_is_no_part_of_a_claim():
    padded = Declared(container="adts", codec="aac", kbps=320, bitrate_mode="CBR", details={"padding": 0.4})
    assert "aac-192" in agreeing_classes(padded)
    assert "aac-128" not in agreeing_classes(padded)
    assert "aac-192" not in agreeing_classes(replace(padded, details={}))


def grid(coder, height):
    empty = np.zeros((len(CHANNELS), 7), dtype=np.float32)
    return Grid(coder, 44100, 289, height, height, "S", 5, empty, empty)


def measured(*, cutoff_hz=None, **heights):
    grids = {coder: grid(coder, heights.get(coder.replace("-", "_"), 2.5)) for coder in CODERS}
    return Measurement({"shelf.drop": 30.0}, grids, cutoff_hz)


def sure(label, p=0.99):
    rest = (1 - p) / (len(CLASSES) - 1)
    return {c: p if c == label else rest for c in CLASSES}


def heard(found):
    """Every coder whose grid is clear was met."""
    return {
        name: 0.95 if any(g.height >= 6 for c, g in found.grids.items() if family(c) == name) else 0.05
        for name in LOSSY
    }


def answer(probabilities, declared, found=None, *, present=None, levels=LEVELS, sr=44100, duration_s=180.0):
    found = found or measured()
    return decide(
        probabilities,
        present=present or heard(found),
        measured=found,
        declared=declared,
        levels=levels,
        sr=sr,
        duration_s=duration_s,
        thresholds=Thresholds(accuse=0.9, accuse_lossy=0.95, acquit=0.7),
        evidence=evidence(found, levels=levels, sr=sr, bit_depth=declared.bit_depth),
    )


def test_lossless_in_flac_is_genuine_without_history():
    said = answer(sure("lossless"), FLAC)
    assert (said.verdict, said.label, said.history) == ("genuine", "lossless", ())


def test_mp3_in_flac_is_a_transcode_and_says_so():
    said = answer(sure("mp3-128"), FLAC, measured(mp3=21.0))
    assert (said.verdict, said.family) == ("transcode", "mp3")
    assert "MP3 of about 128 kbps before it became FLAC" in said.sentence
    assert [(g.label, g.offset, g.channel) for g in said.history] == [("mp3-128", 289, "S")]
    assert any("offset 289, 21 sigma" in fact.says for fact in said.evidence)


@pytest.mark.parametrize(
    ("label", "verdict"), [("mp3-320", "genuine"), ("mp3-128", "transcode"), ("aac-128", "transcode")]
)
def test_a_320_is_held_against_its_claim(label, verdict):
    assert answer(sure(label), MP3_320).verdict == verdict


def test_a_faint_own_coding_is_no_accusation():
    said = answer(sure("lossless"), MP3_320)
    assert said.verdict == "genuine"
    assert [g.label for g in said.history] == ["mp3-320"]


def test_history_of_a_dressed_up_file_ends_with_its_own_coding():
    said = answer(sure("mp3-128"), MP3_320, measured(mp3=40.0))
    assert [g.label for g in said.history] == ["mp3-128", "mp3-320"]
    said = answer(sure("aac-128"), MP3_320, measured(mp3=40.0, aac_kbd=12.0))
    assert [g.label for g in said.history] == ["aac-128", "mp3-320"]


def test_a_coder_that_shows_twice_is_told_twice():
    found = measured(mp3=40.0)
    found.grids["mp3"] = replace(found.grids["mp3"], twice=12.0)
    said = answer(sure("mp3-192"), FLAC, found)
    assert [(g.label, g.sigma) for g in said.history] == [("mp3-192", 12.0), ("mp3", 40.0)]
    said = answer(sure("mp3-128"), MP3_320, found)
    assert [g.label for g in said.history] == ["mp3-128", "mp3-320"]  # the second is the file's own
    facts = {one.name: one for one in evidence(found, levels=LEVELS, sr=44100, bit_depth=16)}
    assert facts["grid.mp3.twice"].value == 12.0
    assert "grid.mp3.twice" not in {
        one.name for one in evidence(measured(mp3=40.0), levels=LEVELS, sr=44100, bit_depth=16)
    }


@pytest.mark.parametrize(("blurred", "labels"), [(12.0, ["mp3", "vorbis-q8"]), (2.0, ["vorbis-q8"])])
def test_mp3_under_another_coder_is_told_by_its_grid(blurred, labels):
    found = measured(vorbis=40.0)
    found.grids["mp3"] = replace(found.grids["mp3"], blurred=blurred)
    unlikely = dict.fromkeys(LOSSY, 0.02) | {"vorbis": 0.99}
    said = answer(sure("vorbis-q8"), FLAC, found, present=unlikely)
    assert [g.label for g in said.history] == labels


def test_a_coding_is_told_when_it_was_probably_met_whatever_its_grid():
    grids = measured(mp3=40.0, wma=9.0, opus=4.0)
    met = dict.fromkeys(LOSSY, 0.02) | {"mp3": 0.99, "opus": 0.8}
    said = answer(sure("mp3-128"), FLAC, grids, present=met)
    told = {g.family: (g.confidence, g.sigma) for g in said.history}
    assert told["opus"] == (0.8, None)
    assert told["mp3"][1] == 40.0
    assert set(told) == {"mp3", "opus"}


def test_doubt_is_said_and_explained():
    split = sure("lossless", 0.55) | {"mp3-320": 0.45}
    said = answer(split, FLAC)
    assert said.verdict == "undecided"
    assert "lossless (55 %)" in said.sentence
    mono = answer(
        split,
        FLAC,
        levels=Levels(
            peak=0.9, rms=0.1, clipped_share=0, silent_share=0, effective_bits=16, dual_mono=True, dc=0
        ),
    )
    assert "same" in mono.sentence
    assert "short" in answer(split, FLAC, duration_s=1.5).sentence
    assert answer(sure("lossless"), FLAC, duration_s=1.5).verdict == "undecided"
    assert answer(sure("mp3-128"), FLAC, duration_s=1.5).verdict == "transcode"


def test_a_slow_sampling_rate_is_not_judged():
    assert answer(sure("mp3-128"), FLAC, sr=22050).verdict == "undecided"
    assert "22.05 kHz" in answer(sure("mp3-128"), FLAC, sr=22050).sentence


def test_a_coder_we_have_not_learnt_is_not_judged():
    assert answer(sure("lossless"), Declared(codec="atrac3")).verdict == "undecided"


def test_a_wall_at_another_rates_end_is_upsampling():
    hires = Declared(codec="flac", bit_depth=24, sample_rate=96000)
    assert answer(sure("lossless"), hires, measured(cutoff_hz=22000.0), sr=96000).verdict == "upsampled"
    assert answer(sure("lossless"), hires, sr=96000).verdict == "genuine"
    assert answer(sure("lossless"), hires, measured(cutoff_hz=11000.0), sr=96000).verdict == "genuine"


@pytest.mark.parametrize("label", CLASSES)
def test_every_class_in_every_kind_of_file_gets_a_sentence(label):
    for declared in (FLAC, MP3_320, Declared(), Declared(codec="pcm_s16le")):
        for p in (0.99, 0.5):
            said = answer(sure(label, p), declared)
            assert said.sentence.endswith(".")
            assert 0 <= said.confidence <= 1
            assert said.label in CLASSES


@pytest.mark.parametrize(
    ("coder", "lattice", "verdict"),
    [
        ("vorbis", 6.0, "transcode"),
        ("opus", 5.0, "transcode"),
        ("vorbis", 4.2, "genuine"),
        ("aac-sine", 14.0, "genuine"),
    ],
)
def test_a_lattice_that_music_never_shows_decides(coder, lattice, verdict):
    found = measured()
    found.grids[coder] = replace(found.grids["aac-kbd"], coder=coder, lattice=lattice)
    probabilities = dict.fromkeys(CLASSES, 0.0) | {"lossless": 0.8, "vorbis-q8": 0.2}
    assert answer(probabilities, FLAC, found).verdict == verdict


def test_classes_are_one_ladder_for_each_family():
    assert {family(c) for c in CLASSES} == set(FAMILIES)
    assert set(KBPS) == set(CLASSES)
    for c in CLASSES:
        assert c in neighbours(c)
        assert all(c in neighbours(other) for other in neighbours(c))


@pytest.mark.parametrize(
    ("heights", "verdict"),
    [
        ({"combed": 12.0}, "transcode"),
        ({"patient": 5.0}, "transcode"),
        ({"combed": 7.0, "patient": 3.0}, "genuine"),
        ({"combed": float("nan")}, "genuine"),
    ],
)
def test_a_grid_beyond_doubt_decides(heights, verdict):
    """Whatever the probability says: too few rows taught it what the last tests mean."""
    found = measured()
    found.grids["aac-kbd"] = replace(found.grids["aac-kbd"], **heights)
    probabilities = dict.fromkeys(CLASSES, 0.0) | {"lossless": 0.8, "aac-256": 0.15, "opus-192": 0.05}
    said = answer(probabilities, FLAC, found)
    assert said.verdict == verdict
    assert said.label == ("aac-256" if verdict == "transcode" else "lossless")
    if verdict == "transcode":
        assert said.confidence == pytest.approx(0.995)
        assert sum(said.probabilities.values()) == pytest.approx(1.0)
