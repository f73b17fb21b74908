"""A table whose rows tell their class by something else than sound is found out."""

import numpy as np
import pytest

from ml import evaluation
from ml.crossval import fold_numbers
from ml.dataset import Table
from ml.evaluation.leakage import leaks
from tests.tables import even, told


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    monkeypatch.setattr("ml.evaluation.leakage.TREES", 20)


def drawn(*, sr_tells: bool) -> Table:
    rng = np.random.default_rng(1)
    table = even(n_groups=15)
    texts = []
    for text, label in zip(table.facts, table.labels, strict=True):
        sr = 48000 if (label.startswith("opus") if sr_tells else rng.random() < 0.4) else 44100
        texts.append(str(text).replace("44100|5.0", f"{sr}|{rng.uniform(4, 10):.1f}"))
    return told(texts, groups=list(table.groups))


def test_what_is_drawn_alike_tells_nothing():
    table = drawn(sr_tells=False)
    found = leaks(table, folds=fold_numbers(table, seed=0))
    assert found["at_chance"]
    assert found["chance"] == pytest.approx(1 / 22, abs=1e-4)
    assert found["low"] <= found["value"] <= found["high"]
    assert min(test["p"] for test in found["independence"].values()) > 0.001


def test_a_rate_that_tells_is_found():
    table = drawn(sr_tells=True)
    found = leaks(table, folds=fold_numbers(table, seed=0))
    assert not found["at_chance"]
    assert found["independence"]["rate"]["p"] < 1e-6
    assert found["independence"]["depth"] == {"chi_square": 0.0, "freedom": 0, "p": 1.0}


def test_the_shipped_table_does_not_leak():
    table = Table.load(evaluation.TABLE)
    assert leaks(table, folds=fold_numbers(table, seed=1))["at_chance"]
