"""What is measured beside the 57 numbers: librosa's where librosa has it, else known sounds give known numbers."""

import librosa
import numpy as np
import pytest

from ml.features import contrast, deltas, modulation, music, pulse, rhythm, tonality
from ml.features.frames import SR, Frames, mono
from tests import signals
from tests.signals import noise, silence, tone

C4 = 440.0 * 2 ** (-9 / 12)


@pytest.fixture(scope="module")
def frames():
    return Frames(mono(signals.music(sr=44100, seconds=6.0), sr=44100), sr=SR)


@pytest.mark.parametrize("family", [*music.FAMILIES, music])
@pytest.mark.parametrize(
    "y",
    [
        signals.music(sr=SR, seconds=3.0),
        silence(sr=SR, seconds=1.0),
        noise(sr=SR, seconds=1.0),
        np.ones((1, SR), np.float32),
    ],
)
def test_every_name_gets_a_finite_number(family, y):
    measured = family.measure(y, sr=SR)
    assert tuple(measured) == family.spec().names
    assert np.isfinite(list(measured.values())).all()


def test_no_two_families_share_a_name():
    names = [name for family in music.FAMILIES for name in family.spec().names]
    assert tuple(names) == music.spec().names
    assert len(names) == len(set(names))


def test_what_librosa_has_too(frames):
    magnitude = frames.magnitude.T
    for order in (1, 2):
        same(
            deltas.deltas(frames, order=order), librosa.feature.delta(frames.cepstra, order=order), atol=1e-4
        )
    same(contrast.contrast(frames), librosa.feature.spectral_contrast(S=magnitude, sr=SR), atol=1e-3)
    same(tonality.tonnetz(frames.chroma), librosa.feature.tonnetz(chroma=frames.chroma.T), atol=1e-6)
    onsets = rhythm.onset_strength(frames)
    same(onsets, librosa.onset.onset_strength(y=frames.y, sr=SR, aggregate=np.median), atol=1e-4)
    tempogram = librosa.feature.tempogram(onset_envelope=onsets, sr=SR, win_length=rhythm.WINDOW)
    same(rhythm.periodicity(onsets), tempogram.mean(axis=1), atol=1e-6)
    assert rhythm.tempo(onsets) == librosa.feature.tempo(onset_envelope=onsets, sr=SR)[0]


@pytest.mark.parametrize("bpm", [90, 120, 150])
def test_a_click_train_has_its_tempo(bpm):
    measured = pulse.measure(clicks(bpm), sr=SR)
    assert measured["pulse_tempo"] == pytest.approx(bpm, rel=0.03)
    assert measured["pulse_clarity"] > 0.5
    assert measured["onsets_per_s"] == pytest.approx(bpm / 60, rel=0.1)
    assert measured["onset_gap_variation"] < 0.1


def test_clicks_at_random_are_not_regular():
    rng = np.random.default_rng(0)
    even, random = (
        pulse.measure(y, sr=SR) for y in (clicks(120), clicks_at(np.sort(rng.uniform(0, 12, 24))))
    )
    assert random["onset_gap_variation"] > 5 * even["onset_gap_variation"]
    assert random["pulse_clarity"] < even["pulse_clarity"]


@pytest.mark.parametrize("notes", [(0, 4, 7), (0, 3, 7), (5, 9, 12), (2, 6, 9)])
def test_a_chord_has_its_degrees_in_any_key(notes):
    measured = tonality.measure(chord(*notes), sr=SR)
    sounding = {i for i in range(12) if measured[f"degree{i}"] > 0.15}
    assert sounding in [{(note - strongest) % 12 for note in notes} for strongest in notes]


def test_a_fifth_up_is_a_turn_on_the_circle_of_fifths():
    chroma = np.random.default_rng(0).random((5, 12)).astype(np.float32)
    x, y = tonality.tonnetz(chroma)[:2]
    higher_x, higher_y = tonality.tonnetz(np.roll(chroma, 7, axis=1))[:2]
    turn = np.pi * 7 / 6 * 7
    same(higher_x, x * np.cos(turn) + y * np.sin(turn), atol=1e-6)
    same(higher_y, y * np.cos(turn) - x * np.sin(turn), atol=1e-6)


@pytest.mark.parametrize(("hz", "octave"), [(0.75, "0.5"), (1.5, "1"), (3.0, "2"), (6.0, "4")])
def test_noise_that_swings_is_found_at_its_rate(hz, octave):
    y = noise(sr=SR, seconds=12.0, channels=1)
    t = np.arange(y.shape[1]) / SR
    measured = modulation.measure((y * (1.1 + np.sin(2 * np.pi * hz * t))).astype(np.float32), sr=SR)
    for band in range(2, 9):
        shares = {low: measured[f"modulation{band}_{low}"] for low in ("0.5", "1", "2", "4", "8")}
        assert max(shares, key=shares.__getitem__) == octave
    assert measured["modulation4_depth"] > 3 * modulation.measure(y, sr=SR)["modulation4_depth"]


def chord(*notes):
    return sum(tone(C4 * 2 ** (n / 12), sr=SR, seconds=3.0, amplitude=0.2, channels=1) for n in notes)


def clicks(bpm):
    return clicks_at(np.arange(0.1, 12.0, 60 / bpm))


def clicks_at(times):
    y = np.zeros((1, 12 * SR), np.float32)
    decay = np.exp(-np.arange(600) / 100) * np.random.default_rng(1).standard_normal(600)
    for start in (times * SR).astype(int):
        n = min(600, y.shape[1] - start)
        y[0, start : start + n] += 0.5 * decay[:n]
    return y


def same(ours, theirs, *, atol):
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=atol)
