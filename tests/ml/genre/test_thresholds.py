"""Thresholds come from what was right."""

import numpy as np

from ml.genre.thresholds import RIGHT, choose_thresholds, least_confidence


def test_enough_of_what_is_answered_is_right() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.random(500)
    right = rng.random(500) < confidence
    at = least_confidence(confidence, right)
    assert right[confidence >= at].mean() >= RIGHT - 0.01
    assert right.mean() < RIGHT


def test_nothing_right_means_no_answer() -> None:
    assert least_confidence(np.linspace(0.1, 0.9, 20), np.zeros(20, dtype=bool)) > 0.99


def test_few_songs_are_taken_for_strange() -> None:
    proba = np.tile([0.9, 0.1], (200, 1))
    strangeness = np.linspace(0, 1, 200)
    found = choose_thresholds(proba, np.zeros(200, dtype=np.intp), strangeness=strangeness)
    assert 0 < (strangeness >= found.strange).mean() < 0.05
