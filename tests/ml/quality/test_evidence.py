"""What is said about the end of the treble and the bits: reasons, never accusations."""

import numpy as np
import pytest

from ml.answer import Evidence
from ml.decode import Levels
from ml.features.quality import Measurement
from ml.forensics.channels import CHANNELS
from ml.forensics.edits import Edit
from ml.forensics.grid import Grid
from ml.forensics.lowpass import Kind, Lowpass
from ml.forensics.replica import Replica
from ml.quality.evidence import evidence
from ml.units import Decibels, Hz, Seconds
from ml.words import LOWPASS, lowpass_words

NOTHING = np.zeros((len(CHANNELS), 7), dtype=np.float32)


def facts(
    found: Lowpass | None,
    *,
    coded: bool = False,
    cutoff_hz: float | None = 16000.0,
    bits: int = 16,
    edits: tuple[Edit, ...] = (),
    replica: Replica | None = None,
) -> dict[str, Evidence]:
    height = 30.0 if coded else 3.0
    grid = Grid("mp3", 44100, 289, height, height, "S", 5, NOTHING, NOTHING)
    cutoff = None if cutoff_hz is None else Hz(cutoff_hz)
    measured = Measurement({"shelf.drop": 30.0}, {"mp3": grid}, cutoff, found, edits=edits, replica=replica)
    levels = Levels(0.9, 0.1, 0.0, 0.0, effective_bits=16, dual_mono=False, dc=0.0)
    return {fact.name: fact for fact in evidence(measured, levels=levels, sr=44100, bit_depth=bits)}


def end(kind: Kind, *, hz: float = 16000.0, rate: int | None = None) -> Lowpass:
    return Lowpass(kind, Hz(hz), Decibels(30.0), rate)


def test_a_broadcast_is_named_whether_it_was_coded_or_not() -> None:
    for coded in (False, True):
        fact = facts(end("fm", hz=19000), coded=coded)["lowpass.fm"]
        assert "FM radio" in fact.says
        assert (fact.value, fact.unit) == (19000, "Hz")


def test_behind_a_coders_grid_the_wall_is_the_coders() -> None:
    assert "as steep as a coder’s" in facts(end("wall"))["lowpass.wall"].says
    assert "lowpass.wall" not in facts(end("wall"), coded=True)
    assert "lowpass.resampler" not in facts(end("resampler", rate=32000), coded=True)
    assert "44.1 kHz" in facts(end("resampler", hz=22000, rate=44100), coded=True)["lowpass.resampler"].says


def test_an_edge_at_20_khz_is_many_a_converters() -> None:
    assert "converters" in facts(end("wall", hz=20400))["lowpass.wall"].says


def test_a_fading_end_is_said_instead_of_a_cutoff() -> None:
    said = facts(end("slope"), cutoff_hz=None)
    assert "natural end" in said["lowpass.slope"].says
    assert "cutoff" not in said


def test_without_a_reason_the_end_alone_is_said() -> None:
    assert "ends at 16.0 kHz" in facts(None)["cutoff"].says
    assert "without a step" in facts(None, cutoff_hz=None)["cutoff"].says


def test_empty_bits_are_said() -> None:
    assert "24 bits a sample, but only 16" in facts(None, bits=24)["effective_bits"].says
    assert "effective_bits" not in facts(None, bits=16)


def test_edits_are_said_with_their_moments() -> None:
    edits = tuple(Edit("mp3", Seconds(60.0 * n + 7), 289, 101, Seconds(3.0 * n)) for n in range(2))
    said = facts(None, coded=True, edits=edits)
    assert said["edit.1"].says.startswith("At 0:07 the MP3 frame grid jumps from offset 289 to 101")
    assert said["edit.2"].says.startswith("Between 1:04 and 1:10 the MP3 frame grid jumps")
    assert (said["edit.2"].value, said["edit.2"].unit) == (67, "s")


def test_a_copied_treble_is_said() -> None:
    fact = facts(None, replica=Replica(Hz(8268.75), 14, 0.7))["replica"]
    assert "Above 8.3 kHz the sound is a copy of the band below, shifted up by 14 subbands" in fact.says
    assert (fact.value, fact.unit) == (8269, "Hz")


@pytest.mark.parametrize(
    ("coder", "values", "name", "says"),
    [
        ("mp3", {"mp3.rounding.kbps_clear": 188.0, "mp3.rounding.fits": 0.9}, "lattice", "about 188 kbps"),
        (
            "aac-sine",
            {"aac.rounding.spared_clear": 131.0, "aac.rounding.fits": 0.5},
            "lattice",
            "about 131 kbps",
        ),
        (
            "aac-kbd",
            {"aac.rounding.filled": 0.12},
            "filled",
            "12 % of the bands hold noise of the decoder’s own",
        ),
        ("vorbis", {"vorbis.floor.kbps_p50": 70.2}, "floors", "about 70 kbps a channel"),
        (
            "opus",
            {"opus.pulses.copied_12000": 1.0, "opus.pulses.copied_15600": 1.0},
            "copies",
            "From 12 kHz on",
        ),
        (
            "opus",
            {"opus.pulses.copied_12000": 0.1, "opus.pulses.copied_15600": 0.9},
            "copies",
            "From 15.6 kHz on",
        ),
    ],
)
def test_what_a_coder_could_spend_is_said(coder: str, values: dict[str, float], name: str, says: str) -> None:
    assert says in spent(coder, values)[name].says
    assert name not in spent(coder, dict.fromkeys(values, float("nan")))


def spent(coder: str, values: dict[str, float]) -> dict[str, Evidence]:
    grid = Grid(coder, 44100, 289, 30.0, 30.0, "L", 5, NOTHING, NOTHING, lattice=40.0, exact=True)
    measured = Measurement({"shelf.drop": 30.0, **values}, {coder: grid}, None)
    levels = Levels(0.9, 0.1, 0.0, 0.0, effective_bits=16, dual_mono=False, dc=0.0)
    return {fact.name: fact for fact in evidence(measured, levels=levels, sr=44100, bit_depth=16)}


@pytest.mark.parametrize("kind", sorted(LOWPASS))
def test_every_reason_has_its_sentence(kind: str) -> None:
    says = lowpass_words(kind, hz=15900, drop=40, rate=32000)
    assert says.endswith(".")
    assert "{" not in says
