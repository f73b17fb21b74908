"""A linear model on activations: weights count, rare genres do, and what it was not taught it does not say."""

import pickle

import numpy as np
from numpy.typing import NDArray

from ml.features import genre
from ml.features.network import UNITS
from ml.genre.classes import CLASSES
from ml.genre.estimator import GenreEstimator, activations, means

SPEC = genre.spec()


def rows(
    n: int, *, seed: int = 0, labels: tuple[str, ...] = CLASSES
) -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    """Each genre somewhere else."""
    rng = np.random.default_rng(seed)
    said = rng.choice(np.array(labels), n)
    places = np.random.default_rng(99).standard_normal((len(CLASSES), len(SPEC.names)))
    X = places[[CLASSES.index(label) for label in said]] + 2.0 * rng.standard_normal((n, len(SPEC.names)))
    return X.astype(np.float32), said


def test_it_learns_and_its_probabilities_are_some() -> None:
    model = GenreEstimator(SPEC, CLASSES).fit(*rows(200))
    X, labels = rows(200, seed=1)
    proba = model.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1.0)
    assert (np.array(CLASSES)[proba.argmax(axis=1)] == labels).mean() > 0.9
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), proba)


def test_what_was_not_taught_is_not_said() -> None:
    taught = tuple(label for label in CLASSES if label != "metal")
    model = GenreEstimator(SPEC, CLASSES).fit(*rows(200, labels=taught))
    assert model.predict_proba(rows(50)[0])[:, CLASSES.index("metal")].max() < 1e-4


def test_a_heavy_row_is_believed() -> None:
    X, labels = rows(100)
    wrong = np.append(labels, "metal" if labels[0] != "metal" else "pop")
    both, at = np.concatenate([X, X[:1]]), CLASSES.index(str(wrong[-1]))
    says = [
        GenreEstimator(SPEC, CLASSES)
        .fit(both, wrong, weights=np.append(np.ones(100), w))
        .predict_proba(X[:1])[0, at]
        for w in (0.01, 100.0)
    ]
    assert says[0] < 0.2 < 0.5 < says[1]


def test_each_round_is_told() -> None:
    told: list[int] = []
    model = GenreEstimator(SPEC, CLASSES)
    model.fit(*rows(100), on_round=lambda: told.append(1))
    assert len(told) == model.rounds


def test_calibration_takes_back_what_was_said_too_loudly() -> None:
    model = GenreEstimator(SPEC, CLASSES).fit(*rows(100))
    truth = np.arange(400) % 10
    loud = np.full((400, 10), -8.0)
    said = np.where(np.random.default_rng(0).random(400) < 0.6, truth, (truth + 3) % 10)
    loud[np.arange(400), said] = -0.001
    model.calibrate(loud, truth)
    assert model.temperature > 2


def test_of_a_song_that_was_not_heard_the_57_numbers_teach_and_tell() -> None:
    X, labels = rows(400)
    X[200:, : 2 * UNITS] = np.nan
    metal = labels == "metal"
    apart = np.where(np.arange(400) < 200, ~metal, True)  # metal is known by its 57 numbers alone
    model = GenreEstimator(SPEC, CLASSES).fit(X[apart], labels[apart])
    proba = model.predict_proba(X[200:])
    assert (np.array(CLASSES)[proba.argmax(axis=1)] == labels[200:]).mean() > 0.9


def test_columns_are_the_named_ones() -> None:
    X = np.arange(len(SPEC.names), dtype=np.float32)[None]
    assert [SPEC.names[int(i)] for i in means(X)[0]] == [n for n in SPEC.names if n.startswith("mean.")]
    assert not any(SPEC.names[int(i)].startswith("timbre.") for i in activations(X)[0])
