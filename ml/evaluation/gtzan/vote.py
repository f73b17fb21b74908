"""Models on the 57 numbers of a song and of its pieces."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, Self

import numpy as np
from lightgbm import LGBMClassifier
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

from ml.evaluation.gtzan.tables import TableSong
from ml.features.timbre import NAMES

F64 = NDArray[np.float64]

SIGNED: Final = [NAMES.index(name) for name in ("harmony_mean", "perceptr_mean")]
SPREAD: Final = [
    i
    for i, name in enumerate(NAMES)
    if name.endswith("_var") or name == "tempo" or name.startswith(("rms", "spectral", "rolloff", "zero"))
]
FAR: Final = 4.0
"""Deviations; what is farther out is taken for as far."""


class Vote:
    """Models of seven kinds: the mean of their probabilities."""

    classes: tuple[str, ...]

    def fit(self, songs: Sequence[TableSong]) -> Self:
        X, labels = by_song(songs), np.array([song.label for song in songs])
        rows, owners = by_row(songs)
        self.classes = tuple(sorted(set(labels)))
        self._of_songs = [model.fit(X, labels) for model in _of_songs()]
        self._of_rows = [model.fit(rows[::2], labels[owners[::2]]) for model in _of_rows()]
        return self

    def log_proba(self, songs: Sequence[TableSong]) -> F64:
        """Shape (n, n_classes)."""
        X = by_song(songs)
        members = [_log_proba(model, X) for model in self._of_songs]
        members += [_voted(partial(_log_proba, model), songs) for model in self._of_rows]
        mean = np.mean([np.exp(log_softmax(member, axis=1)) for member in members], axis=0)
        return np.asarray(np.log(mean))


class RowVote:
    """What others start with: logistic regression of rows, whose log probabilities are averaged over a song."""

    classes: tuple[str, ...]

    def fit(self, songs: Sequence[TableSong]) -> Self:
        rows, owners = by_row(songs, bent=False)
        labels = np.array([song.label for song in songs])
        self.classes = tuple(sorted(set(labels)))
        self._rows = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)).fit(
            rows, labels[owners]
        )
        return self

    def log_proba(self, songs: Sequence[TableSong]) -> F64:
        """Shape (n, n_classes)."""
        return _voted(self._rows.predict_log_proba, songs, bent=False)


def bend(X: F64) -> F64:
    """Logarithms of what is positive and skewed, signed ones of the two means near zero; shape (n, 57)."""
    X = X.copy()
    X[:, SPREAD] = np.log(np.maximum(X[:, SPREAD], 1e-12))
    X[:, SIGNED] = np.sign(X[:, SIGNED]) * np.log1p(np.abs(X[:, SIGNED]) / 1e-5)
    return X


def by_song(songs: Sequence[TableSong]) -> F64:
    """The whole, and mean and deviation over the rows, shape (n, 3 * 57)."""
    whole = bend(np.stack([song.whole for song in songs]))
    rows = [bend(song.rows) for song in songs]
    return np.hstack([whole, [r.mean(axis=0) for r in rows], [r.std(axis=0) for r in rows]])


def by_row(songs: Sequence[TableSong], *, bent: bool = True) -> tuple[F64, NDArray[np.intp]]:
    """All rows, shape (n_rows, 57), and the number of the song that each is of."""
    rows = np.concatenate([song.rows for song in songs])
    owners = np.repeat(np.arange(len(songs)), [len(song.rows) for song in songs])
    return bend(rows) if bent else rows, owners


def _voted(log_proba: Callable[[F64], F64], songs: Sequence[TableSong], *, bent: bool = True) -> F64:
    """Mean over each song's rows; no row may say less than exp(-8)."""
    rows, owners = by_row(songs, bent=bent)
    said = np.maximum(log_proba(rows), -8.0)
    total = np.zeros((len(songs), said.shape[1]))
    np.add.at(total, owners, said)
    return np.asarray(total / np.bincount(owners)[:, None])


def _of_songs() -> list[Any]:
    """A discriminant, its nearest neighbours, support vectors, two kinds of trees."""
    near = KNeighborsClassifier(25, weights="distance")
    trees: dict[str, Any] = {
        "n_estimators": 200,
        "min_samples_leaf": 2,
        "max_features": 0.2,
        "random_state": 0,
    }
    boosted: dict[str, Any] = {
        "n_estimators": 80,
        "learning_rate": 0.05,
        "num_leaves": 7,
        "colsample_bytree": 0.2,
    }
    return [
        make_pipeline(StandardScaler(), LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.2)),
        make_pipeline(StandardScaler(), LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.3), near),
        make_pipeline(StandardScaler(), _clipped(), SVC(C=10.0, gamma=0.003)),
        ExtraTreesClassifier(**trees),
        LGBMClassifier(**boosted, reg_lambda=5.0, min_child_samples=10, n_jobs=1, verbose=-1),
    ]


def _of_rows() -> list[Any]:
    """A hyperplane for each genre, and support vectors."""
    return [
        make_pipeline(StandardScaler(), _clipped(), LogisticRegression(C=0.05, max_iter=300)),
        make_pipeline(StandardScaler(), _clipped(), SVC(C=3.0, gamma=0.01)),
    ]


def _clipped() -> FunctionTransformer:
    return FunctionTransformer(np.clip, kw_args={"a_min": -FAR, "a_max": FAR})


def _log_proba(model: Any, X: F64) -> F64:
    """Support vectors give distances, from which their probabilities follow."""
    if isinstance(model, Pipeline) and isinstance(model[-1], SVC):
        return np.asarray(log_softmax(model.decision_function(X), axis=1))
    return np.asarray(np.log(np.maximum(model.predict_proba(X), 1e-6)))
