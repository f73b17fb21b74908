"""Cross-validation of the genre model: what is said by a model that met neither the song nor its artist."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from ml.calibration import UNSHIFTED, calibrated, fit_calibration
from ml.crossval import class_numbers, fold_numbers
from ml.dataset import Table
from ml.genre.classes import CLASSES
from ml.genre.estimator import GenreEstimator, activations, heard, strangeness
from ml.genre.thresholds import choose_thresholds
from ml.genre.verdict import Thresholds, why_undecided

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
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
    """Of songs that were heard and of strangers. All that a fold is judged by comes from the other folds.

    table : with songs that were not heard, which teach but are not asked
    """
    fold, others = fold_numbers(table, seed=seed, folds=FOLDS), _others(strangers)
    songs, folds = table.rows(heard(table.X)), fold[heard(table.X)]
    truth = class_numbers(songs, classes=CLASSES)
    known, unknown = Said.nothing(len(songs)), Said.nothing(len(strangers))
    for number in range(FOLDS):
        shown, taken, rest = fold != number, folds != number, others != number
        model = GenreEstimator(table.spec, CLASSES, seed=seed).fit(table.X[shown], table.labels[shown])
        apart = strangeness(songs.X[taken], strangers.rows(rest))
        for said, X, here in ((known, songs.X, ~taken), (unknown, strangers.X, ~rest)):
            said.log_proba[here] = model.raw_log_proba(X[here])
            said.strangeness[here] = apart(activations(X[here]))
    for number in range(FOLDS):
        taken, rest = folds != number, others != number
        temperature, shift = fit_calibration(known.log_proba[taken], truth[taken], keep=UNSHIFTED)
        for said, here in ((known, ~taken), (unknown, ~rest)):
            said.proba[here] = calibrated(said.log_proba[here], temperature=temperature, shift=shift)
    for number in range(FOLDS):
        taken, rest = folds != number, others != number
        at = choose_thresholds(known.proba[taken], truth[taken], strangeness=known.strangeness[taken])
        known.answered[~taken] = answered(known, ~taken, [SONG_S] * len(songs), thresholds=at)
        unknown.answered[~rest] = answered(unknown, ~rest, lengths(strangers), thresholds=at)
    return known, unknown


def strangeness_out_of_fold(table: Table, *, strangers: Table, seed: int = 1) -> F64:
    """Of songs that were heard, by what met neither them nor their artists, shape (n,)."""
    folds, strange = fold_numbers(table, seed=seed, folds=FOLDS), np.empty(len(table))
    for number in range(FOLDS):
        here = folds == number
        apart = strangeness(table.X[~here], strangers)
        strange[here] = apart(activations(table.X[here]))
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
