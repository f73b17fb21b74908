"""Tables resume, survive the disk, and never split an origin."""

import numpy as np
import pytest

from ml import dataset
from ml.corpus import masters, plan
from ml.crossval import (
    choose_thresholds,
    cross_calibrated,
    fold_numbers,
    honest,
    nested_thresholds,
    own_claims,
)
from ml.dataset import Table
from ml.evaluation import TABLE, report, summarise
from ml.features import quality
from ml.quality.classes import CLASSES


@pytest.fixture
def examples(lineage_data):
    return plan(masters(), per_class=1, seed=3, external=False)[3:6]


@pytest.mark.slow
def test_an_interrupted_build_picks_up(examples, tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "BATCH", 1)
    steps = dataset.build(examples, cache=tmp_path, jobs=1)
    assert [next(steps), next(steps)] == [0, 1]
    steps.close()
    measured = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.npz")}
    assert measured
    assert list(dataset.build(examples, cache=tmp_path, jobs=1))[-1] == 3
    after = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.npz")}
    assert measured.items() <= after.items()
    table = dataset.gather(examples, cache=tmp_path)
    assert table.labels.tolist() == [example.label for example in examples]
    again = dataset.gather(examples, cache=tmp_path)
    np.testing.assert_array_equal(table.X, again.X)


def synthetic(n_groups=20, *, seed=0):
    rng = np.random.default_rng(seed)
    n = n_groups * len(CLASSES) * 2
    labels = np.tile(np.array(CLASSES), n // len(CLASSES))
    groups = np.array([f"artist {i % n_groups}" for i in range(n)])
    facts = np.array([f"music|{'' if c == 'lossless' else c}|trim|default|16|44100|5.0" for c in labels])
    spec = quality.FeatureSpec("quality", 1, ("a", "b"))
    X = rng.standard_normal((n, 2)).astype(np.float32)
    return Table(spec, X, labels, groups, np.array([str(i) for i in range(n)]), facts)


def test_a_table_survives_the_disk(tmp_path):
    table = synthetic()
    table.X[0, 0] = np.nan
    table.save(tmp_path / "table.npz")
    loaded = Table.load(tmp_path / "table.npz")
    np.testing.assert_allclose(loaded.X, table.X, rtol=1e-3)
    assert loaded.spec == table.spec
    assert loaded.facts.tolist() == table.facts.tolist()


def test_no_group_is_on_two_sides():
    table = synthetic()
    folds = fold_numbers(table, seed=0)
    for group in set(table.groups):
        assert len(set(folds[table.groups == group])) == 1
    assert len(set(folds)) == 5


def perfect(table, p=0.97):
    """Probabilities of an oracle that is never quite sure."""
    proba = np.full((len(table), len(CLASSES)), (1 - p) / (len(CLASSES) - 1))
    proba[np.arange(len(table)), [CLASSES.index(c) for c in table.labels]] = p
    return proba


def test_figures_of_an_oracle_and_of_a_guess():
    table = synthetic()
    folds = fold_numbers(table, seed=0)
    right = summarise(table, perfect(table), folds=folds)
    assert right["exact"]["value"] == right["family"]["value"] == right["lossy_found"]["value"] == 1
    assert right["lossless_accused"]["value"] == right["lossy_accused"]["value"] == 0
    assert "n 40" in report(
        right, rows=len(table), groups=20, thresholds=choose_thresholds(table, perfect(table))
    )
    guess = np.random.default_rng(1).dirichlet(np.ones(len(CLASSES)), size=len(table))
    assert summarise(table, guess, folds=folds)["exact"]["value"] < 0.1


def test_a_threshold_comes_from_other_folds():
    """One fold whose genuine rows all look lossy can't excuse itself."""
    table = synthetic()
    folds = fold_numbers(table, seed=0)
    proba = perfect(table)
    odd = (folds == 0) & (table.labels == "lossless")
    proba[odd] = proba[np.flatnonzero(table.labels == "mp3-128")[0]]
    accuse, _ = nested_thresholds(table, proba, folds=folds)
    assert (accuse[odd] < 0.97).all()
    assert summarise(table, proba, folds=folds)["lossless_accused"]["value"] == odd.sum() / 40


def test_calibration_of_a_fold_does_not_see_the_fold():
    table = synthetic()
    folds = fold_numbers(table, seed=0)
    truth = np.array([CLASSES.index(c) for c in table.labels])
    log_proba = np.log(perfect(table))
    before = cross_calibrated(log_proba, truth, folds=folds)
    shuffled = truth.copy()
    shuffled[folds == 2] = np.roll(truth[folds == 2], 1)
    after = cross_calibrated(log_proba, shuffled, folds=folds)
    np.testing.assert_array_equal(before[folds == 2], after[folds == 2])
    assert not np.array_equal(before[folds != 2], after[folds != 2])


def test_an_honest_file_is_not_worse_than_it_says():
    table = synthetic()
    rows, worse = own_claims(table, perfect(table))
    assert len(rows) == (table.labels != "lossless").sum()
    assert worse.max() < 0.05
    assert honest("mp3-v0").bitrate_mode == "VBR"


def test_the_shipped_table_is_what_the_shipped_code_measures():
    table = Table.load(TABLE)
    assert table.spec == quality.spec()
    assert set(table.labels) == set(CLASSES)
    assert len(set(table.groups)) > 100


@pytest.mark.slow
def test_a_model_is_trained_without_any_audio(tmp_path, monkeypatch):
    """The shipped table is enough: what comes out answers, and says what it was made from."""
    from ml import artifact
    from ml.training import train_quality

    table = Table.load(TABLE)
    some = np.random.default_rng(0).permutation(len(table))[:900]
    table.rows(some).save(tmp_path / "some.npz")
    monkeypatch.setenv("LINEAGE_DATA", str(tmp_path / "nothing"))
    train_quality(per_class=1, seed=1, jobs=1, output=tmp_path / "model", table=tmp_path / "some.npz")
    artifact.sign(tmp_path / "model", key=b"k")
    model = artifact.load(tmp_path / "model", key=b"k")
    assert model.manifest["training"]["rows"] == 900
    assert model.manifest["metrics"]["family"]["value"] > 0.8
    assert model.estimator.predict_proba(table.X[:5]).shape == (5, len(CLASSES))
