"""Cross-validation of the genre model: what is said by a model that met neither the song nor its artist."""

from collections.abc import Iterable, Sequence
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


@dataclass(frozen=True)
class Asked:
    """Rows that are asked about."""

    rows: Table
    place: Ints
    """The fold whose models may answer, shape (n,)."""
    seconds: Sequence[float]
    said: Said

    @classmethod
    def of(cls, rows: Table, place: Ints, *, seconds: Sequence[float] | None = None) -> "Asked":
        """seconds : None for songs"""
        return cls(rows, place, seconds or [SONG_S] * len(rows), Said.nothing(len(rows)))


def validate(table: Table, strangers: Table, *more: Table, seed: int) -> tuple[Said, ...]:
    """Of songs that were heard, of strangers, and of more tables. What judges a fold comes from the other folds alone.

    table : with songs that were not heard, which teach but are not asked
    more : songs of the same groups, such as the same ones after something happened to them
    """
    fold = fold_numbers(table, seed=seed, folds=FOLDS)
    known = Asked.of(table.rows(heard(table.X)), fold[heard(table.X)])
    strange = Asked.of(strangers, _others(strangers), seconds=lengths(strangers))
    of_group = dict(zip(table.groups, fold, strict=True))
    again = [Asked.of(one, np.array([of_group[group] for group in one.groups])) for one in more]
    asked = (known, strange, *again)
    for number in range(FOLDS):
        _ask(asked, known=known, strange=strange, number=number, taught=table.rows(fold != number))
    truth = class_numbers(known.rows, classes=CLASSES)
    for number in range(FOLDS):
        taken = known.place != number
        temperature, _ = fit_calibration(known.said.log_proba[taken], truth[taken], keep=UNSHIFTED)
        for one in asked:
            here = one.place == number
            raw = one.said.log_proba[here]
            one.said.proba[here] = calibrated(raw, temperature=temperature, shift=None)
    for number in range(FOLDS):
        taken = known.place != number
        at = choose_thresholds(
            known.said.proba[taken], truth[taken], strangeness=known.said.strangeness[taken]
        )
        for one in asked:
            here = one.place == number
            one.said.answered[here] = answered(one.said, here, one.seconds, thresholds=at)
    return tuple(one.said for one in asked)


def _ask(asked: Iterable[Asked], *, known: Asked, strange: Asked, number: int, taught: Table) -> None:
    """The rows of one fold, of models that learn from what is taught and from the other folds' strangers."""
    model = GenreEstimator(taught.spec, CLASSES).fit(taught.X, taught.labels)
    apart = strangeness(known.rows.X[known.place != number], strange.rows.rows(strange.place != number))
    for one in asked:
        here = one.place == number
        if here.any():
            one.said.log_proba[here] = model.raw_log_proba(one.rows.X[here])
            one.said.strangeness[here] = apart(activations(one.rows.X[here]))


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
