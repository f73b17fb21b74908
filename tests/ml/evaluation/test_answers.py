"""Rows are judged by the verdict itself."""

import numpy as np

from ml.crossval import fold_numbers
from ml.evaluation.answers import answer_all
from tests.tables import even, met, oracle, sure, told


def test_an_oracle_is_always_right():
    table = even()
    answers = answer_all(table, oracle(table), present=met(table), folds=fold_numbers(table, seed=0))
    assert answers.right.all()
    assert answers.family_right.all()
    np.testing.assert_array_equal(answers.accused, ~answers.genuine)
    assert set(answers.verdict[answers.genuine]) == {"genuine"}


def test_between_the_thresholds_it_is_undecided():
    table = even()
    proba = oracle(table)
    first = np.flatnonzero(table.labels == "lossless")[:2]
    proba[first] = sure("lossless", 0.5), sure("lossless", 0.75)
    verdict = answer_all(table, proba, present=met(table), folds=fold_numbers(table, seed=0)).verdict
    assert verdict[first].tolist() == ["undecided", "genuine"]


def test_a_clip_too_short_is_not_cleared():
    texts = ["music||||16|44100|2.5", "music||||16|44100|3.0", "music|mp3-128||default|16|44100|2.5"]
    table = told([*texts, *texts], mp3_confirmed=[np.nan, 2.0, 9.0] * 2)
    answers = answer_all(table, oracle(table), present=met(table), folds=np.array([0, 0, 0, 1, 1, 1]))
    assert answers.verdict[:3].tolist() == ["undecided", "genuine", "transcode"]
    assert [len(said.history) for said in answers.said[:3]] == [0, 0, 1]
    assert answers.said[2].history[0].sigma == 9.0
