"""At which setting a coder was run: trees, and beside them a smooth second opinion.

Trees cut what was measured into steps, and near a border between two bitrates there are few examples on either side of a
cut. Support vectors weigh all columns at once; alone they are right less often, but they err elsewhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.calibration import CalibratedClassifierCV
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

from ml.quality.stages import Stage, numbers

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

SAY: Final = 0.2
"""Of the support vectors in the log probability; 0.3 is as good, 0.4 worse."""
PENALTY: Final = 10.0
REACH: Final = 0.6
"""Times one over the number of columns: how fast likeness falls with distance."""
FOLDS: Final = 5
"""In which the vectors' distances are made probabilities."""
FARTHEST: Final = 4.0
"""Deviations from the mean at which a column says no more."""
LEAST: Final = 1e-5


@dataclass
class Vectors:
    """Support vectors over some of the columns, on a scale of logarithms."""

    columns: NDArray[np.intp]
    classes: tuple[str, ...]
    scale: Any = None
    machine: Any = None

    def fit(self, X: F32, labels: NDArray[np.str_], *, weights: F64 | None = None) -> bool:
        """Whether there were two examples of every class at least; labels, weights : shape (n,)"""
        truth = numbers(labels, classes=self.classes)
        folds = min(FOLDS, int(np.bincount(truth, minlength=len(self.classes)).min()))
        if folds < 2:
            return False
        self.scale = make_pipeline(
            FunctionTransformer(_logarithms),
            SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
            StandardScaler(),
            FunctionTransformer(_within_reach),
        )
        inputs = self.scale.fit_transform(X[:, self.columns])
        machine = SVC(C=PENALTY, gamma=REACH / len(self.columns))
        self.machine = CalibratedClassifierCV(machine, method="temperature", cv=folds, ensemble=False)
        self.machine.fit(inputs, truth, sample_weight=weights)
        return True

    def log_proba(self, X: F32) -> F64:
        """Shape (n, n_classes)."""
        proba = self.machine.predict_proba(self.scale.transform(X[:, self.columns]))
        return np.asarray(np.log(np.maximum(proba, LEAST)))


@dataclass
class Within:
    """Which of a family's classes."""

    trees: Stage
    vectors: Vectors | None = None

    def fit(
        self,
        X: F32,
        labels: NDArray[np.str_],
        *,
        settings: Mapping[str, Any],
        seed: int,
        jobs: int,
        weights: F64 | None = None,
        on_round: Callable[[], None] | None = None,
    ) -> None:
        """As :meth:`Stage.fit`; without vectors where a class has a single example."""
        self.trees.fit(X, labels, settings=settings, seed=seed, jobs=jobs, weights=weights, on_round=on_round)
        vectors = Vectors(self.trees.columns, self.trees.classes)
        self.vectors = vectors if vectors.fit(X, labels, weights=weights) else None

    def log_proba(self, X: F32) -> F64:
        """Shape (n, n_classes)."""
        trees = self.trees.log_proba(X)
        if self.vectors is None:
            return trees
        both = (1 - SAY) * trees + SAY * self.vectors.log_proba(X)
        return np.asarray(log_softmax(both, axis=1))


def _logarithms(X: F32) -> F32:
    return np.asarray(np.sign(X) * np.log1p(np.abs(X)), dtype=np.float32)


def _within_reach(X: F32) -> F32:
    return np.clip(X, -FARTHEST, FARTHEST)
