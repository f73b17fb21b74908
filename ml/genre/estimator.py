"""The genre model: two linear classifiers, on the music network's activations and on the 57 numbers of GTZAN's tables.

Few songs and many numbers: the network has learnt what music is made of from a million songs, so a hyperplane for each
genre is enough, and trees or a finer network would learn the artists by heart. The 57 numbers say less, but they are
known of twice as many songs.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from ml.calibration import UNSHIFTED, calibrated, fit_calibration
from ml.dataset import Table
from ml.features.genre import TIMBRE
from ml.features.network import UNITS
from ml.features.spec import FeatureSpec
from ml.genre.neighbours import Neighbours
from ml.genre.strangeness import Strangeness, taught

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
Bools = NDArray[np.bool_]

SETTINGS: Final[dict[str, float]] = {"network_C": 0.002, "timbre_C": 0.1, "timbre_weight": 0.3}
FLOOR: Final = 1e-7
FAR: Final = 4.0
"""Deviations; what is farther out is taken for as far, so that an odd recording doesn't decide by one number."""


@dataclass
class GenreEstimator:
    """A product of the two, then one temperature, fitted on probabilities out of fold.

    How many songs of a genre were to be had says nothing about what people send, so all are taken for equally frequent.
    """

    spec: FeatureSpec
    classes: tuple[str, ...]
    seed: int = 0
    settings: dict[str, float] = field(default_factory=lambda: dict(SETTINGS))
    network: Any = None
    timbre: Any = None
    temperature: float = 1.0
    neighbours: Neighbours | None = None
    """The songs it learnt from; like what follows, fitted by itself (:func:`complete`)."""
    strangeness: Strangeness | None = None

    @property
    def rounds(self) -> int:
        """One for each of the two."""
        return 2

    def fit(
        self,
        X: F32,
        labels: NDArray[np.str_],
        *,
        jobs: int = 1,
        weights: F64 | None = None,
        on_round: Callable[[], None] | None = None,
    ) -> "GenreEstimator":
        """X : shape (n, n_features), activations NaN where nobody could listen; labels, weights : shape (n,).

        Rare genres weigh as much as frequent ones.
        """
        rows, told = heard(X), weights if weights is not None else np.ones(len(X))
        self.network = _linear(self.settings["network_C"])
        _fit(self.network, activations(X)[rows], labels[rows], weights=told[rows])
        if on_round:
            on_round()
        self.timbre = _linear(self.settings["timbre_C"])
        _fit(self.timbre, self._timbre(X), labels, weights=told)
        if on_round:
            on_round()
        return self

    def raw_log_proba(self, X: F32) -> F64:
        """Uncalibrated, shape (n, n_classes); of rows without activations by the 57 numbers alone."""
        scores = self.settings["timbre_weight"] * self._log_proba(self.timbre, self._timbre(X))
        rows = heard(X)
        if rows.any():
            scores[rows] += self._log_proba(self.network, activations(X)[rows])
        return np.asarray(np.maximum(log_softmax(scores, axis=1), np.log(FLOOR)))

    def predict_proba(self, X: F32) -> F64:
        """Calibrated, shape (n, n_classes)."""
        return calibrated(self.raw_log_proba(X), temperature=self.temperature, shift=None)

    def calibrate(self, log_proba: F64, truth: NDArray[np.intp]) -> None:
        """From log probabilities of songs that it had not met; shape (n, n_classes), truth : shape (n,)."""
        self.temperature, _ = fit_calibration(log_proba, truth, keep=UNSHIFTED)

    def _timbre(self, X: F32) -> F32:
        return X[:, [name.startswith(TIMBRE) for name in self.spec.names]]

    def _log_proba(self, model: Any, X: F32) -> F64:
        """A class that was not taught is as good as impossible."""
        out = np.full((len(X), len(self.classes)), np.log(FLOOR))
        columns = [self.classes.index(label) for label in model.classes_]
        out[:, columns] = model.predict_log_proba(np.asarray(X, dtype=np.float64))
        return np.asarray(np.maximum(out, np.log(FLOOR)))


def complete(estimator: GenreEstimator, songs: Table, *, strangers: Table) -> None:
    """What a fitted estimator needs besides: its neighbours, and what no song is."""
    listened = songs.rows(heard(songs.X))
    estimator.neighbours = Neighbours.of(means(listened.X), songs=listened.facts, labels=listened.labels)
    estimator.strangeness = strangeness(listened.X, strangers)


def strangeness(songs: F32, strangers: Table) -> Strangeness:
    """Taught by songs that were heard, shape (n, n_features), and by those of the strangers that have no genre."""
    return Strangeness().fit(activations(songs), activations(strangers.X[taught(strangers.labels)]))


def heard(X: F32) -> Bools:
    """Rows with activations, shape (n,)."""
    return np.isfinite(X[:, 0])


def activations(X: F32) -> F32:
    """Mean and deviation of each unit, shape (n, 2 * UNITS)."""
    return X[:, : 2 * UNITS]


def means(X: F32) -> F32:
    """Where a song is in the network's space, shape (n, UNITS)."""
    return X[:, :UNITS]


def _linear(C: float) -> Any:
    near = FunctionTransformer(np.clip, kw_args={"a_min": -FAR, "a_max": FAR})
    linear = LogisticRegression(C=C, class_weight="balanced", max_iter=5000)
    return make_pipeline(StandardScaler(), near, linear)


def _fit(model: Any, X: F32, labels: NDArray[np.str_], *, weights: F64) -> None:
    model.fit(np.asarray(X, dtype=np.float64), labels, logisticregression__sample_weight=weights)
