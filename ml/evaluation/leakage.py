"""Whether how a row was made tells its class: then a model might have learnt that instead of the sound."""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2_contingency
from sklearn.ensemble import RandomForestClassifier

from ml.dataset import Table
from ml.evaluation.slices import length
from ml.facts import Facts

Ints = NDArray[np.intp]

TREES: Final = 100
LEAF: Final = 5
"""Rows in a leaf at least: the forest must not learn single rows by heart."""

ASIDE: Final = ("depth", "rate", "length")
"""What no class may depend on. Loudness and offsets are in no table: they are left out of the measurement."""


def leaks(table: Table, *, folds: Ints, seed: int = 0) -> dict[str, Any]:
    """Classes guessed from depth, rate and length alone, by supergroup, and each alone by its contingency.

    At chance is where the interval of the balanced accuracy reaches down to it; p is that of independence (chi-square).
    """
    stories = table.stories()
    guess = _guess(_numbers(stories), table.labels, folds=folds, seed=seed)
    value, low, high = balanced_accuracy(table.labels, guess)
    chance = 1 / len(set(table.labels))
    return {
        "value": round(value, 5),
        "n": len(table),
        "low": round(low, 5),
        "high": round(high, 5),
        "chance": round(chance, 5),
        "at_chance": bool(low <= chance),
        "independence": {name: _independence(table.labels, v) for name, v in _named(stories).items()},
    }


def balanced_accuracy(truth: NDArray[np.str_], answer: NDArray[np.str_]) -> tuple[float, float, float]:
    """Mean share right over the classes, with a 95 % interval (normal, each share shrunk as Agresti and Coull do).

    >>> [round(x, 2) for x in balanced_accuracy(np.array(["a", "b"] * 50), np.array(["a"] * 100))]
    [0.5, 0.46, 0.54]
    """
    right, variance = [], 0.0
    for name in sorted(set(truth)):
        here = truth == name
        n, hits = int(here.sum()), int((answer[here] == name).sum())
        p = (hits + 2) / (n + 4)
        right.append(hits / n)
        variance += p * (1 - p) / (n + 4)
    value, spread = float(np.mean(right)), 1.96 * sqrt(variance) / len(right)
    return value, max(0.0, value - spread), min(1.0, value + spread)


def _guess(X: NDArray[np.float64], labels: NDArray[np.str_], *, folds: Ints, seed: int) -> NDArray[np.str_]:
    out = np.empty_like(labels)
    for number in np.unique(folds):
        here = folds == number
        forest = RandomForestClassifier(
            TREES, min_samples_leaf=LEAF, class_weight="balanced", random_state=seed, n_jobs=1
        )
        out[here] = forest.fit(X[~here], labels[~here]).predict(X[here])
    return out


def _numbers(stories: Sequence[Facts]) -> NDArray[np.float64]:
    depths = sorted({one.depth for one in stories})
    return np.array([(depths.index(one.depth), one.sr, one.seconds) for one in stories], dtype=float)


def _named(stories: Sequence[Facts]) -> Mapping[str, list[str]]:
    values = ([one.depth, str(one.sr), length(one)] for one in stories)
    return dict(zip(ASIDE, map(list, zip(*values, strict=True)), strict=True))


def _independence(labels: NDArray[np.str_], values: Sequence[str]) -> dict[str, Any]:
    rows, columns = np.unique(labels, return_inverse=True)[1], np.unique(values, return_inverse=True)[1]
    counts = np.zeros((rows.max() + 1, columns.max() + 1), dtype=int)
    np.add.at(counts, (rows, columns), 1)
    found = chi2_contingency(counts)
    return {
        "chi_square": round(float(found.statistic), 2),
        "freedom": int(found.dof),
        "p": round(float(found.pvalue), 5),
    }
