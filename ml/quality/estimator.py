"""From measurements to calibrated probabilities over the classes.

Two questions, one after the other, as an expert would ask them: which coder (or none), from grids and spectrum;
then, for each coder, at which bitrate, from the lattice at that coder's grid. P(class) = P(family) P(class | family).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import lightgbm
import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from ml.calibration import calibrated, fit_calibration
from ml.features.spec import FeatureSpec
from ml.quality.classes import FAMILIES, family

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]

FAMILY_SETTINGS: Final[dict[str, Any]] = {
    "n_estimators": 250,
    "learning_rate": 0.07,
    "num_leaves": 15,
    "min_child_samples": 8,
    "colsample_bytree": 0.3,
    "subsample": 0.8,
    "subsample_freq": 1,
    "reg_lambda": 5.0,
}
CLASS_SETTINGS: Final[dict[str, Any]] = FAMILY_SETTINGS | {
    "n_estimators": 300,
    "learning_rate": 0.05,
    "num_leaves": 10,
    "min_child_samples": 12,
    "colsample_bytree": 0.5,
}

SPECTRUM: Final = ("spectrum.", "shelf.", "edge.", "signal.")
CLEARNESS: Final = (".confirmed", ".sigma", ".depth_", ".holes_", ".lattice", ".evidence", ".second")
GRIDS: Final = (
    *CLEARNESS,
    ".exact",
    ".shifted",
    ".patient",
    ".combed",
    ".blurred",
    ".rounding.fits",
    ".rounding.kbps",
)
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

RIVALS: Final = (("aac-kbd", "vorbis"), ("aac-kbd", "aac-sine"), ("vorbis", "aac-sine"), ("mp3", "mp2"))
"""Tests that hear each other's coders: which of the two hears more is what counts, so it is a column of its own."""

NO_RIVALS: Final[NDArray[np.intp]] = np.empty((0, 2), dtype=np.intp)
"""Once the coder is known they only take room: without them 1 to 4 % more examples have the exact class (n 83 to 210)."""

TESTS: Final = {
    "confirmed": 1.0,
    "lattice": 1.0,
    "patient": 1.0,
    "combed": 1.0,
    "blurred": 1.0,
    "shifted": 0.5,
}
"""Tests of a coder's grid, and what makes their heights comparable: few rows went through the last ones, so that trees
would hardly learn what they mean."""

FLOOR: Final = 1e-7


@dataclass(frozen=True)
class Heights:
    """How high each coder's grid stands out in its clearest test, and over the other coders'."""

    columns: NDArray[np.intp]
    """Shape (n_coders, n_tests); a coder without some test has another one twice."""
    weights: F32
    """The same shape."""

    @classmethod
    def of(cls, spec: FeatureSpec) -> "Heights":
        """The coders and tests that a spec knows."""
        index = {name: i for i, name in enumerate(spec.names)}
        coders = [name.removesuffix(".confirmed") for name in index if name.endswith(".confirmed")]
        tests = [[t if f"{c}.{t}" in index else "confirmed" for t in TESTS] for c in coders]
        columns = [[index[f"{c}.{t}"] for t in known] for c, known in zip(coders, tests, strict=True)]
        weights = [[TESTS[t] for t in known] for known in tests]
        shape = (len(coders), len(TESTS))
        return cls(
            np.array(columns, dtype=np.intp).reshape(shape),
            np.array(weights, dtype=np.float32).reshape(shape),
        )

    def __call__(self, X: F32) -> F32:
        """Heights, what each has over the others, and the two highest: shape (n, 2 * n_coders + 2)."""
        heights = np.fmax.reduce(X[:, self.columns] * self.weights, axis=2)
        ranked = np.sort(np.nan_to_num(heights, nan=0.0), axis=1)
        first, second = ranked[:, -1:], ranked[:, -2:-1] if ranked.shape[1] > 1 else ranked[:, -1:]
        over = heights - np.where(heights == first, second, first)
        return np.concatenate([heights, over, first, second], axis=1, dtype=np.float32)


@dataclass
class Stage:
    """Boosted trees over some of the columns, and over what rivals' columns say against each other."""

    columns: NDArray[np.intp]
    rivals: NDArray[np.intp]
    """Pairs of columns to be compared, shape (n_pairs, 2)."""
    classes: tuple[str, ...]
    heights: Heights | None = None
    booster: Any = None

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
        """labels : shape (n,), each among ``classes``; weights : shape (n,); none: all alike"""
        index = {label: i for i, label in enumerate(self.classes)}
        parameters = {
            **settings,
            "objective": "multiclass",
            "num_class": len(self.classes),
            "seed": seed,
            "num_threads": jobs,
            "deterministic": True,
            "force_col_wise": True,
            "verbosity": -1,
        }
        rounds = parameters.pop("n_estimators")
        truth = np.array([index[label] for label in labels])
        data = lightgbm.Dataset(self._inputs(X), truth, weight=weights)
        told = [lambda _: on_round()] if on_round else []
        self.booster = lightgbm.train(parameters, data, num_boost_round=rounds, callbacks=told)

    def log_proba(self, X: F32) -> F64:
        """Shape (n, n_classes)."""
        scores = self.booster.predict(self._inputs(X), raw_score=True, num_threads=1)
        return np.asarray(log_softmax(scores, axis=1))

    def _inputs(self, X: F32) -> F32:
        first, second = X[:, self.rivals[:, 0]], X[:, self.rivals[:, 1]]
        more = [self.heights(X)] if self.heights is not None else []
        return np.concatenate([X[:, self.columns], first - second, *more], axis=1)


@dataclass
class QualityEstimator:
    """The two stages, then one temperature and one shift a class, fitted on probabilities out of fold."""

    spec: FeatureSpec
    classes: tuple[str, ...]
    seed: int = 0
    family_settings: dict[str, Any] = field(default_factory=lambda: dict(FAMILY_SETTINGS))
    class_settings: dict[str, Any] = field(default_factory=lambda: dict(CLASS_SETTINGS))
    family_stage: Stage | None = None
    class_stages: dict[str, Stage] = field(default_factory=dict)
    temperature: float = 1.0
    shift: F64 | None = None
    presence: Any = None
    """:class:`ml.quality.presence.Presence`, fitted by itself: which coders were met at all."""

    def fit(
        self,
        X: F32,
        labels: NDArray[np.str_],
        *,
        jobs: int = 1,
        weights: F64 | None = None,
        on_round: Callable[[], None] | None = None,
    ) -> "QualityEstimator":
        """X : shape (n, n_features); labels, weights : shape (n,). Every class must be there.

        on_round : called after each round of boosting; what it raises ends the fit
        """
        families = np.array([family(label) for label in labels])
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
            rows, members = families == name, self._members(name)
            columns = _columns(self.spec, suffixes=(), prefixes=(*prefixes, *SPECTRUM))
            stage = Stage(columns, NO_RIVALS, members)
            stage.fit(
                X[rows],
                labels[rows],
                settings=self.class_settings,
                seed=self.seed,
                jobs=jobs,
                weights=None if weights is None else weights[rows],
                on_round=on_round,
            )
            self.class_stages[name] = stage
        return self

    @property
    def rounds(self) -> int:
        """Of boosting in one fit."""
        return int(
            self.family_settings["n_estimators"] + len(CODERS_OF) * self.class_settings["n_estimators"]
        )

    def raw_log_proba(self, X: F32) -> F64:
        """Uncalibrated, shape (n, n_classes)."""
        assert self.family_stage is not None
        by_family = self.family_stage.log_proba(X)
        out = np.empty((len(X), len(self.classes)))
        for i, name in enumerate(FAMILIES):
            columns = [self.classes.index(c) for c in self._members(name)]
            within = self.class_stages[name].log_proba(X) if name in self.class_stages else 0.0
            out[:, columns] = by_family[:, [i]] + within
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


def family_stage(spec: FeatureSpec, classes: tuple[str, ...]) -> Stage:
    """A stage that is asked about coders: it sees how clear all grids are, over each other, and the spectrum."""
    seen = _columns(spec, suffixes=GRIDS, prefixes=SPECTRUM)
    return Stage(seen, _rivals(spec), classes, heights=Heights.of(spec))


def _columns(spec: FeatureSpec, *, suffixes: tuple[str, ...], prefixes: tuple[str, ...]) -> NDArray[np.intp]:
    chosen = [
        i
        for i, name in enumerate(spec.names)
        if name.startswith(prefixes) or any(part in name for part in suffixes)
    ]
    return np.array(chosen, dtype=np.intp)


def _rivals(spec: FeatureSpec) -> NDArray[np.intp]:
    """Columns of the same measurement in two coders' tests."""
    index = {name: i for i, name in enumerate(spec.names)}
    pairs = [
        (i, index[second + name.removeprefix(first)])
        for first, second in RIVALS
        for name, i in index.items()
        if name.startswith(first + ".")
        and any(part in name for part in CLEARNESS)
        and second + name.removeprefix(first) in index
    ]
    return np.array(pairs, dtype=np.intp).reshape(-1, 2)
