"""How unlike songs a sound is: speech, noise and single instruments are told from songs by the network's activations.

A classifier of ten genres is never at a loss: it calls white noise metal. So a second one, taught by what has no genre,
says how probable it is that there is none.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

STRANGE: Final = ("voice", "instrument", "noise")
"""Kinds of sound that have no genre."""
SETTINGS: Final[dict[str, Any]] = {"C": 0.01}


def taught(kinds: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Which of them teach what is strange."""
    return np.isin(kinds, STRANGE)


@dataclass
class Strangeness:
    """Logistic regression of songs against the rest."""

    model: Any = None

    def fit(self, songs: F32, strangers: F32) -> "Strangeness":
        """Both of shape (n, n_features); both sides weigh the same."""
        X = np.concatenate([songs, strangers]).astype(np.float64)
        strange = np.repeat([False, True], [len(songs), len(strangers)])
        linear = LogisticRegression(class_weight="balanced", max_iter=2000, **SETTINGS)
        self.model = make_pipeline(StandardScaler(), linear).fit(X, strange)
        return self

    def __call__(self, X: F32) -> F64:
        """Probability that it is no song, shape (n,)."""
        return np.asarray(self.model.predict_proba(np.asarray(X, dtype=np.float64))[:, 1])
