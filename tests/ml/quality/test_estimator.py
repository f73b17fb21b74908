"""Probabilities are probabilities, reproducible, and calibrated where they can be."""

import numpy as np
import pytest

from ml.calibration import calibrated, fit_calibration
from ml.errors import ModelMismatch
from ml.features.quality import spec
from ml.quality.classes import CLASSES
from ml.quality.estimator import QualityEstimator

SPEC = spec()
SMALL = {"n_estimators": 8, "learning_rate": 0.3, "num_leaves": 4, "min_child_samples": 2}


def table(*, per_class=6, seed=0):
    """Rows in which every class has a level of its own in every column."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.array(CLASSES), per_class)
    level = np.repeat(np.arange(len(CLASSES)), per_class)[:, None]
    return (level + 0.1 * rng.standard_normal((len(labels), len(SPEC.names)))).astype(np.float32), labels


def fitted(seed=0):
    X, labels = table()
    return QualityEstimator(SPEC, CLASSES, seed, dict(SMALL), dict(SMALL)).fit(X, labels)


def test_probabilities_add_up_and_find_the_class():
    X, labels = table(seed=1)
    proba = fitted().predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    assert (np.array(CLASSES)[proba.argmax(axis=1)] == labels).mean() > 0.9


def test_the_same_seed_gives_the_same_model():
    X, _ = table(seed=2)
    np.testing.assert_array_equal(fitted().predict_proba(X), fitted().predict_proba(X))


def test_a_coding_beneath_the_worst_is_learnt_from():
    """Rows whose label says lossless; their histories say otherwise, and are heard."""
    X, labels = table()
    mislabelled = labels == "vorbis-q8"
    said = np.where(mislabelled, "lossless", labels)
    histories = [() if label == "lossless" else (label,) for label in labels]
    settings = dict(SMALL), dict(SMALL)
    rows = np.concatenate([np.flatnonzero(labels != "vorbis-q8"), np.repeat(np.flatnonzero(mislabelled), 2)])
    said[np.flatnonzero(mislabelled)[0]] = "vorbis-q8"  # every class must be there
    deaf, hearing = (
        QualityEstimator(SPEC, CLASSES, 0, *settings)
        .fit(X[rows], said[rows], histories=told)
        .predict_proba(X)
        for told in (None, [histories[i] for i in rows])
    )
    assert hearing[mislabelled, 0].mean() < deaf[mislabelled, 0].mean() - 0.1
    np.testing.assert_allclose(hearing.sum(axis=1), 1)


def test_a_coding_over_a_worse_one_teaches_its_class():
    """All examples of MP3 320 but one lie over AAC 96, whose label they have; both codings are in their histories."""
    X, labels = table()
    over = np.flatnonzero(labels == "mp3-320")[1:]
    said = labels.copy()
    said[over] = "aac-96"
    histories = [() if label == "lossless" else (label,) for label in labels]
    for i in over:
        histories[i] = ("aac-96", "mp3-320")
    mp3 = [i for i, name in enumerate(CLASSES) if name.startswith("mp3")]
    shares = []
    for told in (None, histories):
        found = QualityEstimator(SPEC, CLASSES, 0, dict(SMALL), dict(SMALL)).fit(X, said, histories=told)
        within = found.class_stages["mp3"].log_proba(X[over])
        shares.append(np.exp(within[:, mp3.index(CLASSES.index("mp3-320"))]).mean())
    assert 1 - shares[1] < (1 - shares[0]) / 5


def test_missing_numbers_are_allowed():
    X, _ = table(seed=3)
    X[:, ::3] = np.nan
    assert np.isfinite(fitted().predict_proba(X)).all()


def test_calibration_finds_overconfidence():
    """Scores three times too sure: the temperature comes out near three."""
    rng = np.random.default_rng(4)
    log_p = np.log(rng.dirichlet(np.ones(5), size=20000))
    truth = np.array([rng.choice(5, p=np.exp(row)) for row in log_p])
    temperature, shift = fit_calibration(3 * log_p, truth)
    assert temperature == pytest.approx(3, rel=0.05)
    assert np.abs(shift).max() < 0.1
    proba = calibrated(3 * log_p, temperature=temperature, shift=shift)
    top = proba.max(axis=1)
    assert (proba.argmax(axis=1) == truth).mean() == pytest.approx(top.mean(), abs=0.01)


def test_numbers_of_another_measurement_are_refused():
    with pytest.raises(ModelMismatch):
        SPEC.vector({"something": 1.0})
