"""Models on the 57 numbers of a song and of its pieces."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
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
TEMPERATURES: Final = (0.3, 0.7, 0.7)
"""How far each member is believed; from grouped cross-validation over train and valid, as all choices here."""


class Blend:
    """Discriminant analyses of songs and of rows, and a support vector machine of songs; log probabilities are added."""

    classes: tuple[str, ...]

    def fit(self, songs: Sequence[TableSong]) -> Self:
        X, labels = by_song(songs), np.array([song.label for song in songs])
        self.classes = tuple(sorted(set(labels)))
        rows, owners = by_row(songs)
        self._discriminant = _discriminant(0.2).fit(X, labels)
        self._vectors = make_pipeline(StandardScaler(), SVC(C=10.0, gamma=0.003)).fit(X, labels)
        self._rows = _discriminant(0.1).fit(rows, labels[owners])
        return self

    def log_proba(self, songs: Sequence[TableSong]) -> F64:
        """Shape (n, n_classes)."""
        X = by_song(songs)
        members = (
            self._discriminant.predict_log_proba(X),
            log_softmax(self._vectors.decision_function(X), axis=1),
            _voted(self._rows.predict_log_proba, songs),
        )
        return np.asarray(
            sum(log_softmax(t * member, axis=1) for t, member in zip(TEMPERATURES, members, strict=True))
        )


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


def _discriminant(shrinkage: float) -> Any:
    return make_pipeline(StandardScaler(), LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage))
