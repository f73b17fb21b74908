"""What can be learnt, as data: classes, base table, estimator and rules of each task."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from ml import artifact
from ml.calibration import KEEP, UNSHIFTED
from ml.crossval import choose_thresholds, class_numbers
from ml.dataset import Table
from ml.decode import Limits, record
from ml.evaluation.answers import answer_with
from ml.evaluation.genre import STRANGERS, TABLE
from ml.evaluation.genre.validation import strangeness_out_of_fold
from ml.facts import Facts
from ml.features import genre, quality
from ml.features.spec import FeatureSpec
from ml.genre.classes import CLASSES as GENRES
from ml.genre.estimator import GenreEstimator, complete, heard
from ml.genre.thresholds import choose_thresholds as choose_genre_thresholds
from ml.quality.classes import CLASSES, codings
from ml.quality.estimator import QualityEstimator
from ml.quality.presence import LOSSY
from ml.quality.verdict import Thresholds

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
Bools = NDArray[np.bool_]
Strings = NDArray[np.str_]
Values = Mapping[str, float | None]


class Estimator(Protocol):
    """What is trained. It travels in the artifact, so its class must be importable where it is loaded."""

    @property
    def rounds(self) -> int:
        """How often ``on_round`` is called in one fit."""

    def fit(
        self,
        X: F32,
        labels: Strings,
        *,
        jobs: int = 1,
        weights: F64 | None = None,
        on_round: Callable[[], None] | None = None,
    ) -> Self: ...
    def raw_log_proba(self, X: F32) -> F64: ...
    def predict_proba(self, X: F32) -> F64: ...
    def calibrate(self, log_proba: F64, truth: NDArray[np.intp]) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One question that models learn to answer."""

    name: str
    classes: tuple[str, ...]
    table: Path
    """The base table, as :meth:`Table.save` writes it."""
    spec: Callable[[], FeatureSpec]
    """What this version of the code measures."""
    measure: Callable[[Path], Values]
    """The numbers of a file."""
    estimator: Callable[[FeatureSpec, int], Estimator]
    """From spec and seed."""
    counts: Callable[[Table], Bools]
    """Which rows of a test part are counted."""
    thresholds: Callable[[Table, F64], Mapping[str, float]]
    """From rows and their probabilities out of fold."""
    answer: Callable[[Table, F64, Mapping[str, float]], tuple[Strings, Bools]]
    """Of each row what would be said, and whether that accuses."""
    genuine: str | None = None
    """The class that must not be accused."""
    calibrates: Callable[[Table], Bools] = lambda table: np.ones(len(table), dtype=np.bool_)
    """Which rows out of fold the calibration and the thresholds may rest on."""
    keep: float = KEEP
    """How strongly the calibration holds on to the shares of the classes that were taught."""
    salt: str = "frozen test part:"
    """Draws the groups that no candidate learns from."""
    tells: Callable[[Table], Mapping[str, Any]] = lambda table: {}
    """What a fit is told of rows besides their labels, by keyword."""
    complete: Callable[[Any, Table, int], None] = lambda estimator, base, seed: None
    """What a fitted estimator needs besides, from the base rows it was taught and a seed."""

    def base(self) -> Table:
        """The table to start from."""
        return Table.load(self.table, task=self.name)


def _quality_estimator(spec: FeatureSpec, seed: int) -> QualityEstimator:
    return QualityEstimator(spec, CLASSES, seed=seed)


def _measure_quality(path: Path) -> Values:
    recording = record(path, limits=Limits())
    with threadpool_limits(1):
        found = quality.measure(recording.excerpts, sr=recording.sr, aside=False).values
    return {name: value if isfinite(value) else None for name, value in found.items()}


def _coded_once_or_never(table: Table) -> Bools:
    return np.array([len(story.history) <= 1 for story in table.stories()], dtype=bool)


def _quality_thresholds(table: Table, proba: F64) -> dict[str, float]:
    return asdict(choose_thresholds(table, proba))


def _answer_quality(table: Table, proba: F64, thresholds: Mapping[str, float]) -> tuple[Strings, Bools]:
    nothing = np.zeros((len(table), len(LOSSY)))  # histories are not asked for
    answers = answer_with(table, proba, present=nothing, thresholds=[Thresholds(**thresholds)] * len(table))
    return answers.label, answers.accused


def _histories(table: Table) -> dict[str, Any]:
    """People say one class a song, and that is taken for all there was."""
    return {
        "histories": [
            Facts.parse(str(facts)).history if facts else codings(str(label))
            for facts, label in zip(table.facts, table.labels, strict=True)
        ]
    }


QUALITY: Final = Task(
    name="quality",
    classes=CLASSES,
    table=artifact.SHIPPED / "quality" / "table.npz",
    spec=quality.spec,
    measure=_measure_quality,
    estimator=_quality_estimator,
    counts=_coded_once_or_never,
    thresholds=_quality_thresholds,
    answer=_answer_quality,
    genuine="lossless",
    tells=_histories,
)


def _genre_estimator(spec: FeatureSpec, seed: int) -> GenreEstimator:
    return GenreEstimator(spec, GENRES, seed=seed)


def _measure_genre(path: Path) -> Values:
    recording = record(path, limits=Limits())
    with threadpool_limits(1):
        return genre.measure(recording.stretches, recording.middle, sr=recording.sr).values


def _heard(table: Table) -> Bools:
    return heard(table.X)


def _genre_thresholds(table: Table, proba: F64) -> dict[str, float]:
    truth = class_numbers(table, classes=GENRES)
    strangeness = strangeness_out_of_fold(table, strangers=_strangers())
    return asdict(choose_genre_thresholds(proba, truth, strangeness=strangeness))


def _answer_genre(table: Table, proba: F64, thresholds: Mapping[str, float]) -> tuple[Strings, Bools]:
    """The likeliest; nobody is accused of a genre."""
    return np.array(GENRES)[proba.argmax(axis=1)], np.zeros(len(table), dtype=bool)


def _complete_genre(estimator: GenreEstimator, base: Table, seed: int) -> None:
    complete(estimator, base, strangers=_strangers())


def _strangers() -> Table:
    return Table.load(STRANGERS, task="genre")


GENRE: Final = Task(
    name="genre",
    classes=GENRES,
    table=TABLE,
    spec=genre.spec,
    measure=_measure_genre,
    estimator=_genre_estimator,
    counts=_heard,
    calibrates=_heard,
    keep=UNSHIFTED,
    salt="frozen test part 351:",  # the first number that draws 2 songs and 5 % to a third of each genre
    thresholds=_genre_thresholds,
    answer=_answer_genre,
    complete=_complete_genre,
)
TASKS: Final[Mapping[str, Task]] = {task.name: task for task in (QUALITY, GENRE)}
