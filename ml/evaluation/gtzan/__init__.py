"""Genres from the GTZAN tables alone, on the fault-filtered split: no fault, no repeated song, no artist on both sides.

The split is Kereliuk, Sturm and Larsen's (2015): 443 songs to learn from, 197 to choose by, 290 to judge. What is
here was chosen on the first two; the third is only counted. Five of the 443 share a group with a judged song and
are left out.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from ml.evaluation.gtzan.blend import Blend, RowVote
from ml.evaluation.gtzan.tables import TableSong, load
from ml.evaluation.shares import share

Figures = dict[str, Any]


def evaluate_tables(root: Path | None = None) -> Figures:
    """Shares of songs told right, with n and Wilson interval; ``FileNotFoundError`` without the data.

    "folds" is a grouped cross-validation over train and valid; "valid" and "test_train_only" are learnt from train,
    "test" from train and valid.
    """
    train, valid, test = load(root)
    return {
        "suite": "gtzan-tables",
        "songs": {"train": len(train), "valid": len(valid), "test": len(test)},
        "artists": {"test": len({song.group for song in test})},
        "blend": _judged(Blend, train, valid, test),
        "logistic_regression": _judged(RowVote, train, valid, test),
    }


def report(figures: Figures) -> str:
    """The figures as lines of a terminal."""
    lines = [
        f"{figures['songs']['test']} test songs of {figures['artists']['test']} artists or duplicate groups"
    ]
    for name in ("blend", "logistic_regression"):
        for part in ("folds", "valid", "test_train_only", "test"):
            one = figures[name][part]
            interval = f"[{100 * one['low']:.1f}, {100 * one['high']:.1f}]"
            lines.append(f"{name:22}{part:18}{100 * one['value']:6.1f} % {interval:14} n {one['n']}")
    lines += [
        f"  {label:20}{100 * one['value']:6.1f} % n {one['n']}"
        for label, one in figures["blend"]["recall"].items()
    ]
    return "\n".join(lines)


def _judged(
    model: type[Blend] | type[RowVote],
    train: Sequence[TableSong],
    valid: Sequence[TableSong],
    test: Sequence[TableSong],
) -> Figures:
    by_train, by_both = model().fit(train), model().fit([*train, *valid])
    right = _right(by_both, test)
    labels = np.array([song.label for song in test])
    return {
        "folds": share(_out_of_fold(model, [*train, *valid])),
        "valid": share(_right(by_train, valid)),
        "test_train_only": share(_right(by_train, test)),
        "test": share(right),
        "recall": {label: share(right[labels == label]) for label in by_both.classes},
    }


def _out_of_fold(model: type[Blend] | type[RowVote], songs: Sequence[TableSong]) -> NDArray[np.bool_]:
    labels, groups = [song.label for song in songs], [song.group for song in songs]
    right = np.zeros(len(songs), dtype=bool)
    for learn, judge in StratifiedGroupKFold(5, shuffle=True, random_state=0).split(labels, labels, groups):
        right[judge] = _right(model().fit([songs[i] for i in learn]), [songs[i] for i in judge])
    return right


def _right(model: Blend | RowVote, songs: Sequence[TableSong]) -> NDArray[np.bool_]:
    said = np.array(model.classes)[model.log_proba(songs).argmax(axis=1)]
    return np.asarray(said == np.array([song.label for song in songs]))
