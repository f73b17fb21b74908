"""What the product would have said about every row, from the very function that says it.

Every row is judged as a lossless file would be: the verdict may lean on nothing but the sound.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from ml.answer import Declared, Quality
from ml.crossval import nested_thresholds
from ml.dataset import Table
from ml.decode import Levels
from ml.facts import Facts
from ml.features.quality import Measurement
from ml.forensics.grid import Grid
from ml.quality.classes import CLASSES, FAMILIES, family, neighbours
from ml.quality.presence import LOSSY
from ml.quality.verdict import Thresholds, decide

F64 = NDArray[np.float64]
Bools = NDArray[np.bool_]
Strings = NDArray[np.str_]

CLAIM: Final = Declared(container="flac", codec="flac")
HEIGHTS: Final = ("confirmed", "lattice", "shifted", "patient", "combed", "blurred", "twice")
_NOTHING: Final = np.zeros((4, 1), dtype=np.float32)


@dataclass(frozen=True)
class Answers:
    """One answer for each row, beside what is true of it."""

    facts: tuple[Facts, ...]
    truth: Strings
    """The worst coding of each row, or "lossless"."""
    proba: F64
    """Calibrated, shape (n, n_classes)."""
    said: tuple[Quality, ...]

    def where(self, holds: Callable[[Facts], bool]) -> Bools:
        """Rows of whose facts something holds, shape (n,)."""
        return np.array([holds(one) for one in self.facts], dtype=bool)

    @cached_property
    def verdict(self) -> Strings:
        return np.array([one.verdict for one in self.said])

    @cached_property
    def label(self) -> Strings:
        return np.array([one.label for one in self.said])

    @cached_property
    def genuine(self) -> Bools:
        """Rows that were never coded."""
        return np.asarray(self.truth == "lossless")

    @cached_property
    def once(self) -> Bools:
        """Rows with one coding."""
        return self.where(lambda one: len(one.history) == 1)

    @cached_property
    def single(self) -> Bools:
        """Rows with one coding or none."""
        return np.asarray(self.once | self.genuine)

    @cached_property
    def accused(self) -> Bools:
        return np.asarray(self.verdict == "transcode")

    @cached_property
    def right(self) -> Bools:
        """Exact class."""
        return np.asarray(self.label == self.truth)

    @cached_property
    def near(self) -> Bools:
        """Exact class, or one neighbour away."""
        both = zip(self.truth, self.label, strict=True)
        return np.array([label in neighbours(truth) for truth, label in both], dtype=bool)

    @cached_property
    def family_right(self) -> Bools:
        return np.asarray(families(self.label) == families(self.truth))

    @cached_property
    def likeliest_right(self) -> Bools:
        """Whether the most probable class is true, whatever the verdict: what its probability promises."""
        return np.asarray(np.array(CLASSES)[self.proba.argmax(axis=1)] == self.truth)

    @cached_property
    def likeliest_family_right(self) -> Bools:
        """The same of the family."""
        return np.asarray(np.array(FAMILIES)[self.family_proba.argmax(axis=1)] == families(self.truth))

    @cached_property
    def family_proba(self) -> F64:
        """Sums over the classes of each family, shape (n, n_families)."""
        of_class = families(np.array(CLASSES))
        return np.stack([self.proba[:, of_class == name].sum(axis=1) for name in FAMILIES], axis=1)


def families(labels: Strings) -> Strings:
    """Family of each class id, shape kept."""
    return np.array([family(label) for label in labels])


def answer_all(
    table: Table, proba: F64, *, present: F64, folds: NDArray[np.intp], unseen: Bools | None = None
) -> Answers:
    """Answers with thresholds that each fold was given by the others.

    proba : shape (n, n_classes), calibrated, out of fold; present : shape (n, 7), out of fold, of the lossy families
    unseen : rows that may set no threshold
    """
    thresholds = nested_thresholds(table, proba, folds=folds, unseen=unseen)
    return answer_with(table, proba, present=present, thresholds=[thresholds[fold] for fold in folds])


def answer_with(table: Table, proba: F64, *, present: F64, thresholds: Sequence[Thresholds]) -> Answers:
    """Answers with the given thresholds, one for each row."""
    facts, grids = tuple(table.stories()), _grids(table)
    said = (
        _say(p, present=met, grids=g, facts=f, thresholds=at)
        for p, met, g, f, at in zip(proba, present, grids, facts, thresholds, strict=True)
    )
    return Answers(facts, table.labels, proba, tuple(said))


def _say(p: F64, *, present: F64, grids: Mapping[str, Grid], facts: Facts, thresholds: Thresholds) -> Quality:
    return decide(
        dict(zip(CLASSES, p.tolist(), strict=True)),
        present=dict(zip(LOSSY, present.tolist(), strict=True)),
        measured=Measurement({}, dict(grids), cutoff_hz=None),
        declared=CLAIM,
        levels=_levels(facts),
        sr=facts.sr,
        duration_s=facts.seconds,
        thresholds=thresholds,
        evidence=(),
    )


def _grids(table: Table) -> list[dict[str, Grid]]:
    """Of each row the grids as far as a table keeps them: how high each coder's best stands out in each test."""
    index = {name: i for i, name in enumerate(table.spec.names)}
    coders = [name.removesuffix(f".{HEIGHTS[0]}") for name in index if name.endswith(f".{HEIGHTS[0]}")]
    columns = [[index.get(f"{coder}.{test}", -1) for test in HEIGHTS] for coder in coders]
    X = np.concatenate([table.X, np.full((len(table), 1), np.nan, dtype=np.float32)], axis=1)  # -1: not there
    heights = X[:, np.array(columns, dtype=int).reshape(-1, len(HEIGHTS))].tolist()
    return [
        {
            coder: _grid(coder, dict(zip(HEIGHTS, found, strict=True)))
            for coder, found in zip(coders, row, strict=True)
            if np.isfinite(found[0])
        }
        for row in heights
    ]


def _grid(coder: str, heights: Mapping[str, float]) -> Grid:
    """heights : of each of HEIGHTS"""
    blank = Grid(coder, 0, 0, heights["confirmed"], heights["confirmed"], "M", 0, _NOTHING, _NOTHING)
    return replace(blank, **cast(dict[str, Any], heights))


def _levels(facts: Facts) -> Levels:
    return Levels(
        peak=1.0,
        rms=0.1,
        clipped_share=0.0,
        silent_share=0.0,
        effective_bits=None,
        dual_mono=facts.channels == "dual-mono",
        dc=0.0,
    )
