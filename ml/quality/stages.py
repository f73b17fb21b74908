"""Boosted trees over some of the columns: what a question about a sound is answered with."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import lightgbm
import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from ml.features.spec import FeatureSpec

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

RIVALS: Final = (("aac-kbd", "vorbis"), ("aac-kbd", "aac-sine"), ("vorbis", "aac-sine"), ("mp3", "mp2"))
"""Tests that hear each other's coders: which of the two hears more is what counts, so it is a column of its own."""

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
        data = lightgbm.Dataset(self._inputs(X), numbers(labels, classes=self.classes), weight=weights)
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


def family_stage(spec: FeatureSpec, classes: tuple[str, ...]) -> Stage:
    """A stage that is asked about coders: it sees how clear all grids are, over each other, and the spectrum."""
    seen = columns_named(spec, suffixes=GRIDS, prefixes=SPECTRUM)
    return Stage(seen, _rivals(spec), classes, heights=Heights.of(spec))


def numbers(labels: Iterable[str], *, classes: Sequence[str]) -> NDArray[np.intp]:
    """Where each label stands among the classes, shape (n,).

    >>> numbers(["mp3-128", "lossless"], classes=("lossless", "mp3-128")).tolist()
    [1, 0]
    """
    index = {label: i for i, label in enumerate(classes)}
    return np.array([index[label] for label in labels])


def columns_named(
    spec: FeatureSpec, *, suffixes: tuple[str, ...], prefixes: tuple[str, ...]
) -> NDArray[np.intp]:
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
