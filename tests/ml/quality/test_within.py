"""Support vectors beside trees: where they help, what they obey, and when there are none."""

import numpy as np
import pytest

from ml.quality.estimator import CLASS_SETTINGS, NO_RIVALS
from ml.quality.stages import Stage
from ml.quality.within import Vectors, Within

CLASSES = ("low", "middle", "high")
COLUMNS = np.arange(12)


def slanted(*, n, seed):
    """Three classes in a row along the sum of all columns: borders that no single column shows."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, len(COLUMNS))).astype(np.float32)
    place = np.digitize(X.sum(axis=1), (-2.0, 2.0))
    return X, np.array(CLASSES)[place]


def right(log_proba, labels):
    return (np.array(CLASSES)[log_proba.argmax(axis=1)] == labels).mean()


@pytest.fixture(scope="module")
def within():
    found = Within(Stage(COLUMNS, NO_RIVALS, CLASSES))
    X, labels = slanted(n=400, seed=0)
    found.fit(X, labels, settings=CLASS_SETTINGS | {"n_estimators": 60}, seed=0, jobs=1)
    return found


def test_the_second_opinion_helps_at_borders_that_no_column_shows(within):
    X, labels = slanted(n=2000, seed=1)
    assert right(within.log_proba(X), labels) > right(within.trees.log_proba(X), labels) + 0.01
    np.testing.assert_allclose(np.exp(within.log_proba(X)).sum(axis=1), 1)


def test_missing_numbers_and_enormous_ones_are_allowed(within):
    X, _ = slanted(n=20, seed=2)
    X[:, ::3], X[:, 1] = np.nan, 1e9
    assert np.isfinite(within.log_proba(X)).all()


def test_a_class_with_one_example_leaves_the_trees_alone():
    X, labels = slanted(n=60, seed=3)
    rows = np.r_[np.flatnonzero(labels != "high"), np.flatnonzero(labels == "high")[:1]]
    found = Within(Stage(COLUMNS, NO_RIVALS, CLASSES))
    found.fit(X[rows], labels[rows], settings=CLASS_SETTINGS | {"n_estimators": 5}, seed=0, jobs=1)
    assert found.vectors is None
    np.testing.assert_array_equal(found.log_proba(X), found.trees.log_proba(X))


def test_examples_count_by_their_weight():
    """The same place under two names: the heavier one is believed."""
    X, labels = slanted(n=200, seed=4)
    X, labels = np.concatenate([X, X]), np.concatenate([labels, np.roll(labels, 1)])
    first = np.repeat([True, False], 200)
    told = []
    for heavy in (first, ~first):
        vectors = Vectors(COLUMNS, CLASSES)
        assert vectors.fit(X, labels, weights=np.where(heavy, 5.0, 0.2))
        told.append(right(vectors.log_proba(X[heavy]), labels[heavy]))
    assert min(told) > 0.8
