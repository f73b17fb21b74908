"""Figures over all rows at once, whatever their length and story."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from ml.crossval import honest, nested_thresholds, own_claims
from ml.dataset import Table
from ml.evaluation.answers import Answers
from ml.evaluation.shares import Share, calibration_error, share
from ml.evaluation.slices import verdicts
from ml.quality.classes import CLASSES
from ml.quality.verdict import agreeing_classes

F64 = NDArray[np.float64]
Ints = NDArray[np.intp]


def overall(answers: Answers) -> dict[str, Any]:
    """Over clips of all lengths; class and family over rows with one coding or none, as files are met."""
    genuine, single = answers.genuine, answers.single
    return {
        "exact": share(answers.right[single]),
        "family": share(answers.family_right[single]),
        "within_one_class": share(answers.near[single]),
        "lossless_accused": share(answers.accused[genuine]),
        "lossless_undecided": share(answers.verdict[genuine] == "undecided"),
        "lossy_found": share(answers.accused[~genuine]),
        "family_of_found": share(answers.family_right[answers.accused & answers.once]),
        "ece_class": calibration_error(answers.proba.max(axis=1), answers.likeliest_right),
        "ece_family": calibration_error(answers.family_proba.max(axis=1), answers.likeliest_family_right),
    }


def claims(table: Table, proba: F64, *, folds: Ints) -> dict[str, Share]:
    """Lossy files that say truly what their last coding was: accused though that is all, found though made from worse."""
    at = np.array([one.accuse_lossy for one in nested_thresholds(table, proba, folds=folds)])[folds]
    plain, worse = own_claims(table, proba)
    dressed, worse_dressed = own_claims(table, proba, generations=2)
    stories = table.stories()
    really = [table.labels[i] not in agreeing_classes(honest(stories[i].history[-1])) for i in dressed]
    return {
        "lossy_accused": share(worse >= at[plain]),
        "dressed_up_found": share((worse_dressed >= at[dressed])[np.array(really, dtype=bool)]),
    }


def by_codings(answers: Answers) -> dict[str, dict[str, Share]]:
    """What becomes of genuine and of lossy sound in a lossless file."""
    return {
        "genuine": verdicts(answers, answers.genuine),
        "one coding": verdicts(answers, answers.once),
        "two codings": verdicts(answers, ~answers.single),
    }


def confusion(answers: Answers) -> list[list[int]]:
    """Rows with one coding or none: truth down, answer across, both in the order of ``CLASSES``."""
    rows = answers.single
    counts: list[list[int]] = confusion_matrix(
        answers.truth[rows], answers.label[rows], labels=CLASSES
    ).tolist()
    return counts
