"""Known notes stand in their rows, whatever the rate and the length."""

import io

import numpy as np
import pytest
from PIL import Image

from ml.decode.blocks import blocks
from ml.spectrogram.chroma import MOST_COLUMNS, ChromaAccumulator, Chromagram, chroma_png
from tests import signals

C4 = 440.0 * 2 ** (-9 / 12)


def measured(y: signals.Samples, *, sr: int = signals.SR, size: int = 65536) -> Chromagram:
    accumulator = ChromaAccumulator(sr=sr)
    for block in blocks([y], size=size):
        accumulator.add(block)
    return accumulator.finish()


def chord(*notes: int, sr: int = signals.SR, seconds: float = 3.0) -> signals.Samples:
    tones = [signals.tone(C4 * 2 ** (n / 12), sr=sr, seconds=seconds, amplitude=0.2) for n in notes]
    return np.sum(tones, axis=0, dtype=np.float32)


@pytest.mark.parametrize("sr", [8000, 22050, 44100, 96000])
@pytest.mark.parametrize("octave", [0, 12])
def test_a_c_major_chord_lights_c_e_and_g(sr: int, octave: int) -> None:
    C = measured(chord(octave, octave + 4, octave + 7, sr=sr), sr=sr).C[:, 2:-3]
    order = np.argsort(C.mean(axis=1))
    assert set(order[-3:]) == {0, 4, 7}
    assert C[order[-3:]].min() > 0.5
    assert C[order[:-3]].max() < 0.25


def test_a_chirp_over_one_octave_walks_up_all_twelve() -> None:
    seconds = 6.0
    t = np.arange(int(seconds * signals.SR)) / signals.SR
    low = C4 * 2 ** (-0.4 / 12)  # evenly in semitones, from just below C to just below the next one
    phase = 2 * np.pi * low * seconds / np.log(2) * 2 ** (t / seconds)
    notes = measured(np.sin(phase)[None].astype(np.float32)).C[:, :-2].argmax(axis=0)
    steps = np.diff(notes)
    assert notes[0] == 0
    assert notes[-1] == 11
    assert set(steps) == {0, 1}


def test_loudness_does_not_matter_and_silence_is_dark() -> None:
    y = np.concatenate([chord(0, 4, 7), signals.silence(seconds=3.0, channels=1)], axis=1)
    loud, soft = measured(y).C, measured(y * np.float32(1e-3)).C
    np.testing.assert_allclose(loud, soft, atol=1e-3)
    assert loud[:, -5:].max() == 0.0
    assert measured(signals.silence()).C.max() == 0.0


@pytest.mark.parametrize("seconds", [0.2, 30, 500])
def test_columns_are_few_and_fill_the_time(seconds: float) -> None:
    sr = 8000
    found = measured(signals.noise(sr=sr, seconds=seconds), sr=sr)
    assert found.C.shape[0] == 12
    assert found.C.dtype == np.float32
    assert 1 <= found.C.shape[1] <= MOST_COLUMNS
    assert 0.0 <= found.C.min() <= found.C.max() == 1.0
    assert found.duration_s == pytest.approx(seconds)


def test_block_sizes_leave_no_trace() -> None:
    y = signals.music(seconds=3.0)
    np.testing.assert_allclose(measured(y, size=65536).C, measured(y, size=4099).C, atol=1e-6)


def test_the_picture_holds_the_levels() -> None:
    C = np.linspace(0, 1, 12 * 30, dtype=np.float32).reshape(12, 30)
    picture = Image.open(io.BytesIO(chroma_png(C)))
    assert picture.size == (30, 12)
    assert np.asarray(picture).tolist() == np.rint(C[::-1] * 240).tolist()
