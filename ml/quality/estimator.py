"""From measurements to calibrated probabilities over the classes.

Two questions, one after the other, as an expert would ask them: which coder (or none), from grids and spectrum;
then, for each coder, at which bitrate, from the lattice at that coder's grid. P(class) = P(family) P(class | family).
Whether it was coded at all is asked twice, in different words: which coder, and of each coder, whether it was met.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.calibration import calibrated, fit_calibration
from ml.features.spec import FeatureSpec
from ml.quality.classes import FAMILIES, codings, family
from ml.quality.presence import Presence
from ml.quality.stages import FAMILY_SETTINGS, SPECTRUM, Stage, columns_named, family_stage
from ml.quality.within import Within

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

CLASS_SETTINGS: Final[dict[str, Any]] = FAMILY_SETTINGS | {
    "n_estimators": 300,
    "learning_rate": 0.05,
    "num_leaves": 10,
    "min_child_samples": 12,
    "colsample_bytree": 0.5,
}

CODERS_OF: Final = {
    "mp3": ("mp3.", "mp2."),
    "aac": (
        "aac.",
        "aac-kbd.",
        "aac-sine.",
        "vorbis.confirmed",
        "vorbis.depth",
        "vorbis.holes",
        "vorbis.lattice",
    ),
    "vorbis": ("vorbis.", "aac-kbd.confirmed", "aac-kbd.depth", "aac-kbd.holes", "aac-kbd.lattice"),
    "opus": ("opus.",),
}
"""Whose numbers tell the bitrate of a family."""

NO_RIVALS: Final[NDArray[np.intp]] = np.empty((0, 2), dtype=np.intp)
"""Once the coder is known they only take room: without them 1 to 4 % more examples have the exact class (n 83 to 210)."""

FLOOR: Final = 1e-7

OF_PRESENCE: Final = 2 / 3
"""Weight of "no coder was met" in the log-odds of "never coded"; "which coder" has the rest. Presence learns from all
codings of an example, not from the worst alone, and separates better."""


@dataclass
class QualityEstimator:
    """The two stages, then one temperature and one shift a class, fitted on probabilities out of fold."""

    spec: FeatureSpec
    classes: tuple[str, ...]
    seed: int = 0
    family_settings: dict[str, Any] = field(default_factory=lambda: dict(FAMILY_SETTINGS))
    class_settings: dict[str, Any] = field(default_factory=lambda: dict(CLASS_SETTINGS))
    family_stage: Stage | None = None
    class_stages: dict[str, Within] = field(default_factory=dict)
    temperature: float = 1.0
    shift: F64 | None = None
    presence: Presence | None = None
    """Which coders were met at all."""

    def fit(
        self,
        X: F32,
        labels: NDArray[np.str_],
        *,
        histories: Sequence[Collection[str]] | None = None,
        jobs: int = 1,
        weights: F64 | None = None,
        on_round: Callable[[], None] | None = None,
    ) -> "QualityEstimator":
        """X : shape (n, n_features); labels, weights : shape (n,). Every class must be there.

        histories : class ids of all codings of each row; none: the label is all there was
        on_round : called after each round of boosting; what it raises ends the fit
        """
        families = np.array([family(label) for label in labels])
        met = [codings(str(label)) for label in labels] if histories is None else histories
        self.family_stage = family_stage(self.spec, FAMILIES)
        self.family_stage.fit(
            X,
            families,
            settings=self.family_settings,
            seed=self.seed,
            jobs=jobs,
            weights=weights,
            on_round=on_round,
        )
        for name, prefixes in CODERS_OF.items():
            taught = _taught(name, labels, met)
            rows, members = taught != "", self._members(name)
            seen = columns_named(self.spec, suffixes=(), prefixes=(*prefixes, *SPECTRUM))
            stage = Within(Stage(seen, NO_RIVALS, members))
            stage.fit(
                X[rows],
                taught[rows],
                settings=self.class_settings,
                seed=self.seed,
                jobs=jobs,
                weights=None if weights is None else weights[rows],
                on_round=on_round,
            )
            self.class_stages[name] = stage
        self.presence = Presence(self.spec, seed=self.seed).fit(
            X,
            met,
            jobs=jobs,
            weights=weights,
            on_round=on_round,
        )
        return self

    @property
    def rounds(self) -> int:
        """Of boosting in one fit."""
        of_classes = len(CODERS_OF) * self.class_settings["n_estimators"]
        return int(self.family_settings["n_estimators"] + of_classes) + Presence.rounds()

    def raw_log_proba(self, X: F32) -> F64:
        """Uncalibrated, shape (n, n_classes)."""
        assert self.family_stage is not None
        assert self.presence is not None
        by_family = _agreed(self.family_stage.log_proba(X), self.presence(X))
        out = np.empty((len(X), len(self.classes)))
        for i, name in enumerate(FAMILIES):
            members = [self.classes.index(c) for c in self._members(name)]
            within = self.class_stages[name].log_proba(X) if name in self.class_stages else 0.0
            out[:, members] = by_family[:, [i]] + within
        return np.maximum(out, np.log(FLOOR))

    def predict_proba(self, X: F32) -> F64:
        """Calibrated, shape (n, n_classes)."""
        return calibrated(self.raw_log_proba(X), temperature=self.temperature, shift=self.shift)

    def calibrate(self, log_proba: F64, truth: NDArray[np.intp]) -> None:
        """Fit temperature and shifts to log probabilities of rows that the trees had not seen.

        log_proba : shape (n, n_classes); truth : shape (n,), class numbers
        """
        self.temperature, self.shift = fit_calibration(log_proba, truth)

    def _members(self, name: str) -> tuple[str, ...]:
        return tuple(c for c in self.classes if family(c) == name)


def _taught(name: str, labels: NDArray[np.str_], histories: Sequence[Collection[str]]) -> NDArray[np.str_]:
    """Class of a family that each row teaches, shape (n,): its worst coding, or the one that lies over a worse coder's.

    Empty where the family was not met, or in several classes over another coder's.
    """
    own = [{coding for coding in history if family(coding) == name} for history in histories]
    told = [
        str(label) if family(label) == name else next(iter(one)) if len(one) == 1 else ""
        for label, one in zip(labels, own, strict=True)
    ]
    return np.array(told)


def _agreed(by_family: F64, present: F64) -> F64:
    """Log probabilities of families, shape (n, n_families), so that both questions count in whether there was a coder.

    present : probability that each lossy family was met, shape (n, n_families - 1)
    """
    at = FAMILIES.index("lossless")
    which = _log_odds(np.exp(by_family[:, at]))
    whether = _log_odds(np.prod(1.0 - present, axis=1))
    genuine = OF_PRESENCE * whether + (1 - OF_PRESENCE) * which
    out: F64 = by_family + (np.logaddexp(0, which) - np.logaddexp(0, genuine))[:, None]
    out[:, at] = -np.logaddexp(0, -genuine)
    return out


def _log_odds(p: F64) -> F64:
    p = np.clip(p, FLOOR, 1 - FLOOR)
    return np.asarray(np.log(p) - np.log1p(-p))
