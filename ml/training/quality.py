"""From lossless masters to a model that can be shipped, with the figures that judge it."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from ml import artifact, dataset
from ml.corpus import Example, masters, plan
from ml.corpus.plan import REVISION
from ml.crossval import (
    choose_thresholds,
    class_numbers,
    cross_calibrated,
    fold_numbers,
    out_of_fold,
)
from ml.dataset import Table
from ml.evaluation import TABLE, brief, summarise
from ml.features import quality
from ml.quality.classes import CLASSES
from ml.quality.estimator import QualityEstimator
from ml.training import CACHE, follow, taught_by

SPENT: Final = CACHE / "quality" / f"spent-r{REVISION}.txt"
"""What codings took: of the plan, whatever is measured on them."""


def train_quality(
    *, per_class: int, seed: int, jobs: int, output: Path | None = None, table: Path | None = None
) -> None:
    """Encode, measure, cross-validate, calibrate and fit; writes model, manifest and base table.

    output : folder of the artifact; None for the one that ships with the code
    table : measurements made before, such as the shipped ones: no audio is needed then
    """
    folder = output or artifact.SHIPPED / "quality"
    folder.mkdir(parents=True, exist_ok=True)
    rows = (
        Table.load(table) if table else _measured(plan(masters(), per_class=per_class, seed=seed), jobs=jobs)
    )
    rows.save(folder / TABLE.name)
    fit_and_save(Table.load(folder / TABLE.name), folder=folder, seed=seed, jobs=jobs)
    if output is None:
        artifact.list_shipped()


def _measured(examples: Sequence[Example], *, jobs: int) -> Table:
    """Under the classes that the codings came to."""
    measure_all(examples, jobs=jobs)
    follow("Weighing", dataset.weigh(examples, cache=SPENT, jobs=jobs), total=len(examples))
    return dataset.gather(examples, cache=cache_folder(), spent=dataset.spendings(SPENT))


def measure_all(examples: Sequence[Example], *, jobs: int) -> None:
    """Fill the cache of measured rows, with a progress bar; picks up where it was stopped."""
    follow("Measuring", dataset.build(examples, cache=cache_folder(), jobs=jobs), total=len(examples))


def cache_folder() -> Path:
    """Rows of one feature spec; another spec has another folder."""
    return CACHE / "quality" / quality.spec().id


def fit_and_save(table: Table, *, folder: Path, seed: int, jobs: int) -> None:
    """Cross-validate for calibration and thresholds, then fit on everything."""
    log_proba, present = out_of_fold(table, seed=seed, jobs=jobs)
    truth = class_numbers(table)
    folds = fold_numbers(table, seed=seed)
    proba = cross_calibrated(log_proba, truth, folds=folds)
    thresholds = choose_thresholds(table, proba)
    histories = [story.history for story in table.stories()]
    estimator = QualityEstimator(table.spec, CLASSES, seed=seed).fit(
        table.X, table.labels, histories=histories, jobs=jobs
    )
    estimator.calibrate(log_proba, truth)
    artifact.save(
        folder,
        estimator=estimator,
        manifest={
            "task": "quality",
            "version": f"1-{len(table)}",
            "classes": list(CLASSES),
            "feature_version": table.spec.id,
            "thresholds": asdict(thresholds),
            "training": {
                **taught_by(table, seed=seed),
                "family_settings": estimator.family_settings,
                "class_settings": estimator.class_settings,
            },
            "metrics": brief(summarise(table, proba, present=present, folds=folds)),
        },
    )
