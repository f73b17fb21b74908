"""How right the model is on recordings it has not seen: figures with their n and an interval.

Everything is cross-validated by supergroup: trees, calibration and thresholds that judge a row never met its
recording, artist or session. The intervals take rows for independent.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml import artifact
from ml.crossval import (
    choose_thresholds,
    class_numbers,
    cross_calibrated,
    fold_numbers,
    out_of_fold,
)
from ml.dataset import Table
from ml.evaluation.answers import Answers, answer_all
from ml.evaluation.generations import by_pair
from ml.evaluation.leakage import leaks
from ml.evaluation.overall import by_codings, claims, confusion, overall
from ml.evaluation.reach import goals
from ml.evaluation.shares import Share, calibration_curve
from ml.evaluation.slices import by_material, genuine_slices, lossy_slices
from ml.evaluation.unseen import Unseen, family_right, leave_out

F64 = NDArray[np.float64]
Ints = NDArray[np.intp]
Figures = dict[str, Any]
"""What is printed, drawn, and kept as JSON."""

TABLE: Final = artifact.SHIPPED / "quality" / "table.npz"


def evaluate_quality(table: Table, *, jobs: int, seed: int = 1, without: Sequence[str] = ()) -> Figures:
    """Cross-validate a table, and once more for each tool in ``without``, whose rows then teach nothing."""
    log_proba, present = out_of_fold(table, seed=seed, jobs=jobs)
    folds = fold_numbers(table, seed=seed)
    proba = cross_calibrated(log_proba, class_numbers(table), folds=folds)
    left_out = [leave_out(table, tool, seed=seed, jobs=jobs) for tool in without]
    return {
        "rows": len(table),
        "groups": len(set(table.groups)),
        "seed": seed,
        "thresholds": asdict(choose_thresholds(table, proba)),
        **summarise(table, proba, present=present, folds=folds, left_out=left_out),
    }


def summarise(
    table: Table, proba: F64, *, present: F64, folds: Ints, left_out: Sequence[Unseen] = ()
) -> Figures:
    """All figures of one cross-validation.

    Calibration and thresholds of each fold come from the other folds, like the trees.
    proba : shape (n, n_classes), calibrated, out of fold; present : shape (n, 7), of the lossy families, out of fold
    """
    answers = answer_all(table, proba, present=present, folds=folds)
    return {
        **overall(answers),
        **claims(table, proba, folds=folds),
        "reach": [goal.to_json() for goal in goals(answers, unseen=family_right(left_out))],
        "verdicts": by_codings(answers),
        "material": by_material(answers),
        "genuine": genuine_slices(answers),
        "lossy": lossy_slices(answers),
        "two_generations": by_pair(answers),
        "left_out": [one.to_json() for one in left_out],
        "confusion": confusion(answers),
        "calibration": _calibration(answers),
        "leakage": leaks(table, folds=folds),
    }


def brief(figures: Figures) -> Figures:
    """What a manifest keeps: all but the slices by circumstance, which the table can always give again."""
    kept = {"genuine": ("kind",), "lossy": ("class", "family", "encoder")}
    return figures | {part: {name: figures[part][name] for name in names} for part, names in kept.items()}


def _calibration(answers: Answers) -> dict[str, Sequence[Share]]:
    return {
        "class": calibration_curve(answers.proba.max(axis=1), answers.likeliest_right),
        "family": calibration_curve(answers.family_proba.max(axis=1), answers.likeliest_family_right),
    }
