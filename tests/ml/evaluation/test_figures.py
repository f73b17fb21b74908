"""From a table to figures, text, JSON and picture."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from ml.__main__ import main
from ml.crossval import fold_numbers
from ml.dataset import Table
from ml.evaluation import brief, summarise
from ml.evaluation.plot import draw
from ml.evaluation.report import report
from ml.features.spec import FeatureSpec
from ml.forensics.grid import CODERS
from ml.quality import estimator, presence
from ml.quality.classes import CLASSES
from tests.tables import even, met, oracle, sure

NAMES = (*(f"{coder}.confirmed" for coder in CODERS), "spectrum.level_500")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Few trees: it is not the model that is tested here."""
    monkeypatch.setattr("ml.evaluation.leakage.TREES", 5)
    monkeypatch.setitem(estimator.FAMILY_SETTINGS, "n_estimators", 3)
    monkeypatch.setitem(estimator.CLASS_SETTINGS, "n_estimators", 3)
    monkeypatch.setitem(presence.SETTINGS, "n_estimators", 3)


def figures(table, proba):
    return {
        "rows": len(table),
        "groups": len(set(table.groups)),
        "thresholds": {"accuse": 0.9, "accuse_lossy": 0.95, "acquit": 0.7},
        **summarise(table, proba, present=met(table), folds=fold_numbers(table, seed=0)),
    }


def test_figures_of_an_oracle_and_of_a_guess():
    table = even()
    right = figures(table, oracle(table))
    assert right["exact"]["value"] == right["family"]["value"] == right["lossy_found"]["value"] == 1
    assert right["lossless_accused"]["value"] == right["lossy_accused"]["value"] == 0
    assert right["ece_class"] == pytest.approx(0.03)
    assert right["confusion"] == (40 * np.eye(len(CLASSES), dtype=int)).tolist()
    assert right["calibration"]["class"][-1]["n"] == len(table)
    guess = np.random.default_rng(1).dirichlet(np.ones(len(CLASSES)), size=len(table))
    assert figures(table, guess)["exact"]["value"] < 0.1


def test_false_accusations_are_counted():
    table = even()
    proba = oracle(table)
    odd = (fold_numbers(table, seed=0) == 0) & (table.labels == "lossless")
    proba[odd] = sure("mp3-128")
    found = figures(table, proba)
    assert found["lossless_accused"]["value"] == found["genuine"]["kind"]["music"]["transcode"]["value"]
    assert found["verdicts"]["genuine"]["transcode"]["value"] == odd.sum() / 40
    assert found["confusion"][0][1] == odd.sum()


def test_the_class_is_told_by_material():
    table = even()
    proba = oracle(table)
    rows = np.flatnonzero(table.labels == "mp3-128")[:10]
    proba[rows[:5]], proba[rows[5:]] = sure("mp3-160"), sure("aac-128")
    (music,) = figures(table, proba)["material"].values()
    assert music["exact"]["n"] == len(table)
    assert music["exact"]["value"] == pytest.approx(1 - 10 / len(table), abs=1e-4)
    assert music["within_one_class"]["value"] == pytest.approx(1 - 5 / len(table), abs=1e-4)


def test_text_and_picture_are_made_of_the_json():
    table = even(n_groups=5)
    made = figures(table, oracle(table))
    read = json.loads(json.dumps(made, allow_nan=False))
    assert read == made
    text = report(read)
    assert text == report(made)
    lines = {line[:32].strip(): line for line in text.splitlines()}
    assert lines["unseen encoder: family right"].endswith("n 0")
    assert lines["vinyl"].endswith("n 0")
    assert "100.0 [72.2, 100.0]" in lines["opus-96"]
    picture = Image.open(io.BytesIO(draw(read)))
    assert (picture.format, picture.size) == ("PNG", (1500, 1590))
    assert set(brief(made)["lossy"]) == {"class", "family", "encoder"}


def test_the_command(tmp_path, capsys):
    rows = even(n_groups=10, encoder="lame:default")
    X = np.random.default_rng(3).standard_normal((len(rows), len(NAMES))).astype(np.float32)
    X[:, NAMES.index("mp3.confirmed")] += [3.0 * label.startswith("mp3") for label in rows.labels]
    spec = FeatureSpec("quality", 1, NAMES)
    Table(spec, X, rows.labels, rows.groups, rows.ids, rows.facts).save(tmp_path / "t.npz")
    asked = ["evaluate", "--table", str(tmp_path / "t.npz"), "--jobs", "1"]
    wanted = ["--json", str(tmp_path / "f.json"), "--plot", str(tmp_path / "f.png"), "--leave-out", "each"]
    assert main([*asked, *wanted]) == 0
    printed = capsys.readouterr().out
    written = json.loads((tmp_path / "f.json").read_text())
    assert printed == report(written) + "\n"
    assert "lame was not left out: nothing else here makes aac-128" in printed
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    assert main([*asked, "--leave-out", "xing"]) == 2
    assert "--leave-out xing: this table has lame, or each." in capsys.readouterr().err
