"""Cross-validation of the genre model: what is said by a model that met neither the song nor its artist."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from ml.calibration import calibrated, fit_calibration
from ml.crossval import class_numbers, fold_numbers
from ml.dataset import Table
from ml.genre.classes import CLASSES
from ml.genre.estimator import GenreEstimator
from ml.genre.strangeness import Strangeness, taught
from ml.genre.thresholds import choose_thresholds
from ml.genre.verdict import Thresholds, why_undecided

F64 = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

FOLDS: Final = 5
SONG_S: Final = 30.0
"""Length of the clips; of strangers the facts tell it."""


@dataclass(frozen=True)
class Said:
    """What is said of rows."""

    log_proba: F64
    """Before calibration, shape (n, n_classes)."""
    proba: F64
    strangeness: F64
    """Shape (n,)."""
    answered: Bools
    """Whether a genre is given, shape (n,)."""

    @classmethod
    def nothing(cls, n: int) -> "Said":
        """Yet."""
        shape = n, len(CLASSES)
        return cls(np.empty(shape), np.empty(shape), np.empty(n), np.zeros(n, dtype=np.bool_))


def validate(table: Table, strangers: Table, *, seed: int) -> tuple[Said, Said]:
    """Of songs and of strangers. Model, calibration and thresholds of each fold come from the other folds."""
    truth = class_numbers(table, classes=CLASSES)
    folds = fold_numbers(table, seed=seed, folds=FOLDS)
    others = _others(strangers)
    known, unknown = Said.nothing(len(table)), Said.nothing(len(strangers))
    for number in range(FOLDS):
        taken, rest = folds != number, others != number
        model = GenreEstimator(table.spec, CLASSES, seed=seed).fit(table.X[taken], table.labels[taken])
        apart = Strangeness().fit(table.X[taken], strangers.X[rest & taught(strangers.labels)])
        for said, X, here in ((known, table.X, ~taken), (unknown, strangers.X, ~rest)):
            said.log_proba[here], said.strangeness[here] = model.raw_log_proba(X[here]), apart(X[here])
    for number in range(FOLDS):
        taken, rest = folds != number, others != number
        temperature, shift = fit_calibration(known.log_proba[taken], truth[taken])
        for said, here in ((known, ~taken), (unknown, ~rest)):
            said.proba[here] = calibrated(said.log_proba[here], temperature=temperature, shift=shift)
    for number in range(FOLDS):
        taken, rest = folds != number, others != number
        at = choose_thresholds(known.proba[taken], truth[taken], strangeness=known.strangeness[taken])
        known.answered[~taken] = answered(known, ~taken, [SONG_S] * len(table), thresholds=at)
        unknown.answered[~rest] = answered(unknown, ~rest, lengths(strangers), thresholds=at)
    return known, unknown


def strangeness_out_of_fold(table: Table, *, strangers: Table, seed: int = 1) -> F64:
    """Of songs, by what met neither them nor their artists, shape (n,)."""
    folds, strange = fold_numbers(table, seed=seed, folds=FOLDS), np.empty(len(table))
    for number in range(FOLDS):
        here = folds == number
        apart = Strangeness().fit(table.X[~here], strangers.X[taught(strangers.labels)])
        strange[here] = apart(table.X[here])
    return strange


def answered(said: Said, rows: Bools, seconds: Sequence[float], *, thresholds: Thresholds) -> Bools:
    """Of the chosen rows."""
    return np.array(
        [
            why_undecided(
                said.proba[i].max(),
                strangeness=said.strangeness[i],
                duration_s=seconds[i],
                thresholds=thresholds,
            )
            is None
            for i in map(int, np.flatnonzero(rows))
        ],
        dtype=np.bool_,
    )


def lengths(strangers: Table) -> list[float]:
    """In seconds."""
    return [float(text) for text in strangers.facts]


def _others(strangers: Table) -> Ints:
    """Fold of each stranger, shape (n,): all of one origin in one."""
    fold = np.empty(len(strangers), dtype=np.intp)
    splits = GroupKFold(FOLDS).split(strangers.X, groups=strangers.groups)
    for number, (_, test) in enumerate(splits):
        fold[test] = number
    return fold
