"""The genre model: songs heard by the music network, cross-validated by artist, fitted."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from ml import artifact
from ml.crossval import class_numbers
from ml.dataset import Table
from ml.evaluation.genre import STRANGERS, TABLE, summarise
from ml.evaluation.genre.validation import validate
from ml.features import genre
from ml.genre import strangers
from ml.genre.classes import CLASSES
from ml.genre.estimator import GenreEstimator, complete, heard
from ml.genre.measuring import Row, blocks_of, gather, measure_all, unheard
from ml.genre.songs import published, songs
from ml.genre.thresholds import choose_thresholds
from ml.training import CACHE, follow, taught_by


def train_genre(*, seed: int, output: Path | None = None, table: Path | None = None) -> None:
    """Measure, cross-validate, calibrate and fit; writes model, manifest and tables.

    output : folder of the artifact; None for the one that ships with the code
    table : measurements made before, such as the shipped ones: no audio is needed then
    """
    folder = output or TABLE.parent
    folder.mkdir(parents=True, exist_ok=True)
    if table is None:
        measure_and_save(folder)
    elif table != folder / TABLE.name:
        Table.load(table, task="genre").save(folder / TABLE.name)
    known = folder / STRANGERS.name
    fit_and_save(
        Table.load(folder / TABLE.name, task="genre"),
        strangers=Table.load(known if known.exists() else STRANGERS, task="genre"),
        folder=folder,
        seed=seed,
    )
    if output is None:
        artifact.list_shipped()


def measure_and_save(folder: Path) -> None:
    """Tables of songs and of strangers; of songs that can't be listened to the published numbers."""
    known = songs()
    rows = [Row(s.id, s.label, s.group, s.name, partial(blocks_of, s.path or Path())) for s in known]
    there = [row for row, song in zip(rows, known, strict=True) if song.path]
    others = [row for row, song in zip(rows, known, strict=True) if not song.path]
    measured = _measured(there, what="Songs")
    (measured.and_rows(unheard(others, timbre=published())) if others else measured).save(folder / TABLE.name)
    _measured(strangers.rows(), what="Other sound").save(folder / STRANGERS.name)


def fit_and_save(table: Table, *, strangers: Table, folder: Path, seed: int) -> None:
    """Cross-validate for calibration and thresholds, then fit on everything."""
    said, *_ = validate(table, strangers, seed=seed)
    listened = table.rows(heard(table.X))
    truth = class_numbers(listened, classes=CLASSES)
    estimator = GenreEstimator(table.spec, CLASSES, seed=seed).fit(table.X, table.labels)
    estimator.calibrate(said.log_proba, truth)
    complete(estimator, table, strangers=strangers)
    artifact.save(
        folder,
        estimator=estimator,
        manifest={
            "task": "genre",
            "version": f"1-{len(table)}",
            "classes": list(CLASSES),
            "feature_version": table.spec.id,
            "thresholds": asdict(choose_thresholds(said.proba, truth, strangeness=said.strangeness)),
            "training": {
                **taught_by(table, seed=seed),
                "heard": len(listened),
                "settings": estimator.settings,
            },
            "metrics": summarise(listened, said),
        },
    )


def _measured(rows: Sequence[Row], *, what: str) -> Table:
    """With a progress bar; picks up where it was stopped."""
    cache = CACHE / "genre" / genre.spec().id
    follow(what, measure_all(rows, cache=cache), total=len(rows))
    return gather(rows, cache=cache)
