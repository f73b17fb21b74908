"""Two models on the same rows: what got better, what got worse, and whether one may take the other's place.

Works on evaluations as :func:`ml.retraining.evaluate` stores them, in the standard library alone, so that a page
may compare any two versions. Rows are paired; of those that one model has right and the other wrong an exact
one-sided binomial test (McNemar's) asks whether the second loses more than chance. It takes rows for independent.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ml.intervals import sign_test, wilson

Evaluation = Mapping[str, Any]
"""test, n, groups, classes, genuine, truth, said, accused, curve, ece, speed_ms, stand_in."""

LEVEL_ACCUSED: Final = 0.05
"""A false accusation is the worst mistake: its test is the stricter one (5 against 0 is enough)."""
LEVEL_CLASS: Final = 0.01
"""For each class; there are two dozen, so one in four harmless retrains at most is stopped by chance (7 against 0)."""


def compare(champion: Evaluation, candidate: Evaluation) -> dict[str, Any] | None:
    """What an admin reads before promoting; None where the two did not answer the same rows."""
    if champion["test"] != candidate["test"]:
        return None
    classes = [_class(champion, candidate, at) for at in range(len(champion["classes"]))]
    classes = [one for one in classes if one["n"]]
    accused = _accused(champion, candidate)
    worse = [one["name"] for one in classes if one["worse"]]
    return {
        "test": {key: champion[key] for key in ("test", "n", "groups")},
        "all": _pair("all", right(champion), right(candidate), level=LEVEL_CLASS),
        "classes": classes,
        "accused": accused,
        "worse": worse,
        "passes": not (worse or (accused is not None and accused["worse"])),
        "levels": {"accused": LEVEL_ACCUSED, "class": LEVEL_CLASS},
    }


def right(one: Evaluation) -> list[bool]:
    """Of each row whether the exact class was said."""
    return [truth == said for truth, said in zip(one["truth"], one["said"], strict=True)]


def confusion(one: Evaluation) -> list[list[int]]:
    """Truth down, answer across, in the order of the classes."""
    counts = [[0] * len(one["classes"]) for _ in one["classes"]]
    for truth, said in zip(one["truth"], one["said"], strict=True):
        counts[truth][said] += 1
    return counts


def exact(one: Evaluation) -> dict[str, Any]:
    """Share of rows with the exact class."""
    return share(right(one))


def false_accusations(one: Evaluation) -> dict[str, Any] | None:
    """Share of genuine rows that were called something else; None for a task that accuses nobody."""
    rows = _genuine(one)
    return share([one["accused"][i] for i in rows]) if rows is not None else None


def share(hits: Sequence[bool | int]) -> dict[str, Any]:
    """value, n, low, high: Wilson's 95 % interval.

    >>> share([True, True])["value"], share([])["value"]
    (1.0, None)
    """
    n, k = len(hits), sum(map(bool, hits))
    low, high = wilson(k, n)
    return {"value": k / n if n else None, "n": n, "low": low, "high": high}


def _class(champion: Evaluation, candidate: Evaluation, at: int) -> dict[str, Any]:
    rows = [i for i, truth in enumerate(champion["truth"]) if truth == at]
    before, after = right(champion), right(candidate)
    name = champion["classes"][at]
    return _pair(name, [before[i] for i in rows], [after[i] for i in rows], level=LEVEL_CLASS)


def _accused(champion: Evaluation, candidate: Evaluation) -> dict[str, Any] | None:
    rows = _genuine(champion)
    if rows is None:
        return None
    spared = [[not one["accused"][i] for i in rows] for one in (champion, candidate)]
    found = _pair("accused", *spared, level=LEVEL_ACCUSED)
    shares = {"before": false_accusations(champion), "after": false_accusations(candidate)}
    return found | shares


def _genuine(one: Evaluation) -> list[int] | None:
    if one["genuine"] is None:
        return None
    genuine = one["classes"].index(one["genuine"])
    return [i for i, truth in enumerate(one["truth"]) if truth == genuine]


def _pair(name: str, before: Sequence[bool], after: Sequence[bool], *, level: float) -> dict[str, Any]:
    lost = sum(a and not b for a, b in zip(before, after, strict=True))
    won = sum(b and not a for a, b in zip(before, after, strict=True))
    p = sign_test(lost, won)
    return {
        "name": name,
        "n": len(before),
        "before": share(before),
        "after": share(after),
        "lost": lost,
        "won": won,
        "p": p,
        "worse": p <= level,
    }
