"""Which coders a sound has met at all: the worst one, those after it, and those before.

One question for each coder, asked with the clearness of all grids: a test that hears another coder's frames, as AAC's
hears WMA's, is no second coding, and how high it must stand beside which other is learnt rather than set.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.features.spec import FeatureSpec
from ml.quality.classes import FAMILIES, family
from ml.quality.stages import FAMILY_SETTINGS, Stage, family_stage

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

LOSSY: Final = FAMILIES[1:]
ANSWERS: Final = ("absent", "present")
SETTINGS: Final[dict[str, Any]] = FAMILY_SETTINGS | {
    "n_estimators": 100,
    "learning_rate": 0.1,
    "num_leaves": 7,
}


@dataclass
class Presence:
    """One pair of answers for each lossy family."""

    spec: FeatureSpec
    seed: int = 0
    stages: dict[str, Stage] = field(default_factory=dict)

    def fit(
        self,
        X: F32,
        histories: Sequence[Collection[str]],
        *,
        jobs: int = 1,
        weights: F64 | None = None,
        on_round: Callable[[], None] | None = None,
    ) -> "Presence":
        """X : shape (n, n_features); histories : class ids of all codings of each row; weights : shape (n,)"""
        for name in LOSSY:
            met = np.array([any(family(coding) == name for coding in history) for history in histories])
            stage = family_stage(self.spec, ANSWERS)
            stage.fit(
                X,
                np.where(met, "present", "absent"),
                settings=SETTINGS,
                seed=self.seed,
                jobs=jobs,
                weights=weights,
                on_round=on_round,
            )
            self.stages[name] = stage
        return self

    @staticmethod
    def rounds() -> int:
        """Of boosting in one fit."""
        return len(LOSSY) * int(SETTINGS["n_estimators"])

    def __call__(self, X: F32) -> F64:
        """Probability of each of LOSSY, shape (n, 7)."""
        return np.stack([np.exp(self.stages[name].log_proba(X)[:, 1]) for name in LOSSY], axis=1)
