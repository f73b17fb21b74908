"""How right the model is on recordings it has not seen: figures with their n and an interval."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml import artifact
from ml.crossval import (
    choose_thresholds,
    class_numbers,
    cross_calibrated,
    fold_numbers,
    honest,
    nested_thresholds,
    out_of_fold,
    own_claims,
)
from ml.dataset import Table
from ml.quality.classes import CLASSES, FAMILIES, family, neighbours
from ml.quality.verdict import Thresholds, agreeing_classes

F64 = NDArray[np.float64]
Bools = NDArray[np.bool_]
BINS: Final = 15
TABLE: Final = artifact.SHIPPED / "quality" / "table.npz"


def wilson(hits: int, n: int, *, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927).

    >>> [round(x, 3) for x in wilson(0, 100)]
    [0.0, 0.037]
    """
    if n == 0:
        return 0.0, 1.0
    p, spread = hits / n, z / n * sqrt(hits * (n - hits) / n + z * z / 4)
    middle, scale = p + z * z / (2 * n), 1 + z * z / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def share(hits: Bools) -> dict[str, float | int]:
    """A share as it is stored: value, n and interval."""
    n, k = len(hits), int(hits.sum())
    low, high = wilson(k, n)
    return {"value": k / n if n else float("nan"), "n": n, "low": low, "high": high}


def calibration_error(confidence: F64, right: Bools) -> float:
    """Expected calibration error over 15 equal bins (Naeini 2015).

    >>> calibration_error(np.array([0.8] * 10), np.array([True] * 8 + [False] * 2))
    0.0
    """
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    error = 0.0
    for b in range(BINS):
        here = bins == b
        if here.any():
            error += float(abs(confidence[here].mean() - right[here].mean()) * here.mean())
    return round(error, 12)


def summarise(table: Table, proba: F64, *, folds: NDArray[np.intp]) -> dict[str, Any]:
    """Figures of one cross-validation; class and family over rows with one coding or none, as files are met.

    Calibration and thresholds of each fold come from the other folds, like the trees.
    proba : shape (n, n_classes), calibrated, out of fold
    """
    truth, answer = table.labels, np.array(CLASSES)[proba.argmax(axis=1)]
    families = np.array([family(c) for c in truth])
    by_family = family_probabilities(proba)
    named = np.array(FAMILIES)[by_family.argmax(axis=1)]
    lossy_p = 1.0 - proba[:, CLASSES.index("lossless")]
    lossless = truth == "lossless"
    accuse_at, accuse_lossy_at = nested_thresholds(table, proba, folds=folds)
    accused = lossy_p >= accuse_at
    near = np.array([a in neighbours(t) for t, a in zip(truth, answer, strict=True)])
    right = answer == truth
    double = np.array(["+" in fact.split("|")[1] for fact in table.facts])
    single = ~double
    plain, worse = own_claims(table, proba)
    dressed, worse_dressed = own_claims(table, proba, generations=2)
    really_worse = [
        truth[i] not in agreeing_classes(honest(table.facts[i].split("|")[1].split("+")[-1])) for i in dressed
    ]
    return {
        "exact": share(right[single]),
        "family": share((named == families)[single]),
        "within_one_class": share(near[single]),
        "lossless_accused": share(accused[lossless]),
        "lossless_undecided": share((lossy_p[lossless] > 0.3) & ~accused[lossless]),
        "lossy_found": share(accused[~lossless]),
        "family_of_found": share((named == families)[accused & ~lossless & single]),
        "lossy_accused": share(worse >= accuse_lossy_at[plain]),
        "dressed_up_found": share(
            (worse_dressed >= accuse_lossy_at[dressed])[np.array(really_worse, dtype=bool)]
        ),
        "ece_class": calibration_error(proba.max(axis=1), right),
        "ece_family": calibration_error(by_family.max(axis=1), named == families),
        "classes": {c: share(right[single & (truth == c)]) for c in CLASSES},
        "found": {c: share(accused[truth == c]) for c in CLASSES if c != "lossless"},
        "worst_of_two": share(right[double]),
        "either_of_two": share(
            np.array(
                [n in f.split("|")[1] for n, f in zip(named[double], table.facts[double], strict=True)],
                dtype=bool,
            )
        ),
        "lossless_kinds": _by(lossless, accused, (fact.split("|")[0] for fact in table.facts)),
        "lossless_disturbances": _by_each(lossless, accused, table.facts),
        "found_disturbances": _by_each(~lossless, accused, table.facts),
    }


def family_probabilities(proba: F64) -> F64:
    """Sums over the classes of each family, shape (n, n_families)."""
    return np.stack(
        [proba[:, [i for i, c in enumerate(CLASSES) if family(c) == name]].sum(axis=1) for name in FAMILIES],
        axis=1,
    )


def _by(rows: Bools, hits: Bools, keys: Iterable[str]) -> dict[str, Any]:
    names = np.array(list(keys))
    return {name: share(hits[rows & (names == name)]) for name in sorted(set(names[rows]))}


def _by_each(rows: Bools, hits: Bools, facts: NDArray[np.str_]) -> dict[str, Any]:
    """By disturbance; a row with several counts for each."""
    members: defaultdict[str, list[int]] = defaultdict(list)
    for i in np.flatnonzero(rows):
        for name in facts[i].split("|")[2].split("+"):
            members[name or "none"].append(int(i))
    return {name: share(hits[members[name]]) for name in sorted(members)}


def evaluate_quality(*, jobs: int, seed: int = 1) -> str:
    """Cross-validate the shipped table by supergroup and say it as text."""
    table = Table.load(TABLE)
    truth = class_numbers(table)
    log_proba = out_of_fold(table, seed=seed, jobs=jobs)
    folds = fold_numbers(table, seed=seed)
    proba = cross_calibrated(log_proba, truth, folds=folds)
    thresholds = choose_thresholds(table, proba)
    figures = summarise(table, proba, folds=folds)
    return report(figures, rows=len(table), groups=len(set(table.groups)), thresholds=thresholds)


def report(figures: Mapping[str, Any], *, rows: int, groups: int, thresholds: Thresholds) -> str:
    """The figures as lines."""
    head = (
        f"{rows} examples of {groups} supergroups, five folds by supergroup; "
        f"accused from {thresholds.accuse:.3f} on (lossy files: {thresholds.accuse_lossy:.3f})\n"
    )
    main = [
        ("exact class", "exact"),
        ("family", "family"),
        ("within one class", "within_one_class"),
        ("lossless accused", "lossless_accused"),
        ("lossless undecided", "lossless_undecided"),
        ("lossy found", "lossy_found"),
        ("family of those found", "family_of_found"),
        ("honest lossy accused", "lossy_accused"),
        ("dressed-up lossy found", "dressed_up_found"),
        ("two generations: the worse", "worst_of_two"),
        ("two generations: a family", "either_of_two"),
    ]
    lines = [head, *(_line(name, figures[key]) for name, key in main)]
    lines += [f"{'calibration error, class':28} {100 * figures['ece_class']:6.2f} %"]
    lines += [f"{'calibration error, family':28} {100 * figures['ece_family']:6.2f} %"]
    for title, key in (
        ("exact class, by class", "classes"),
        ("found as lossy, by class", "found"),
        ("genuine accused, by kind", "lossless_kinds"),
        ("genuine accused, by disturbance", "lossless_disturbances"),
        ("found as lossy, by disturbance", "found_disturbances"),
    ):
        lines += ["", title, *(_line(f"  {name}", value) for name, value in figures[key].items())]
    return "\n".join(lines)


def _line(name: str, value: Mapping[str, float]) -> str:
    low, high = 100 * value["low"], 100 * value["high"]
    return f"{name:28} {100 * value['value']:6.2f} %  [{low:5.2f}, {high:5.2f}]  n {value['n']:.0f}"
