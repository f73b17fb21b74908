"""The card: right size, every verdict, any name."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ml.spectrogram import colormap
from ml.spectrogram.card import draw

LEVELS = np.tile(np.linspace(240, 0, 128).astype(np.uint8)[:, None], (1, 400))


def _answer(verdict: str = "transcode", **more: Any) -> dict[str, Any]:
    quality = {
        "verdict": verdict,
        "sentence": "Not lossless: this was MP3 of about 128 kbps before it became FLAC.",
        "label": "mp3-128",
        "confidence": 0.97,
        "cutoff_hz": 16000.0,
        "history": [],
    }
    file = {"file": "song.flac", "declared": {"codec": "flac"}, "url": "https://lineage.example/s/abc"}
    return {**file, "quality": quality, "spectrogram": {"max_hz": 22050.0}, **more}


def _open(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


@pytest.mark.parametrize("verdict", ["genuine", "transcode", "upsampled", "undecided"])
def test_every_verdict_has_a_card_of_its_own(verdict: str) -> None:
    card = _open(draw(_answer(verdict), levels=LEVELS))
    other = _open(draw(_answer(_next(verdict)), levels=LEVELS))
    assert card.size == (1200, 630)
    assert card.crop((50, 80, 112, 140)).tobytes() != other.crop((50, 80, 112, 140)).tobytes()


GENRE = {
    "label": "hiphop",
    "confidence": 0.6,
    "undecided": False,
    "sentence": "Sounds like hip-hop (60 %).",
    "probabilities": {"hiphop": 0.6, "pop": 0.3, "rock": 0.1},
}


def test_a_genre_has_bars_as_long_as_it_is_likely() -> None:
    card = _open(draw(_answer() | {"quality": None, "genre": GENRE}, levels=LEVELS))
    rows = [[card.getpixel((x, 262 + 36 * row)) for x in range(216, 836)] for row in range(3)]
    shares = [row.count((0, 0x66, 0x5F)) / len(row) for row in rows]
    assert shares == pytest.approx([0.6, 0.3, 0.1], abs=0.01)


def test_both_answers_stand_on_one_card() -> None:
    one, both = (_open(draw(_answer(genre=genre), levels=LEVELS)) for genre in (None, GENRE))
    verdict, rest = (0, 0, 1200, 150), (0, 260, 1200, 630)
    assert one.tobytes() != both.tobytes()
    for part in (verdict, rest):
        assert one.crop(part).tobytes() == both.crop(part).tobytes()


def test_low_frequencies_are_below() -> None:
    """Loud low rows: the strip's bottom shows the loud end of the palette, its top the quiet one."""
    card = _open(draw(_answer(), levels=LEVELS))
    palette = colormap.palette("spek")
    near = [tuple(palette[3 * level : 3 * level + 3]) for level in range(230, 241)]
    assert card.getpixel((700, 549)) in near
    assert card.getpixel((700, 389)) in [tuple(palette[3 * level : 3 * level + 3]) for level in range(10)]


@pytest.mark.parametrize("name", ["", "x" * 4000, "‮evil\nname\t\x00.flac", "日本語の曲.flac", "🎧" * 300])
def test_any_name_fits(name: str) -> None:
    card = _open(draw(_answer(file=name), levels=LEVELS, claim="320 kbps (LAME)"))
    margin = card.crop((1160, 40, 1200, 80))
    assert margin.getextrema() == ((251, 251), (251, 251), (249, 249))


def _next(verdict: str) -> str:
    verdicts = ["genuine", "transcode", "upsampled", "undecided"]
    return verdicts[(verdicts.index(verdict) + 1) % 4]
