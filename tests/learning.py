"""A small task with known answers: what is learnt, how fast, and by which encoder's rows."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from ml.calibration import calibrated, fit_calibration
from ml.dataset import Table
from ml.features.spec import FeatureSpec
from ml.retraining import Songs
from ml.tasks import Task

CLASSES = ("lossless", "mp3-128", "mp3-320", "aac-128")
SPEC = FeatureSpec("quality", 90, tuple(f"f{i}" for i in range(5)))
CENTRES = np.array([[0, 0, 0, 0, 0], [4, 0, 0, 0, 0], [0, 4, 0, 0, 0], [0, 0, 4, 0, 0]], dtype=np.float32)
STRANGE = np.array([0, 0, 0, 6, 0], dtype=np.float32)
"""Where a strange encoder's mp3-128 lies: nearest to lossless."""


def rows(labels: NDArray[np.str_], *, rng: np.random.Generator, strange: bool = False) -> NDArray[np.float32]:
    numbers = np.array([CLASSES.index(label) for label in labels])
    centres = np.repeat(STRANGE[None], len(labels), axis=0) if strange else CENTRES[numbers]
    return (centres + 0.7 * rng.standard_normal(centres.shape)).astype(np.float32)


def base_table(*, per_class: int = 60, groups: int = 30, seed: int = 0) -> Table:
    rng = np.random.default_rng(seed)
    labels = np.tile(np.array(CLASSES), per_class)
    n = len(labels)
    facts = [f"music|{'' if label == 'lossless' else label}|||16|44100|5.0|stereo" for label in labels]
    return Table(
        SPEC,
        rows(labels, rng=rng),
        labels,
        np.array([f"artist {i // len(CLASSES) % groups}" for i in range(n)]),
        np.array([f"row {i}" for i in range(n)]),
        np.array(facts),
    )


def songs(n: int, *, strange: bool = True, wrong: float = 0.0, seed: int = 1) -> Songs:
    """mp3-128 by the strange encoder, or ordinary songs of all classes; a share of the labels is wrong."""
    rng = np.random.default_rng(seed)
    labels = np.array(["mp3-128"] * n) if strange else rng.choice(np.array(CLASSES), n)
    X = rows(labels, rng=rng, strange=strange)
    said = np.where(rng.random(n) < wrong, rng.choice(np.array(CLASSES), n), labels)
    names = np.array([f"song {seed} {i}" for i in range(n)])
    return Songs(X, said, names, np.ones(n), names)


@dataclass
class Blobs:
    """Kernel density by class: learns anything, at once, and respects weights."""

    classes: tuple[str, ...] = CLASSES
    temperature: float = 1.0
    shift: Any = None
    step_s: float = 0.0
    X: Any = None
    truth: Any = None
    weights: Any = None
    rounds: int = 10
    seen: list[int] = field(default_factory=list)

    def fit(
        self,
        X: NDArray[np.float32],
        labels: NDArray[np.str_],
        *,
        jobs: int = 1,
        weights: NDArray[np.float64] | None = None,
        on_round: Callable[[], None] | None = None,
    ) -> "Blobs":
        for _ in range(self.rounds):
            time.sleep(self.step_s)
            if on_round:
                on_round()
        self.X, self.truth = X, np.array([self.classes.index(label) for label in labels])
        self.weights = np.ones(len(X)) if weights is None else weights
        return self

    def raw_log_proba(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        distance = ((X[:, None] - self.X[None]) ** 2).sum(axis=2)
        kernel = np.exp(-distance / 2.0) * self.weights
        mass = np.stack([kernel[:, self.truth == k].sum(axis=1) for k in range(len(self.classes))], axis=1)
        return np.asarray(log_softmax(np.log(mass + 1e-6), axis=1))

    def calibrate(self, log_proba: NDArray[np.float64], truth: NDArray[np.intp]) -> None:
        self.temperature, self.shift = fit_calibration(log_proba, truth)

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        return calibrated(self.raw_log_proba(X), temperature=self.temperature, shift=self.shift)


def task(folder: Path, *, step_s: float = 0.0, table: Table | None = None) -> Task:
    """Its base table lies in the folder."""
    path = folder / "table.npz"
    if not path.exists():
        (table or base_table()).save(path)
    return Task(
        name="quality",
        classes=CLASSES,
        table=path,
        spec=lambda: SPEC,
        measure=measured,
        estimator=lambda spec, seed: Blobs(step_s=step_s),
        counts=lambda table: np.ones(len(table), dtype=bool),
        thresholds=lambda table, proba: {"accuse": 0.5},
        answer=answered,
        genuine="lossless",
    )


def measured(path: Path) -> dict[str, float | None]:
    """Of a kept file: as if it were an mp3-320."""
    path.stat()
    return dict(zip(SPEC.names, map(float, CENTRES[2]), strict=True))


def answered(
    table: Table, proba: NDArray[np.float64], thresholds: Any
) -> tuple[NDArray[np.str_], NDArray[np.bool_]]:
    lossy = 1.0 - proba[:, 0]
    return np.array(CLASSES)[proba.argmax(axis=1)], lossy >= thresholds["accuse"]


def without(table: Table, *groups: str) -> Table:
    return table.rows(~np.isin(table.groups, groups))


def relabelled(table: Table, label: str, *, to: str) -> Table:
    """A base table that teaches something wrong."""
    return replace(table, labels=np.where(table.labels == label, to, table.labels))


GENRES = ("blues", "classical", "jazz", "rock")
GENRE_SPEC = replace(SPEC, task="genre")


def genre_task(folder: Path) -> Task:
    """The same rows as genres: a task that accuses nobody."""
    base = base_table()
    path = folder / "genre.npz"
    replace(base, labels=as_genres(base.labels)).save(path)
    return replace(
        task(folder),
        name="genre",
        classes=GENRES,
        table=path,
        spec=lambda: GENRE_SPEC,
        estimator=lambda spec, seed: Blobs(classes=GENRES),
        thresholds=lambda table, proba: {"answer": 0.5},
        answer=lambda table, proba, thresholds: (
            np.array(GENRES)[proba.argmax(axis=1)],
            np.zeros(len(table), dtype=bool),
        ),
        genuine=None,
    )


def as_genres(labels: NDArray[np.str_]) -> NDArray[np.str_]:
    return np.array([GENRES[CLASSES.index(label)] for label in labels])


def genre_songs(n: int, *, seed: int = 1) -> Songs:
    """classical of a kind that the base table does not know."""
    found = songs(n, seed=seed)
    return replace(found, labels=as_genres(found.labels))
