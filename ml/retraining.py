"""A candidate from the base table and what people have labelled, judged on rows that nobody may learn from.

The *frozen test part* is a fifth of the base table's supergroups, chosen by hash: no candidate is trained,
calibrated or given its thresholds on them, now or later, so any two candidates can be compared there.
Calibration and thresholds come from base rows alone: people label what they stumble over, and some of it wrongly.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.crossval import class_numbers, cross_calibrated, fold_numbers, held_out
from ml.dataset import Table
from ml.errors import Cancelled, ModelMismatch
from ml.evaluation.shares import calibration_curve, calibration_error
from ml.quality.stages import numbers
from ml.tasks import Estimator, Task

F64 = NDArray[np.float64]
Bools = NDArray[np.bool_]

FROZEN_OF: Final = 5
"""One supergroup in so many is the test part's."""
_TIMED: Final = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What decides the outcome besides the rows."""

    seed: int = 1
    folds: int = 3
    """Of the cross-validation; 5 take two thirds longer."""
    song_weight: float = 4.0
    """How much a labelled song counts against a base row; docs/decisions.md says how 4 was measured."""
    jobs: int = 1


@dataclass(frozen=True, slots=True)
class Songs:
    """What people have labelled: rows of the same features."""

    X: NDArray[np.float32]
    labels: NDArray[np.str_]
    groups: NDArray[np.str_]
    weights: F64
    ids: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def none(cls, table: Table) -> "Songs":
        """Nothing labelled."""
        words, numbers = np.array([], dtype=np.str_), np.zeros(0)
        return cls(table.X[:0], words, words, numbers, words)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trained model, not yet stored."""

    estimator: Estimator
    manifest: Mapping[str, Any]
    """Without a version: whoever stores it gives it one."""
    said: tuple[str, ...]
    """Of each song the likeliest class, from trees that never met it."""


class Meter:
    """Counts the rounds of all fits, tells how far they are, and stops them."""

    def __init__(self, total: int, *, tell: Callable[[float], None], cancelled: Callable[[], bool]) -> None:
        self._total, self._tell, self._cancelled, self._done = total, tell, cancelled, 0

    def __call__(self) -> None:
        """Raises Cancelled."""
        self._done += 1
        if self._cancelled():
            raise Cancelled()
        self._tell(min(1.0, self._done / self._total))


def frozen(task: Task, table: Table) -> Bools:
    """Rows of the frozen test part, shape (n,)."""
    of = {group: _number(task.salt + group) % FROZEN_OF == 0 for group in set(map(str, table.groups))}
    return np.array([of[str(group)] for group in table.groups], dtype=bool)


def test_part(task: Task, table: Table) -> Table:
    """Those of them that are counted."""
    part = table.rows(frozen(task, table))
    return part.rows(task.counts(part))


def test_id(test: Table) -> str:
    """Another one whenever other rows or other measurements are asked."""
    text = "\n".join([test.spec.id, *sorted(map(str, test.ids))])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def retrain(
    task: Task,
    base: Table,
    songs: Songs,
    *,
    settings: Settings,
    tell: Callable[[float], None] = lambda fraction: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Candidate:
    """Cross-validate for calibration, thresholds and what is said of the songs; fit on all but the frozen part.

    The same rows and settings give the same model. Raises Cancelled, ModelMismatch.
    """
    taught = base.rows(~frozen(task, base))
    table, weights = _joined(taught, songs, settings=settings)
    is_base = np.arange(len(table)) < len(taught)
    estimator = task.estimator(table.spec, settings.seed)
    meter = Meter((settings.folds + 1) * estimator.rounds, tell=tell, cancelled=cancelled)

    def fit(table: Table, rows: NDArray[np.intp]) -> Estimator:
        new, part = task.estimator(table.spec, settings.seed), table.rows(rows)
        told = task.tells(part)
        return new.fit(part.X, part.labels, jobs=settings.jobs, weights=weights[rows], on_round=meter, **told)

    folds = fold_numbers(table, seed=settings.seed, folds=settings.folds)
    log_proba = held_out(
        table,
        fit=fit,
        numbers=folds,
        shown=np.ones(len(table), dtype=bool),
        folds=range(settings.folds),
        n_classes=len(task.classes),
    )
    truth = class_numbers(table, classes=task.classes)
    judged = is_base & task.calibrates(table)
    proba = cross_calibrated(log_proba, truth, folds=folds, unseen=~judged, keep=task.keep)
    thresholds = task.thresholds(table.rows(judged), proba[judged])
    fitted = fit(table, np.arange(len(table)))
    fitted.calibrate(log_proba[judged], truth[judged])
    task.complete(fitted, taught, settings.seed)
    said = tuple(task.classes[i] for i in proba[~is_base].argmax(axis=1))
    evaluation = evaluate(task, base, fitted, thresholds=thresholds)
    return Candidate(fitted, _manifest(task, table, songs, thresholds, evaluation, settings=settings), said)


def evaluate(
    task: Task, base: Table, estimator: Estimator, *, thresholds: Mapping[str, float]
) -> dict[str, Any]:
    """Answers to the frozen test part, row by row and as figures; plain enough for JSON."""
    test = test_part(task, base)
    proba = estimator.predict_proba(test.X)
    said, accused = task.answer(test, proba, thresholds)
    likeliest = np.array(task.classes)[proba.argmax(axis=1)] == test.labels
    confidence = proba.max(axis=1)
    return {
        "test": test_id(test),
        "n": len(test),
        "groups": len(set(test.groups)),
        "classes": list(task.classes),
        "genuine": task.genuine,
        "truth": class_numbers(test, classes=task.classes).tolist(),
        "said": numbers(said, classes=task.classes).tolist(),
        "accused": [int(one) for one in accused],
        "curve": [dict(one) for one in calibration_curve(confidence, likeliest)],
        "ece": calibration_error(confidence, likeliest),
        "speed_ms": _speed_ms(estimator, test),
        "stand_in": False,
    }


def likeliest(task: Task, estimator: Estimator, X: NDArray[np.float32]) -> tuple[str, ...]:
    """Class of each row that has the highest probability."""
    return tuple(task.classes[i] for i in estimator.predict_proba(X).argmax(axis=1)) if len(X) else ()


def _joined(taught: Table, songs: Songs, *, settings: Settings) -> tuple[Table, F64]:
    """Base rows, then songs; weights beside them."""
    if songs.X.shape[1:] != taught.X.shape[1:]:
        raise ModelMismatch(
            expected=taught.spec.id, found=f"{songs.X.shape[1]} numbers instead of {taught.X.shape[1]}"
        )
    untold = np.full(len(songs), "")
    labelled = Table(taught.spec, songs.X, songs.labels, songs.groups, songs.ids, untold)
    return taught.and_rows(labelled), np.concatenate(
        [np.ones(len(taught)), songs.weights * settings.song_weight]
    )


def _manifest(
    task: Task,
    table: Table,
    songs: Songs,
    thresholds: Mapping[str, float],
    evaluation: Mapping[str, Any],
    *,
    settings: Settings,
) -> dict[str, Any]:
    return {
        "task": task.name,
        "classes": list(task.classes),
        "feature_version": table.spec.id,
        "thresholds": dict(thresholds),
        "training": {
            "rows": len(table),
            "songs": len(songs),
            "groups": len(set(table.groups)),
            "ids_sha256": hashlib.sha256("\n".join(sorted(map(str, table.ids))).encode()).hexdigest(),
            **{name: value for name, value in asdict(settings).items() if name != "jobs"},
        },
        "evaluation": dict(evaluation),
    }


def _speed_ms(estimator: Estimator, test: Table) -> float:
    """Of one answer, median, in milliseconds."""
    took = []
    for _ in range(_TIMED):
        start = time.perf_counter()
        estimator.predict_proba(test.X[:1])
        took.append(time.perf_counter() - start)
    return round(1000 * float(np.median(took)), 2)


def _number(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)
