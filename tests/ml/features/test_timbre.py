"""The 57 numbers are those of the tables, and of librosa on any other sound."""

import warnings

import librosa
import numpy as np
import pytest

from ml.errors import TooShort
from ml.features import timbre
from ml.features.frames import SR, Frames, mono
from tests.ml.features import gtzan
from tests.signals import music, noise, silence, tone

ROUNDING = 4.0
"""We sum float32 in another order than librosa, and BLAS in another with each number of threads: librosa's own distance
from the tables, which is one step of float32 for many, four times."""


@pytest.fixture(scope="module")
def song():
    y, _ = librosa.effects.trim(mono(music(sr=44100, seconds=4.0, channels=2), sr=44100))
    return y


@pytest.mark.data
@pytest.mark.parametrize(("seconds", "same_tempo"), [(30, 1.0), (3, 0.975)])
def test_the_tables_come_out_again(seconds, same_tempo, lineage_data):
    folder = lineage_data / "genre"
    rows, allowed = gtzan.table(folder, seconds), gtzan.errors(folder, seconds)
    spread = np.std(list(rows.values()), axis=0)
    spec = timbre.spec()
    found = [
        (list(timbre.measure(y, sr=SR).values()), rows[name])
        for name, y in gtzan.sounds(folder, seconds)
        if name in rows
    ]
    ours, theirs = np.array(found).transpose(1, 0, 2)
    off = np.abs(ours - theirs)
    tempo = spec.names.index("tempo")
    assert len(found) >= {30: 10, 3: 98}[seconds]
    assert np.mean(off[:, tempo] < 1e-6) >= same_tempo
    wrong = (off / spread > ROUNDING * np.maximum(allowed, 1e-14)).any(axis=0)
    wrong[tempo] = False
    assert [name for name, bad in zip(spec.names, wrong, strict=True) if bad] == []


def test_each_course_is_librosas(song):
    frames, pad = Frames(song, sr=SR), {"pad_mode": "reflect"}
    S = np.abs(librosa.stft(song, **pad))
    centroid, bandwidth = timbre.centroid_and_bandwidth(frames)
    feature = librosa.feature
    same(frames.chroma.T, feature.chroma_stft(y=song, sr=SR, **pad), atol=1e-5)
    same(frames.cepstra, feature.mfcc(y=song, sr=SR, **pad), atol=1e-3)
    same(timbre.loudness(frames), feature.rms(y=song, **pad)[0], rtol=1e-6)
    same(centroid, feature.spectral_centroid(S=S, sr=SR)[0], rtol=1e-6)
    same(bandwidth, feature.spectral_bandwidth(S=S, sr=SR)[0], rtol=1e-6)
    same(timbre.rolloff(frames), feature.spectral_rolloff(S=S, sr=SR)[0], atol=1e-9)
    same(timbre.zero_crossing_rate(frames), feature.zero_crossing_rate(song)[0], atol=0)


def test_parts_are_librosas_and_add_up(song):
    harmonic, percussive = timbre.parts(Frames(song, sr=SR))
    H, P = librosa.decompose.hpss(librosa.stft(song, pad_mode="reflect"))
    for ours, theirs in ((harmonic, H), (percussive, P)):
        same(ours, librosa.util.fix_length(librosa.istft(theirs), size=len(song)), atol=1e-6)
    covered = len(song) // 512 * 512
    same((harmonic + percussive)[:covered], song[:covered], atol=1e-6)


def test_any_rate_and_channels_come_as_librosa_loads_them():
    y = music(sr=44100, seconds=2.0, channels=2)
    loaded = librosa.resample(librosa.to_mono(y), orig_sr=44100, target_sr=SR)
    assert timbre.measure(y, sr=44100) == timbre.measure(loaded, sr=SR)


def test_a_rate_that_does_not_divide():
    y = noise(sr=44101, seconds=1.5)
    same(mono(y, sr=44101), librosa.resample(librosa.to_mono(y), orig_sr=44101, target_sr=SR), atol=0)


def test_gain_moves_loudness_and_little_else(song):
    loud, soft = (Frames(gain * song, sr=SR) for gain in (1.0, 0.25))
    same(timbre.loudness(soft), 0.25 * timbre.loudness(loud), rtol=1e-6)
    same(timbre.rolloff(soft), timbre.rolloff(loud), atol=0)
    same(soft.chroma, loud.chroma, atol=1e-5)


def test_a_tone_is_where_it_is():
    measured = timbre.measure(tone(1000.0, sr=SR, seconds=2.0, channels=1), sr=SR)
    assert measured["spectral_centroid_mean"] == pytest.approx(1000, rel=0.02)
    assert measured["zero_crossing_rate_mean"] == pytest.approx(2 * 1000 / SR, rel=0.02)


def test_silence_is_measured_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        measured = timbre.measure(silence(sr=SR, seconds=2.0, channels=1), sr=SR)
    assert np.isfinite(list(measured.values())).all()
    assert measured["tempo"] == measured["rms_mean"] == measured["spectral_centroid_mean"] == 0


def test_below_a_second_nothing_is_said():
    with pytest.raises(TooShort):
        timbre.measure(noise(sr=8000, seconds=0.9), sr=8000)


def same(ours, theirs, *, rtol=0.0, atol=0.0):
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=atol)
