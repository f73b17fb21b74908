"""Encoders give what their class id says; rounding is exact."""

import io

import av
import numpy as np
import pytest

from ml.encode import CODERS, coder, decode, encode, quantise, resample, variants
from ml.quality.classes import CLASSES
from ml.units import Samples

SR = 44100
CODEC_NAMES = {
    "mp3": ("mp3", "mp3float"),
    "aac": ("aac",),
    "vorbis": ("vorbis",),
    "opus": ("opus", "libopus"),
    "ac3": ("ac3",),
    "wma": ("wmav2",),
    "mp2": ("mp2", "mp2float"),
}


def music(*, seconds: float = 4.0, channels: int = 2, seed: int = 0) -> Samples:
    """Chords over pink-like noise, different in both channels: enough for any bitrate to be spent."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * SR)) / SR
    chord = sum(np.sin(2 * np.pi * f * t) / (i + 1) for i, f in enumerate((220, 277.2, 329.6, 880, 3520)))
    noise = np.cumsum(rng.standard_normal((channels, t.size)), axis=1)
    noise = np.diff(noise, axis=1, prepend=0) * 0.02 * (1 + np.sin(2 * np.pi * 2 * t))
    return np.asarray(0.15 * chord + noise, dtype=np.float32)


@pytest.fixture(scope="module")
def y() -> Samples:
    return music()


def test_every_lossy_class_has_a_coder():
    assert set(CODERS) == set(CLASSES) - {"lossless"}


@pytest.mark.parametrize("label", CODERS)
def test_codec_and_bitrate_are_as_claimed(label: str, y: Samples):
    data = encode(y, sr=SR, label=label)
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.audio[0]
        packets = [p.size for p in container.demux(stream)]
        assert stream.codec_context.name in CODEC_NAMES[label.partition("-")[0]]
    kbps = sum(packets) * 8 / (y.shape[1] / SR) / 1000
    if (nominal := coder(label).kbps) and not label.startswith("opus"):
        assert kbps == pytest.approx(nominal, rel=0.1)
    else:  # quality-driven: this signal is noisier than music
        assert 60 < kbps < 400


def test_a_higher_quality_of_vorbis_and_lame_spends_more(y: Samples):
    for ladder in (("vorbis-q3", "vorbis-q5", "vorbis-q8"), ("mp3-v2", "mp3-v0"), ("opus-96", "opus-192")):
        sizes = [len(encode(y, sr=SR, label=label)) for label in ladder]
        assert sizes == sorted(sizes)
        assert sizes[0] < sizes[-1]


@pytest.mark.parametrize("label", CODERS)
def test_decoded_sound_resembles_the_original(label: str, y: Samples):
    z, sr = decode(encode(y, sr=SR, label=label))
    original = resample(y, sr=SR, to=sr)
    start, n = 20000, 60000  # away from the ends; the lag covers each coder's delay
    a = original[0, start : start + n]
    lags = [np.corrcoef(a, z[0, start + lag : start + lag + n])[0, 1] for lag in (0, 256, 481, -2048, 2048)]
    assert max(lags) > 0.9


@pytest.mark.parametrize("label", ["mp3-128", "mp3-320", "mp3-v0", "vorbis-q5"])
def test_gapless_decoding_gives_the_length_back(label: str, y: Samples):
    data = encode(y, sr=SR, label=label)
    gapless, _ = decode(data)
    padded, _ = decode(data, gapless=False)
    assert gapless.shape == y.shape
    assert padded.shape[1] > y.shape[1]


def test_lame_delay_is_1105_samples():
    """528 + 1 of the decoder and 576 of LAME: the canonical framing offsets follow from it."""
    y = music(channels=1)
    data = encode(y, sr=SR, label="mp3-320")
    gapless, padded = decode(data)[0], decode(data, gapless=False)[0]
    np.testing.assert_array_equal(padded[:, 1105 : 1105 + 44100], gapless[:, :44100])


def test_opus_stays_at_48_khz_and_masters_at_96_come_down_to_48(y: Samples):
    assert decode(encode(y, sr=SR, label="opus-128"))[1] == 48000
    assert decode(encode(y, sr=96000, label="mp3-320"))[1] == 48000
    assert decode(encode(y, sr=SR, label="aac-256"))[1] == SR


def test_mono_stays_mono():
    y = music(seconds=2, channels=1)
    assert {decode(encode(y, sr=SR, label=label))[0].shape[0] for label in CODERS} == {1}


@pytest.mark.parametrize("label", ["mp3-320", "aac-256", "opus-128", "vorbis-q5", "wma-192"])
def test_the_same_call_gives_the_same_sound(label: str, y: Samples):
    first, second = (decode(encode(y, sr=SR, label=label))[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("label", ["mp3-192", "aac-192", "opus-128"])
def test_each_variant_sounds_different_from_the_default(label: str, y: Samples):
    default, *others = variants(label)
    plain = decode(encode(y, sr=SR, label=label, variant=default))[0]
    same = [v for v in others if np.array_equal(plain, decode(encode(y, sr=SR, label=label, variant=v))[0])]
    assert not same


def test_lame_lowpass_variant_is_heard(y: Samples):
    def above_17k(variant: str) -> float:
        z, _ = decode(encode(y, sr=SR, label="mp3-320", variant=variant))
        spectrum = np.abs(np.fft.rfft(z[0, :131072])) ** 2
        return float(spectrum[int(17000 / SR * 131072) :].sum())

    assert above_17k("lowpass-16k") < 1e-3 * above_17k("lowpass-off")


def test_quantise_rounds_half_to_even_and_clips():
    steps = np.array([[0.5, 1.5, 2.5, -0.5, -1.5, 40000, -40000]], dtype=np.float32) / 32768
    expected = [0, 2, 2, 0, -2, 32767, -32768]
    assert (quantise(steps, depth="16") * 32768).astype(int).ravel().tolist() == expected


@pytest.mark.parametrize("depth", ["16", "24"])
def test_quantise_twice_changes_nothing_more(depth: str, y: Samples):
    once = quantise(y, depth=depth)
    np.testing.assert_array_equal(quantise(once, depth=depth), once)
    steps = once.astype(np.float64) * 2 ** (int(depth) - 1)
    np.testing.assert_array_equal(steps, np.rint(steps))


def test_float_decode_rounds_to_the_sixteen_bit_decode(y: Samples):
    data = encode(y, sr=SR, label="mp3-320")
    floats, _ = decode(data, depth="float")
    sixteen, _ = decode(data, depth="16")
    assert not np.array_equal(floats, sixteen)
    np.testing.assert_array_equal(quantise(floats, depth="16"), sixteen)


def test_dither_is_triangular_and_two_steps_wide():
    noise = quantise(np.zeros((1, 100000), np.float32), depth="16", dither=np.random.default_rng(0)) * 32768
    values, counts = np.unique(noise, return_counts=True)
    assert values.tolist() == [-1, 0, 1]
    np.testing.assert_allclose(counts / counts.sum(), [1 / 8, 3 / 4, 1 / 8], atol=0.01)
