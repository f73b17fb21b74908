"""Cross-validation by supergroup: probabilities for every row from a model that never met its origin."""

from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from sklearn.model_selection import StratifiedGroupKFold

from ml.answer import Declared
from ml.calibration import KEEP, calibrated, fit_calibration
from ml.dataset import Table
from ml.quality.classes import CLASSES, KBPS
from ml.quality.estimator import QualityEstimator
from ml.quality.presence import LOSSY
from ml.quality.stages import numbers
from ml.quality.verdict import Thresholds, agreeing_classes

F64 = NDArray[np.float64]
Bools = NDArray[np.bool_]

FOLDS: Final = 5
FALSE_ACCUSATIONS: Final = 0.001
"""Share of genuine lossless rows that may be called something else: what is aimed at. The threshold is set for it out of
fold, by two or three rows, so that other songs exceed it now and then; it stays below the 0.005 that are promised."""
FALSE_ACCUSATIONS_LOSSY: Final = 0.01
"""The same for lossy files that are what they say."""


Fit = Callable[[Table, NDArray[np.intp]], Any]
"""From a table and the numbers of its rows to show: something with ``raw_log_proba``."""


def class_numbers(table: Table, *, classes: Sequence[str] = CLASSES) -> NDArray[np.intp]:
    """Truth as numbers, shape (n,)."""
    return numbers(table.labels, classes=classes)


def fold_numbers(table: Table, *, seed: int, folds: int = FOLDS) -> NDArray[np.intp]:
    """Fold of each row, shape (n,): all rows of a supergroup in one."""
    fold = np.empty(len(table), dtype=np.intp)
    for number, (_, test) in enumerate(_splits(table, seed=seed, folds=folds)):
        fold[test] = number
    return fold


def out_of_fold(table: Table, *, seed: int, jobs: int, unseen: Bools | None = None) -> tuple[F64, F64]:
    """What trees say of each row that saw no row of its supergroup.

    Returns log probabilities, shape (n, n_classes), and how probable each lossy family is among its codings, (n, 7).
    unseen : shape (n,), rows that no trees are shown either
    """
    histories = [story.history for story in table.stories()]
    numbers, shown = fold_numbers(table, seed=seed), _shown(table, unseen)
    fitted: list[QualityEstimator] = []

    def fit(table: Table, rows: NDArray[np.intp]) -> QualityEstimator:
        part, met = table.rows(rows), [histories[i] for i in rows]
        fitted.append(QualityEstimator(table.spec, CLASSES, seed=seed))
        return fitted[-1].fit(part.X, part.labels, histories=met, jobs=jobs)

    folds = track(range(FOLDS), description="Cross-validating", console=Console(stderr=True))
    log_proba = held_out(table, fit=fit, numbers=numbers, shown=shown, folds=folds, n_classes=len(CLASSES))
    present = np.empty((len(table), len(LOSSY)))
    for number, estimator in enumerate(fitted):
        assert estimator.presence is not None
        present[numbers == number] = estimator.presence(table.X[numbers == number])
    return log_proba, present


def held_out(
    table: Table,
    *,
    fit: Fit,
    numbers: NDArray[np.intp],
    shown: Bools,
    folds: Iterable[int],
    n_classes: int,
) -> F64:
    """Log probabilities of each fold from a fit on the shown rows of the others, shape (n, n_classes).

    numbers : shape (n,), fold of each row
    """
    log_proba = np.empty((len(table), n_classes))
    for number in folds:
        here = numbers == number
        log_proba[here] = fit(table, np.flatnonzero(~here & shown)).raw_log_proba(table.X[here])
    return log_proba


def cross_calibrated(
    log_proba: F64,
    truth: NDArray[np.intp],
    *,
    folds: NDArray[np.intp],
    unseen: Bools | None = None,
    keep: float = KEEP,
) -> F64:
    """Probabilities of each fold, calibrated on the other folds only, without the unseen rows; keep as in calibration."""
    proba = np.empty_like(log_proba)
    shown = _shown(truth, unseen)
    for number in np.unique(folds):
        here, others = folds == number, (folds != number) & shown
        temperature, shift = fit_calibration(log_proba[others], truth[others], keep=keep)
        proba[here] = calibrated(log_proba[here], temperature=temperature, shift=shift)
    return proba


def choose_thresholds(table: Table, proba: F64) -> Thresholds:
    """The least probabilities at which few enough genuine files, lossless and lossy, are accused."""
    lossy = 1.0 - proba[table.labels == "lossless", CLASSES.index("lossless")]
    _, worse = own_claims(table, proba)
    return Thresholds(
        accuse=_allowing(lossy, FALSE_ACCUSATIONS), accuse_lossy=_allowing(worse, FALSE_ACCUSATIONS_LOSSY)
    )


def nested_thresholds(
    table: Table, proba: F64, *, folds: NDArray[np.intp], unseen: Bools | None = None
) -> list[Thresholds]:
    """For each fold number the thresholds that the *other* folds set, without the unseen rows."""
    shown = _shown(table, unseen)
    others = [(folds != number) & shown for number in range(folds.max() + 1)]
    return [choose_thresholds(table.rows(rows), proba[rows]) for rows in others]


def own_claims(table: Table, proba: F64, *, generations: int = 1) -> tuple[NDArray[np.intp], F64]:
    """Rows of lossy files that say truly what their last coding was, and how probable "worse than that" is for each.

    Returns (row numbers, probabilities), both of shape (m,).
    """
    histories = [story.history for story in table.stories()]
    rows = np.array([i for i, h in enumerate(histories) if len(h) == generations], dtype=np.intp)
    worse = np.empty(len(rows))
    for at, i in enumerate(rows):
        agreeing = agreeing_classes(honest(histories[i][-1]))
        worse[at] = proba[i, [k for k, c in enumerate(CLASSES) if c not in agreeing]].sum()
    return rows, worse


def honest(label: str) -> Declared:
    """What an honest file of a class says of itself."""
    name, _, rate = label.partition("-")
    codec = {"wma": "wmav2"}.get(name, name)
    return Declared(codec=codec, kbps=KBPS[label], bitrate_mode="CBR" if rate.isdigit() else "VBR")


def _allowing(worse: F64, allowed: float) -> float:
    return float(np.clip(np.round(np.quantile(worse, 1.0 - allowed), 4), 0.8, 0.999))


def _shown(rows: Sized, unseen: Bools | None) -> Bools:
    return np.ones(len(rows), dtype=bool) if unseen is None else ~unseen


def _splits(table: Table, *, seed: int, folds: int) -> Iterator[tuple[Any, Any]]:
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    yield from splitter.split(table.X, table.labels, table.groups)
