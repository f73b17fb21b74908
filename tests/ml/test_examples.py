"""The front page's examples: the same every time, and what they claim to be."""

import io
from pathlib import Path

import av
import numpy as np
import soundfile
from PIL import Image

from ml.encode import decode
from ml.examples import SR, TUNES, piece


def test_a_piece_is_the_same_every_time() -> None:
    assert np.array_equal(piece(TUNES["dawn"]), piece(TUNES["dawn"]))


def test_a_piece_reaches_the_end_of_the_band_on_two_different_sides() -> None:
    y = piece(TUNES["dawn"])
    power = np.abs(np.fft.rfft(y, axis=1)) ** 2
    hz = np.fft.rfftfreq(y.shape[1], 1 / SR)
    high, low = power[:, (hz > 19000) & (hz < 22000)].mean(), power[:, (hz > 200) & (hz < 2000)].mean()
    assert 10 * np.log10(high / low) > -70
    assert np.corrcoef(y)[0, 1] < 0.99


def test_the_committed_lossless_is_the_piece(root: Path) -> None:
    """A few last bits may differ between processors."""
    y, sr = soundfile.read(root / "static/examples/lossless.flac", dtype="float32")
    assert sr == SR
    assert np.abs(y.T - piece(TUNES["dawn"])).max() < 4 / 32768


def test_the_dressed_up_one_says_320_and_ends_at_128s_cutoff(root: Path) -> None:
    data = (root / "static/examples/dressed-up-320.mp3").read_bytes()
    with av.open(io.BytesIO(data)) as file:
        assert file.streams.audio[0].bit_rate == 320000
    y, _ = decode(data)
    power = np.abs(np.fft.rfft(y[0])) ** 2
    hz = np.fft.rfftfreq(y.shape[1], 1 / SR)
    assert power[hz > 17500].mean() < 1e-4 * power[(hz > 14000) & (hz < 15500)].mean()


def test_the_picture_is_one(root: Path) -> None:
    with Image.open(root / "static/examples/spectrogram.png") as picture:
        assert picture.format == "PNG"
        assert picture.width > 1000
