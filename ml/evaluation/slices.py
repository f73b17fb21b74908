"""The same few figures for every kind of row: material, treatment, encoder, length and so on."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.evaluation.answers import Answers
from ml.evaluation.shares import Share, share
from ml.facts import CHANNELS, LOWPASSES, Facts
from ml.quality.classes import CLASSES, FAMILIES, family

Bools = NDArray[np.bool_]
Slices = dict[str, dict[str, dict[str, Share]]]
"""dimension -> value -> figure -> share"""

LENGTHS: Final = {"3 to 4.5 s": 4.5, "4.5 to 7.5 s": 7.5, "7.5 to 15 s": 15.0, "15 to 20 s": 20.0}
"""Clips of about 3, 5, 10 and 20 s: up to which length each bin goes."""
SHORTER, LONGER = "under 3 s", "20 s or more"

VERDICTS: Final = ("transcode", "undecided", "genuine")


def length(facts: Facts) -> str:
    """Bin of a clip's length.

    >>> length(Facts.parse("music||||16|44100|4.5")), length(Facts.parse("music||||16|44100|2.9"))
    ('4.5 to 7.5 s', 'under 3 s')
    """
    if facts.seconds < 3.0:
        return SHORTER
    return next((name for name, end in LENGTHS.items() if facts.seconds < end), LONGER)


def lowpasses(facts: Facts) -> tuple[str, ...]:
    """Which kinds of low-pass a row has, or "none"."""
    return tuple(name for name in LOWPASSES if name in facts.disturbances) or ("none",)


def encoders(facts: Facts) -> tuple[str, ...]:
    """Tool and family of each coding."""
    return tuple(f"{tool} {family(coding)}" for tool, coding in zip(facts.tools, facts.history, strict=True))


Key = Callable[[Facts], Iterable[str]]
CIRCUMSTANCES: Final[Mapping[str, Key]] = {
    "kind": lambda one: (one.kind,),
    "low-pass": lowpasses,
    "disturbance": lambda one: one.disturbances or ("none",),
    "depth": lambda one: (one.depth,),
    "rate": lambda one: (str(one.sr),),
    "channels": lambda one: (one.channels,),
    "length": lambda one: (length(one),),
}
CODINGS: Final[Mapping[str, Key]] = {
    "class": lambda one: one.history,
    "family": lambda one: tuple(map(family, one.history)),
    "encoder": encoders,
}
ALWAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "class": CLASSES[1:],
    "family": FAMILIES[1:],
    "low-pass": LOWPASSES,
    "channels": CHANNELS,
    "length": tuple(LENGTHS),
}
"""Values that are listed even where no row has them."""


def genuine_slices(answers: Answers) -> Slices:
    """Of genuine rows the share of each verdict. A row with several disturbances counts for each."""
    return {
        name: {
            value: verdicts(answers, rows) for value, rows in _members(answers, name, key, answers.genuine)
        }
        for name, key in CIRCUMSTANCES.items()
    }


def lossy_slices(answers: Answers) -> Slices:
    """Of rows with one coding: found, undecided, family right and exact class."""
    keys = {**CODINGS, **CIRCUMSTANCES}
    return {
        name: {value: _coded(answers, rows) for value, rows in _members(answers, name, key, answers.once)}
        for name, key in keys.items()
    }


def by_material(answers: Answers) -> dict[str, dict[str, Share]]:
    """Class of rows with one coding or none, by kind of material: a take of one drum says less than a song."""
    return {
        kind: {"exact": share(answers.right[rows]), "within_one_class": share(answers.near[rows])}
        for kind, rows in _members(answers, "kind", CIRCUMSTANCES["kind"], answers.single)
    }


def verdicts(answers: Answers, rows: Bools | NDArray[np.intp]) -> dict[str, Share]:
    """Share of each verdict; of genuine rows "transcode" is a false accusation."""
    return {name: share(answers.verdict[rows] == name) for name in VERDICTS}


def _coded(answers: Answers, rows: NDArray[np.intp]) -> dict[str, Share]:
    return {
        "found": share(answers.accused[rows]),
        "undecided": share(answers.verdict[rows] == "undecided"),
        "family": share(answers.family_right[rows]),
        "exact": share(answers.right[rows]),
    }


def _members(answers: Answers, name: str, key: Key, among: Bools) -> list[tuple[str, NDArray[np.intp]]]:
    """Values of a dimension with the numbers of their rows, in a steady order."""
    members: defaultdict[str, list[int]] = defaultdict(list)
    for i in np.flatnonzero(among):
        for value in key(answers.facts[i]):
            members[value].append(int(i))
    known = ALWAYS.get(name, ())
    order = [*known, *sorted(members.keys() - set(known))]
    return [(value, np.array(members[value], dtype=np.intp)) for value in order]
