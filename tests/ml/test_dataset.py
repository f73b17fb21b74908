"""Tables resume, survive the disk, and never split an origin."""

import numpy as np
import pytest

from ml import dataset
from ml.corpus import masters, plan
from ml.crossval import (
    cross_calibrated,
    fold_numbers,
    honest,
    nested_thresholds,
    own_claims,
)
from ml.dataset import Table
from ml.evaluation import TABLE
from ml.features import quality
from ml.quality.classes import CLASSES
from tests.tables import even, oracle, sure


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


@pytest.mark.slow
def test_weighing_goes_on_where_it_was_stopped(lineage_data, tmp_path):
    cache = tmp_path / "spent.txt"
    averaged = [e for e in plan(masters(), per_class=2, seed=3, external=False) if e.label == "aac-96"]
    assert list(dataset.weigh(averaged[:1], cache=cache, jobs=1)) == [0, 1]
    first = cache.read_text()
    assert list(dataset.weigh(averaged, cache=cache, jobs=1)) == [1, 2]
    assert cache.read_text().startswith(first)
    spent = dataset.spendings(cache)
    assert list(spent) == [e.id for e in averaged]
    assert all(len(spent[e.id]) == len(e.history) for e in averaged)


def test_a_table_survives_the_disk(tmp_path):
    table = even()
    table.X[0, 0] = np.nan
    table.save(tmp_path / "table.npz")
    loaded = Table.load(tmp_path / "table.npz")
    np.testing.assert_allclose(loaded.X, table.X, rtol=1e-3)
    assert loaded.spec == table.spec
    assert loaded.facts.tolist() == table.facts.tolist()


def test_no_group_is_on_two_sides():
    table = even()
    folds = fold_numbers(table, seed=0)
    for group in set(table.groups):
        assert len(set(folds[table.groups == group])) == 1
    assert len(set(folds)) == 5


def test_a_threshold_comes_from_other_folds():
    """One fold whose genuine rows all look lossy can't excuse itself."""
    table = even()
    folds = fold_numbers(table, seed=0)
    proba = oracle(table)
    odd = (folds == 0) & (table.labels == "lossless")
    proba[odd] = sure("mp3-128")
    thresholds = nested_thresholds(table, proba, folds=folds)
    assert thresholds[0].accuse < 0.97
    assert thresholds[1].accuse > 0.97
    hidden = nested_thresholds(table, proba, folds=folds, unseen=odd)
    assert hidden[1].accuse < 0.97


def test_calibration_of_a_fold_does_not_see_the_fold():
    table = even(n_groups=5)
    folds = fold_numbers(table, seed=0)
    truth = np.array([CLASSES.index(c) for c in table.labels])
    log_proba = np.log(oracle(table))
    before = cross_calibrated(log_proba, truth, folds=folds)
    shuffled = truth.copy()
    shuffled[folds == 2] = np.roll(truth[folds == 2], 1)
    after = cross_calibrated(log_proba, shuffled, folds=folds)
    np.testing.assert_array_equal(before[folds == 2], after[folds == 2])
    assert not np.array_equal(before[folds != 2], after[folds != 2])
    hidden = cross_calibrated(log_proba, shuffled, folds=folds, unseen=folds == 2)
    again = cross_calibrated(log_proba, truth, folds=folds, unseen=folds == 2)
    np.testing.assert_array_equal(hidden, again)


def test_an_honest_file_is_not_worse_than_it_says():
    table = even()
    rows, worse = own_claims(table, oracle(table))
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
    from ml.training.quality import train_quality

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
