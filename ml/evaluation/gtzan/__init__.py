"""Genres from the GTZAN tables alone, of fault-filtered songs: no fault, no repeated song, no artist on both sides.

The songs and their split are Kereliuk, Sturm and Larsen's (2015): 640 songs to learn from and 290 to judge, by other
artists. All 930 are judged in five folds by artist as well, which teaches with more and judges three times as many.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from ml.calibration import UNSHIFTED
from ml.crossval import cross_calibrated
from ml.evaluation.gtzan.tables import TableSong, load
from ml.evaluation.gtzan.vote import RowVote, Vote
from ml.evaluation.shares import calibration_error, share

F64 = NDArray[np.float64]
Figures = dict[str, Any]

FOLDS: Final = 5


def evaluate_tables(root: Path | None = None) -> Figures:
    """Shares of songs told right, with n and Wilson interval; ``FileNotFoundError`` without the data.

    "folds" is of all songs, each by models that met no song of its group; "test" of the published split.
    """
    taught, test = load(root)
    judged = {song.group for song in test}
    apart = [song for song in taught if song.group not in judged]
    return {
        "suite": "gtzan-tables",
        "songs": {"all": len(taught) + len(test), "taught": len(apart), "test": len(test)},
        "artists": {"all": len({s.group for s in (*taught, *test)}), "test": len(judged)},
        "vote": _judged(Vote, [*taught, *test], apart, test),
        "logistic_regression": _judged(RowVote, [*taught, *test], apart, test),
    }


def report(figures: Mapping[str, Any]) -> str:
    """The figures as lines of a terminal."""
    songs, artists = figures["songs"], figures["artists"]
    lines = [
        f"{songs['all']} songs of {artists['all']} artists or duplicate groups in {FOLDS} folds by group; and the",
        f"published split, {songs['test']} test songs of {artists['test']} learnt from {songs['taught']} others",
    ]
    for name in ("vote", "logistic_regression"):
        for part in ("folds", "test"):
            one = figures[name][part]
            interval = f"[{100 * one['low']:.1f}, {100 * one['high']:.1f}]"
            lines.append(f"{name:22}{part:8}{100 * one['value']:6.1f} % {interval:14} n {one['n']}")
        lines.append(f"{'':22}calibration error {100 * figures[name]['ece']:.1f} %, folds")
    lines += [
        f"  {label:20}{100 * one['value']:6.1f} % n {one['n']}"
        for label, one in figures["vote"]["recall"].items()
    ]
    return "\n".join(lines)


def _judged(
    model: type[Vote] | type[RowVote],
    songs: Sequence[TableSong],
    taught: Sequence[TableSong],
    test: Sequence[TableSong],
) -> Figures:
    """Of all songs in folds, and of the test songs."""
    labels = np.array([song.label for song in songs])
    names, proba = np.array(sorted(set(labels))), _calibrated(*_out_of_fold(model, songs), labels)
    right = names[proba.argmax(axis=1)] == labels
    said = names[model().fit(taught).log_proba(test).argmax(axis=1)]
    return {
        "folds": share(right),
        "test": share(said == np.array([song.label for song in test])),
        "ece": calibration_error(proba.max(axis=1), right),
        "recall": {label: share(right[labels == label]) for label in map(str, names)},
    }


def _out_of_fold(
    model: type[Vote] | type[RowVote], songs: Sequence[TableSong]
) -> tuple[F64, NDArray[np.intp]]:
    """Log probabilities of each song by what met none of its group, shape (n, n_classes), and its fold."""
    labels, groups = [song.label for song in songs], [song.group for song in songs]
    said, fold = np.empty((len(songs), len(set(labels)))), np.empty(len(songs), dtype=np.intp)
    splits = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0).split(labels, labels, groups)
    for number, (learn, judge) in enumerate(splits):
        fold[judge] = number
        said[judge] = model().fit([songs[i] for i in learn]).log_proba([songs[i] for i in judge])
    return said, fold


def _calibrated(log_proba: F64, fold: NDArray[np.intp], labels: NDArray[np.str_]) -> F64:
    """Each fold by one temperature, fitted on the others."""
    truth = np.searchsorted(sorted(set(labels)), labels)
    return cross_calibrated(log_proba, truth, folds=fold, keep=UNSHIFTED)
