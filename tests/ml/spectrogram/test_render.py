"""What is drawn is what was measured."""

import io
import time

import numpy as np
import pytest
from PIL import Image

from ml.spectrogram import colormap
from ml.spectrogram.accumulate import Spectrogram
from ml.spectrogram.render import labelled, png
from ml.units import Hz
from tests import signals
from tests.ml.spectrogram.test_accumulate import measured


@pytest.fixture(scope="module")
def spectrogram() -> Spectrogram:
    return measured(signals.music(seconds=5))


@pytest.mark.parametrize("palette", colormap.PALETTES)
@pytest.mark.parametrize("channel", ["L", "R", "M", "S"])
def test_indices_are_levels_top_down(palette: str, channel: str, spectrogram: Spectrogram) -> None:
    data = png(spectrogram, channel, palette=palette)
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        assert picture.mode == "P"
        assert np.array_equal(np.asarray(picture), spectrogram.of(channel)[::-1])
        assert bytes(picture.getpalette() or []) == colormap.palette(palette)


def test_recolouring_swaps_the_palette_and_nothing_else(spectrogram: Spectrogram) -> None:
    for first in colormap.PALETTES:
        for second in colormap.PALETTES:
            one = png(spectrogram, "L", palette=first)
            assert colormap.recolour(one, second) == png(spectrogram, "L", palette=second)


def test_grey_is_the_level_itself() -> None:
    assert colormap.palette("grey") == bytes(i for level in range(256) for i in (level,) * 3)


@pytest.mark.parametrize("palette", colormap.PALETTES)
def test_palettes_are_256_colours(palette: str) -> None:
    assert len(colormap.palette(palette)) == 768


def test_spek_goes_from_black_through_blue_green_yellow_to_red() -> None:
    """Values of Spek's spectrum(level) in src/spek-palette.cc, level = index / 240."""
    spek = [tuple(colormap.palette("spek")[3 * i : 3 * i + 3]) for i in range(256)]
    assert spek[0] == (0, 0, 0)
    assert spek[240] == spek[255] == (255, 0, 0)
    for index, colour in (
        (60, (0, 32, 255)),
        (109, (0, 255, 123)),
        (150, (131, 255, 0)),
        (200, (255, 173, 0)),
    ):
        assert np.abs(np.subtract(spek[index], colour)).max() <= 2, (index, spek[index])


def test_viridis_only_gets_lighter() -> None:
    colours = np.frombuffer(colormap.palette("viridis"), np.uint8).reshape(256, 3)[:241]
    luminance = colours @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(luminance) > -1).all()
    assert tuple(colours[0]) == (68, 1, 84)
    assert tuple(colours[240]) == (253, 231, 37)


def test_refuses_what_it_cannot_recolour() -> None:
    with pytest.raises(ValueError, match="not a PNG"):
        colormap.recolour(b"GIF89a", "grey")
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "PNG")
    with pytest.raises(ValueError, match="without a palette"):
        colormap.recolour(out.getvalue(), "grey")
    with pytest.raises(KeyError):
        colormap.palette("jet")


def test_the_drawing_shows_the_tone_at_its_height() -> None:
    found = measured(signals.tone(11025, channels=2))
    picture = np.asarray(labelled(found, "M", title="tone", palette="grey"))
    plot = picture[68:668, 76:1276].astype(int).sum(axis=2)
    brightest = plot[:, 300:900].mean(axis=1).argmax()
    assert brightest == pytest.approx(300, abs=3)  # half of Nyquist is half the height


def test_odd_titles_are_drawn() -> None:
    found = Spectrogram(("L",), np.zeros((1, 100, 5), np.uint8), Hz(100.0), 1.5)
    for title in ("", "x" * 400, "音楽 <script> \u202e.mp3", "a\nb"):
        assert labelled(found, "L", title=title).size == (1384, 720)


def test_four_minutes_cost_a_quarter_of_a_second() -> None:
    y = signals.noise(seconds=60)
    measured(y)
    began = time.process_time()
    for _ in range(4):
        measured(y)
    assert time.process_time() - began < 1.0  # each minute alone pays the dense beginning
