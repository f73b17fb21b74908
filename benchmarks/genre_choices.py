"""What else the genre model could be: each choice changed alone, on the shipped table, in the same folds by artist.

    python benchmarks/genre_choices.py [--splits 5]

Mean recall of the ten genres and share right, of songs that were heard: means over splits, and the least and highest of
them. Differences of a point or two are within what another draw of the folds does.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.svm import SVC  # noqa: E402

from ml.crossval import class_numbers, fold_numbers  # noqa: E402
from ml.dataset import Table  # noqa: E402
from ml.evaluation.genre import TABLE, right_and_recall  # noqa: E402
from ml.evaluation.genre.validation import FOLDS  # noqa: E402
from ml.genre.classes import CLASSES  # noqa: E402
from ml.genre.estimator import SETTINGS, GenreEstimator, activations, heard  # noqa: E402

Fit = Callable[[Table], Callable[[Table], Any]]
"""From rows to learn from: something that says the numbers of classes, shape (n,), of rows that were heard."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--splits", type=int, default=5)
    splits = range(1, 1 + parser.parse_args().splits)
    table = Table.load(TABLE, task="genre")
    print(f"{heard(table.X).sum()} songs, {len(splits)} splits{'mean recall, %':>30}{'right, %':>22}")
    for name, fit in CHOICES.items():
        found = [_judged(table, fit, seed=seed) for seed in splits]
        cells = [
            f"{100 * np.mean(of):8.1f} ({100 * min(of):.1f} to {100 * max(of):.1f})"
            for of in ([one[key] for one in found] for key in ("mean_recall", "accuracy"))
        ]
        print(f"{name:34}{cells[0]:>24}{cells[1]:>24}", flush=True)


def _judged(table: Table, fit: Fit, *, seed: int) -> Mapping[str, float]:
    fold, listened = fold_numbers(table, seed=seed, folds=FOLDS), heard(table.X)
    said = np.empty(len(table), dtype=np.intp)
    for number in range(FOLDS):
        here = listened & (fold == number)
        said[here] = fit(table.rows(fold != number))(table.rows(here))
    return right_and_recall(said[listened], class_numbers(table.rows(listened), classes=CLASSES))


def _model(**settings: float) -> Fit:
    def fit(rows: Table) -> Callable[[Table], Any]:
        model = GenreEstimator(rows.spec, CLASSES, settings=SETTINGS | settings).fit(rows.X, rows.labels)
        return lambda asked: model.raw_log_proba(asked.X).argmax(axis=1)

    return fit


def _heard_alone(fit: Fit) -> Fit:
    """Taught by the songs that were heard, and by no other."""
    return lambda rows: fit(rows.rows(heard(rows.X)))


def _activations_in(make: Callable[[], Any]) -> Fit:
    def fit(rows: Table) -> Callable[[Table], Any]:
        model = make_pipeline(StandardScaler(), make())
        model.fit(activations(rows.X), class_numbers(rows, classes=CLASSES))
        return lambda asked: model.predict(activations(asked.X))

    return _heard_alone(fit)


CHOICES: Mapping[str, Fit] = {
    "the model": _model(),
    "network alone": _model(timbre_weight=0.0),
    "57 features, weight 0.2": _model(timbre_weight=0.2),
    "57 features, weight 0.4": _model(timbre_weight=0.4),
    "57 features of heard songs alone": _heard_alone(_model()),
    "network held twice as firmly": _model(network_C=SETTINGS["network_C"] / 2),
    "network held half as firmly": _model(network_C=SETTINGS["network_C"] * 2),
    "network, shrunk discriminants": _activations_in(
        lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.6, priors=np.full(10, 0.1))
    ),
    "network, support vectors": _activations_in(lambda: SVC(C=3.0, gamma=0.001, class_weight="balanced")),
}


if __name__ == "__main__":
    main()
