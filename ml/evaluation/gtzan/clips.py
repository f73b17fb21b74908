"""The 57 numbers measured on the clips: what a genre model without a network is worth."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ml.corpus.masters import data_folder
from ml.evaluation.shares import share
from ml.features import timbre

F32 = NDArray[np.float32]
Figures = dict[str, Any]

CACHE: Final = Path(".cache") / "genre"
FOLDS: Final = 5
SPLITS: Final = 5
"""The folds are drawn so often; figures are of the first, and the mean of all."""


@dataclass(frozen=True, slots=True)
class Clip:
    """Thirty seconds of a song."""

    id: str
    path: Path
    label: str
    group: str


def clips(root: Path | None = None) -> list[Clip]:
    """Those that are there; ``FileNotFoundError`` without the data."""
    folder = (root or data_folder()) / "genre" / "gtzan"
    with (folder / "splits" / "gtzan_groups.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = [
        Clip(r["song"], folder / "clips_vorbis" / r["label"] / f"{r['song']}.ogg", r["label"], r["group"])
        for r in rows
    ]
    return [clip for clip in found if clip.path.is_file()]


def measured(known: list[Clip], *, cache: Path = CACHE) -> Iterator[F32]:
    """Each clip's numbers, shape (57,), from its file in the cache where that is there already."""
    spec = timbre.spec()
    folder = cache / spec.id
    folder.mkdir(parents=True, exist_ok=True)
    for clip in known:
        kept = folder / f"{clip.id}.npy"
        if not kept.is_file():
            y, sr = soundfile.read(clip.path, dtype="float32", always_2d=True)
            made = kept.with_suffix(".part.npy")
            np.save(made, spec.vector(timbre.measure(y.T, sr=sr)))
            made.replace(kept)  # whole or not at all
        yield np.load(kept)


def evaluate_clips(known: list[Clip], X: F32, *, seed: int = 1) -> Figures:
    """Accuracy with its interval and mean recall of a balanced logistic regression, in five folds by group.

    X : shape (n, 57)
    """
    labels, groups = np.array([c.label for c in known]), np.array([c.group for c in known])
    said = [_out_of_fold(X, labels, groups, seed=seed + k) for k in range(SPLITS)]
    right = [one == labels for one in said]
    genres = sorted(set(labels))
    recalls = [{label: float(r[labels == label].mean()) for label in genres} for r in right]
    return {
        "songs": len(known),
        "groups": len(set(groups)),
        "folds": FOLDS,
        "accuracy": share(right[0]),
        "mean_recall": round(float(np.mean(list(recalls[0].values()))), 5),
        "recall": {label: share(right[0][labels == label]) for label in genres},
        "mean_of_splits": {
            "splits": SPLITS,
            "accuracy": round(float(np.mean(right)), 5),
            "mean_recall": round(float(np.mean([list(one.values()) for one in recalls])), 5),
        },
    }


def report(figures: Figures) -> str:
    """The figures as lines of a terminal."""
    one, mean = figures["accuracy"], figures["mean_of_splits"]
    return (
        f"{figures['songs']} clips, {figures['folds']} folds by {figures['groups']} groups: accuracy"
        f" {100 * one['value']:.1f} % [{100 * one['low']:.1f}, {100 * one['high']:.1f}], mean recall"
        f" {100 * figures['mean_recall']:.1f} %; over {mean['splits']} splits {100 * mean['accuracy']:.1f} and"
        f" {100 * mean['mean_recall']:.1f} %"
    )


def _out_of_fold(
    X: F32, labels: NDArray[np.str_], groups: NDArray[np.str_], *, seed: int
) -> NDArray[np.str_]:
    said = np.empty_like(labels)
    for learn, judge in StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed).split(X, labels, groups):
        model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=2000))
        said[judge] = model.fit(X[learn], labels[learn]).predict(X[judge])
    return said
