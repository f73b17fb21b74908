"""The genre model: a linear classifier on the music network's activations.

Few songs and many numbers: the network has learnt what music is made of from a million songs, so a hyperplane for each
genre is enough, and trees or a finer network would learn the artists by heart.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ml.calibration import calibrated, fit_calibration
from ml.dataset import Table
from ml.features.spec import FeatureSpec
from ml.genre.neighbours import Neighbours
from ml.genre.strangeness import Strangeness, taught

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

SETTINGS: Final[dict[str, Any]] = {"C": 0.003}
FLOOR: Final = 1e-7


@dataclass
class GenreEstimator:
    """Logistic regression, then one temperature and one shift a class, fitted on probabilities out of fold."""

    spec: FeatureSpec
    classes: tuple[str, ...]
    seed: int = 0
    settings: dict[str, Any] = field(default_factory=lambda: dict(SETTINGS))
    model: Any = None
    temperature: float = 1.0
    shift: F64 | None = None
    neighbours: Neighbours | None = None
    """The songs it learnt from; like what follows, fitted by itself (:func:`complete`)."""
    strangeness: Strangeness | None = None

    @property
    def rounds(self) -> int:
        """One fit is one step."""
        return 1

    def fit(
        self,
        X: F32,
        labels: NDArray[np.str_],
        *,
        jobs: int = 1,
        weights: F64 | None = None,
        on_round: Callable[[], None] | None = None,
    ) -> "GenreEstimator":
        """X : shape (n, n_features); labels, weights : shape (n,). Rare classes weigh as much as frequent ones."""
        linear = LogisticRegression(class_weight="balanced", max_iter=2000, **self.settings)
        self.model = make_pipeline(StandardScaler(), linear)
        self.model.fit(np.asarray(X, dtype=np.float64), labels, logisticregression__sample_weight=weights)
        if on_round:
            on_round()
        return self

    def raw_log_proba(self, X: F32) -> F64:
        """Uncalibrated, shape (n, n_classes); a class that was not taught is as good as impossible."""
        out = np.full((len(X), len(self.classes)), np.log(FLOOR))
        columns = [self.classes.index(label) for label in self.model.classes_]
        out[:, columns] = self.model.predict_log_proba(np.asarray(X, dtype=np.float64))
        return np.asarray(np.maximum(out, np.log(FLOOR)))

    def predict_proba(self, X: F32) -> F64:
        """Calibrated, shape (n, n_classes)."""
        return calibrated(self.raw_log_proba(X), temperature=self.temperature, shift=self.shift)

    def calibrate(self, log_proba: F64, truth: NDArray[np.intp]) -> None:
        """From log probabilities of songs that it had not met; shape (n, n_classes), truth : shape (n,)."""
        self.temperature, self.shift = fit_calibration(log_proba, truth)


def complete(estimator: GenreEstimator, songs: Table, *, strangers: Table) -> None:
    """What a fitted estimator needs besides: its neighbours, and what no song is."""
    estimator.neighbours = Neighbours.of(means(songs.X), songs=songs.facts, labels=songs.labels)
    estimator.strangeness = Strangeness().fit(songs.X, strangers.X[taught(strangers.labels)])


def means(X: F32) -> F32:
    """The first half of the features: where a song is in the network's space."""
    return X[:, : X.shape[1] // 2]
