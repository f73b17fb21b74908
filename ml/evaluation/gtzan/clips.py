"""Music measured on the clips: what a genre model without a network is worth, by the 57 numbers and by all others too."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ml.dataset import keep
from ml.evaluation.shares import share
from ml.features import music
from ml.features.spec import FeatureSpec
from ml.genre.songs import Song

F32 = NDArray[np.float32]
Figures = dict[str, Any]

CACHE: Final = Path(".cache") / "genre"
FOLDS: Final = 5
SPLITS: Final = 5
"""The folds are drawn so often; figures are of the first, and the mean of all."""


def measured(known: Sequence[Song], *, cache: Path = CACHE) -> Iterator[F32]:
    """Each clip's numbers as :mod:`ml.features.music` has them; one that is in the cache is not measured again."""
    spec = music.spec()
    folder = cache / spec.id
    folder.mkdir(parents=True, exist_ok=True)
    for clip in known:
        kept = folder / f"{clip.id}.npz"
        if not kept.is_file():
            y, sr = soundfile.read(clip.path, dtype="float32", always_2d=True)
            keep(kept, x=spec.vector(music.measure(y.T, sr=sr)))
        with np.load(kept) as found:
            yield found["x"]


def evaluate_clips(known: Sequence[Song], X: F32, *, seed: int = 1) -> Figures:
    """Each family of numbers alone, and all together; X : shape (n, n_features)."""
    names = music.spec().names
    parts = {one.task: one for one in (*(family.spec() for family in music.FAMILIES), music.spec())}
    return {
        "songs": len(known),
        "groups": len({clip.group for clip in known}),
        "folds": FOLDS,
        "splits": SPLITS,
        "features": {
            task: _figures(known, X[:, _columns(one, names)], seed=seed) for task, one in parts.items()
        },
    }


def report(figures: Figures) -> str:
    """The figures as lines of a terminal."""
    head = f"{figures['songs']} clips, {figures['folds']} folds by {figures['groups']} artists or duplicate groups"
    lines = [
        head,
        f"{'':12}{'numbers':>8}{'accuracy':>10}{'':17}{'mean recall':>12}   mean of {figures['splits']} splits",
    ]
    for task, one in figures["features"].items():
        right, mean = one["accuracy"], one["mean_of_splits"]
        interval = f"[{100 * right['low']:.1f}, {100 * right['high']:.1f}]"
        lines.append(
            f"{task:12}{one['numbers']:8}{100 * right['value']:10.1f} {interval:16}{100 * one['mean_recall']:12.1f}"
            f"   {100 * mean['accuracy']:.1f}, {100 * mean['mean_recall']:.1f}"
        )
    return "\n".join(lines)


def _columns(part: FeatureSpec, names: Sequence[str]) -> list[int]:
    return [names.index(name) for name in part.names]


def _figures(known: Sequence[Song], X: F32, *, seed: int) -> Figures:
    labels, groups = np.array([clip.label for clip in known]), np.array([clip.group for clip in known])
    right = [_out_of_fold(X, labels, groups, seed=seed + k) == labels for k in range(SPLITS)]
    genres = sorted(set(labels))
    recalls = [float(np.mean([one[labels == label].mean() for label in genres])) for one in right]
    return {
        "numbers": X.shape[1],
        "accuracy": share(right[0]),
        "mean_recall": round(recalls[0], 5),
        "recall": {label: share(right[0][labels == label]) for label in genres},
        "mean_of_splits": {
            "accuracy": round(float(np.mean(right)), 5),
            "mean_recall": round(float(np.mean(recalls)), 5),
        },
    }


def _out_of_fold(
    X: F32, labels: NDArray[np.str_], groups: NDArray[np.str_], *, seed: int
) -> NDArray[np.str_]:
    said = np.empty_like(labels)
    for learn, judge in StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed).split(X, labels, groups):
        model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=2000))
        said[judge] = model.fit(X[learn], labels[learn]).predict(X[judge])
    return said
