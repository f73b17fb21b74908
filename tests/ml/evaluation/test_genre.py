"""Figures of the genre model are honest: artists stay together, and the picture and text say what the JSON says."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.__main__ import main
from ml.dataset import Table
from ml.evaluation.genre import STRANGERS, TABLE, evaluate_genre, mean_recall
from ml.evaluation.genre.plot import draw
from ml.evaluation.genre.report import report
from ml.evaluation.genre.validation import validate
from ml.features import genre
from ml.features.network import UNITS
from ml.genre.classes import CLASSES

SPEC = genre.spec()


def songs(*, artists: int = 60, known_by: str = "genre", seed: int = 0) -> Table:
    """Four songs an artist; what they sound like tells the genre, or the artist alone."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(artists), 4)
    labels = np.array(CLASSES)[owner % 10]
    places = rng.standard_normal((artists, len(SPEC.names)))
    at = owner % 10 if known_by == "genre" else owner
    X = (places[at] + 0.8 * rng.standard_normal((len(owner), len(SPEC.names)))).astype(np.float32)
    X[3::4, : 2 * UNITS] = np.nan  # the fourth song of each was not heard
    names = np.array([f"song {i}" for i in range(len(owner))])
    return Table(SPEC, X, labels, np.array([f"artist {i}" for i in owner]), names, names)


def strange(n: int = 60) -> Table:
    """Half of it short."""
    X = (np.random.default_rng(5).standard_normal((n, len(SPEC.names))) + 2.0).astype(np.float32)
    names = np.array([f"clip {i}" for i in range(n)])
    kinds = np.where(np.arange(n) % 2, "voice", "jingle")
    return Table(SPEC, X, kinds, names, names, np.where(np.arange(n) % 2, "9.0", "2.0"))


def test_what_tells_only_the_artist_is_worth_nothing() -> None:
    told = evaluate_genre(songs(), strange())
    fooled = evaluate_genre(songs(known_by="artist"), strange())
    assert (told["rows"], told["unheard"], told["accuracy"]["n"]) == (180, 60, 180)
    assert told["accuracy"]["value"] > 0.9
    assert fooled["accuracy"]["value"] < 0.3


def test_strangers_get_no_answer() -> None:
    _, others = validate(songs(), strange(), seed=1)
    assert not others.answered[strange().labels == "jingle"].any(), "too short"
    assert others.answered[strange().labels == "voice"].mean() < 0.1


def test_mean_recall_weighs_genres_alike_and_its_interval_is_of_artists() -> None:
    truth = np.array([0] * 90 + [1] * 10)
    said = np.zeros(100, dtype=np.intp)
    groups = np.array([f"artist {i // 5}" for i in range(100)])
    found = mean_recall(said, truth, groups=groups)
    assert found["value"] == 0.5
    mixed = np.where(np.arange(100) % 10 < 5, truth, 1 - truth)
    wide = mean_recall(mixed, truth, groups=groups)
    narrow = mean_recall(mixed, truth, groups=np.array([f"{i}" for i in range(100)]))
    assert wide["high"] - wide["low"] > narrow["high"] - narrow["low"]


def test_text_and_picture_are_made_of_the_json() -> None:
    figures = evaluate_genre(songs(), strange())
    read = json.loads(json.dumps(figures, allow_nan=False))
    text = report(read)
    assert text == report(figures)
    assert "mean recall of the genres" in text
    assert Image.open(io.BytesIO(draw(read))).format == "PNG"


def test_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEAGE_DATA", str(tmp_path))  # where no published tables are
    songs().save(tmp_path / "t.npz")
    asked = ["evaluate", "--suite", "genre", "--table", str(tmp_path / "t.npz")]
    assert main([*asked, "--json", str(tmp_path / "f.json"), "--plot", str(tmp_path / "f.png")]) == 0
    assert capsys.readouterr().out == report(json.loads((tmp_path / "f.json").read_text())) + "\n"
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")


def test_the_shipped_tables_are_what_the_shipped_code_measures() -> None:
    for path in (TABLE, STRANGERS):
        assert Table.load(path, task="genre").spec == SPEC
    table = Table.load(TABLE, task="genre")
    assert set(table.labels) == set(CLASSES)
    assert len(set(table.groups)) > 100
