"""How right the genre model is on artists it has not met, and what it says of sound that has no genre.

Five folds by artist; model, calibration, thresholds and what is strange are of each fold learnt from the other folds. The
intervals take rows for independent, but for the mean recall's, which draws artists.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ml import artifact
from ml.crossval import class_numbers, fold_numbers
from ml.dataset import Table
from ml.evaluation.genre.validation import FOLDS, Said, validate
from ml.evaluation.shares import Share, calibration_curve, calibration_error, share
from ml.features.genre import TIMBRE
from ml.genre.classes import CLASSES
from ml.genre.estimator import heard, means
from ml.genre.neighbours import Neighbours
from ml.genre.thresholds import choose_thresholds

F64 = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
Figures = dict[str, Any]

FOLDER: Final = artifact.SHIPPED / "genre"
TABLE: Final = FOLDER / "table.npz"
STRANGERS: Final = FOLDER / "strangers.npz"
REPEATS: Final = 5
"""Further splits, to see how much the figures depend on the split."""
DRAWS: Final = 1000


def evaluate_genre(
    table: Table, strangers: Table, *, seed: int = 1, published: Figures | None = None
) -> Figures:
    """table : with songs that were not heard, which teach but are not counted
    published : what GTZAN's tables alone are worth, if their data are at hand
    """
    songs, others = validate(table, strangers, seed=seed)
    listened = table.rows(heard(table.X))
    truth = class_numbers(listened, classes=CLASSES)
    at = choose_thresholds(songs.proba, truth, strangeness=songs.strangeness)
    again = [
        validate(table, strangers, seed=seed + more)[0].proba.argmax(axis=1) for more in range(1, REPEATS)
    ]
    return {
        "suite": "genre",
        "rows": len(listened),
        "groups": len(set(listened.groups)),
        "unheard": len(table) - len(listened),
        "folds": FOLDS,
        "seed": seed,
        "thresholds": {"answer": at.answer, "strange": at.strange},
        **summarise(listened, songs),
        "other_splits": [right_and_recall(said, truth) for said in again],
        "neighbours": _neighbours(listened),
        "strangers": strange_slices(strangers, others),
        "baseline": _baseline(table, seed=seed),
        "published": published,
    }


def summarise(table: Table, songs: Said) -> Figures:
    """Figures of songs out of fold."""
    truth, said = class_numbers(table, classes=CLASSES), songs.proba.argmax(axis=1)
    right, ranks = said == truth, (-songs.proba).argsort(axis=1)
    confidence = songs.proba.max(axis=1)
    return {
        "accuracy": share(right),
        "mean_recall": mean_recall(said, truth, groups=table.groups),
        "among_three": share((ranks[:, :3] == truth[:, None]).any(axis=1)),
        "uncertain": share(~songs.answered),
        "right_of_answered": share(right[songs.answered]),
        "ece": calibration_error(confidence, right),
        "calibration": calibration_curve(confidence, right),
        "classes": {
            label: {
                "recall": share(right[truth == k]),
                "uncertain": share(~songs.answered[truth == k]),
                "right_of_answered": share(right[songs.answered & (truth == k)]),
                "artists": len(set(table.groups[truth == k])),
            }
            for k, label in enumerate(CLASSES)
        },
        "confusion": _confusion(said, truth),
    }


def mean_recall(said: Ints, truth: Ints, *, groups: NDArray[np.str_]) -> Share:
    """Mean over the genres of the share that is told, with an interval over draws of whole artists."""
    names, owner = np.unique(groups, return_inverse=True)
    rng = np.random.default_rng(0)
    drawn = [_recall(said, truth, often[owner]) for often in _draws(len(names), rng)]
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    value = _recall(said, truth, np.ones(len(truth)))
    return {
        "value": round(value, 5),
        "n": len(truth),
        "low": round(float(low), 5),
        "high": round(float(high), 5),
    }


def right_and_recall(said: Ints, truth: Ints) -> Mapping[str, float]:
    """Share right, and mean over the genres; said, truth : numbers of classes, shape (n,)"""
    return {
        "accuracy": round(float((said == truth).mean()), 5),
        "mean_recall": round(_recall(said, truth, np.ones(len(truth))), 5),
    }


def strange_slices(strangers: Table, said: Said) -> Mapping[str, Mapping[str, Share]]:
    """By kind: what got an answer, and what would have got one by its length."""
    return {
        kind: {"answered": share(said.answered[strangers.labels == kind])}
        for kind in sorted(set(strangers.labels))
    }


def _draws(n: int, rng: np.random.Generator) -> list[F64]:
    """How often each of n artists is drawn."""
    return [np.bincount(rng.integers(0, n, n), minlength=n).astype(float) for _ in range(DRAWS)]


def _recall(said: Ints, truth: Ints, weights: F64) -> float:
    """A genre of which nobody was drawn doesn't count."""
    total = np.bincount(truth, weights, minlength=len(CLASSES))
    right = np.bincount(truth, weights * (said == truth), minlength=len(CLASSES))
    return float((right[total > 0] / total[total > 0]).mean())


def _neighbours(table: Table) -> Share:
    """Whether the nearest song of another artist has the same genre."""
    X = means(table.X)
    distances = Neighbours.of(X, songs=table.ids, labels=table.labels).distances(X)
    distances[table.groups[:, None] == table.groups[None]] = np.inf
    return share(table.labels[distances.argmin(axis=1)] == table.labels)


def _confusion(said: Ints, truth: Ints) -> list[list[int]]:
    counts = np.zeros((len(CLASSES), len(CLASSES)), dtype=int)
    np.add.at(counts, (truth, said), 1)
    return [list(map(int, row)) for row in counts]


def _baseline(table: Table, *, seed: int) -> Figures:
    """The 57 numbers of the heard songs alone, in the same folds."""
    rows, columns = heard(table.X), [name.startswith(TIMBRE) for name in table.spec.names]
    folds, table = fold_numbers(table, seed=seed, folds=FOLDS)[rows], table.rows(rows)
    X, truth = table.X[:, columns], class_numbers(table, classes=CLASSES)
    said = np.empty(len(table), dtype=np.intp)
    for number in range(FOLDS):
        here = folds == number
        linear = LogisticRegression(class_weight="balanced", max_iter=5000)
        model = make_pipeline(StandardScaler(), linear).fit(X[~here], truth[~here])
        said[here] = model.predict(X[here])
    return {
        "accuracy": share(said == truth),
        "mean_recall": mean_recall(said, truth, groups=table.groups),
        "classes": {label: share((said == truth)[truth == k]) for k, label in enumerate(CLASSES)},
    }
