"""Encoders left out of training, one at a time: what is said of coders that nobody has met."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.crossval import (
    class_numbers,
    cross_calibrated,
    fold_numbers,
    out_of_fold,
)
from ml.dataset import Table
from ml.evaluation.answers import Answers, answer_all
from ml.evaluation.reach import SHORTEST_S
from ml.evaluation.shares import Share, share

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Unseen:
    """Rows that hold a tool's work, answered by models that had never met the tool nor their supergroup."""

    tool: str
    untaught: tuple[str, ...]
    """Classes that nothing but this tool makes here: where there are any, nothing was measured."""
    found: Bools
    family: Bools
    exact: Bools
    """Of rows with one coding, each of shape (n,)."""
    long: Bools
    """Rows that are held to the reach."""

    def to_json(self) -> dict[str, Any]:
        shares = {name: share(getattr(self, name)) for name in ("found", "family", "exact")}
        return {"tool": self.tool, "untaught": list(self.untaught), "shares": shares}


def tools(table: Table) -> list[str]:
    """All that made a coding in the table."""
    return sorted({tool for story in table.stories() for tool in story.tools})


def leave_out(table: Table, tool: str, *, seed: int, jobs: int) -> Unseen:
    """One more cross-validation, in which rows of the tool teach nothing: no tree, calibration or threshold."""
    unseen = np.array([tool in story.tools for story in table.stories()], dtype=bool)
    untaught = tuple(sorted(set(map(str, table.labels)) - set(map(str, table.labels[~unseen]))))
    if untaught:
        nobody = unseen[:0]
        return Unseen(tool, untaught, nobody, nobody, nobody, nobody)
    return judge(answer_unseen(table, unseen, seed=seed, jobs=jobs), tool=tool)


def answer_unseen(table: Table, unseen: Bools, *, seed: int, jobs: int) -> Answers:
    """What is said of all rows by models that met neither the row's supergroup nor any unseen row.

    unseen : shape (n,)
    """
    folds = fold_numbers(table, seed=seed)
    log_proba, present = out_of_fold(table, seed=seed, jobs=jobs, unseen=unseen)
    proba = cross_calibrated(log_proba, class_numbers(table), folds=folds, unseen=unseen)
    return answer_all(table, proba, present=present, folds=folds, unseen=unseen)


def judge(answers: Answers, *, tool: str) -> Unseen:
    """What was said of the rows of a tool."""
    once = answers.once & answers.where(lambda one: tool in one.tools)
    long = answers.where(lambda one: one.seconds >= SHORTEST_S)[once]
    return Unseen(tool, (), answers.accused[once], answers.family_right[once], answers.right[once], long)


def family_right(left_out: Sequence[Unseen]) -> Share:
    """Over all tools, clips as long as the reach asks for."""
    return share(np.concatenate([np.zeros(0, dtype=bool), *(one.family[one.long] for one in left_out)]))
