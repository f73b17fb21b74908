"""What the project set out to reach, row for row, and how far it is.

What is found is asked of plain rows: one coding, and nothing done behind it that blurs its traces. Family and class are
asked of treated rows, too, with one coding or none. ``beside`` is the same over all rows that it could be asked of.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ml.evaluation.answers import Answers
from ml.evaluation.generations import all_named, named_pairs, twice
from ml.evaluation.shares import Share, calibration_error, share
from ml.facts import LOWPASSES, Facts

Bools = NDArray[np.bool_]

SHORTEST_S: Final = 6.0
"""Clips below are not held to it."""

CHANGED: Final = frozenset({*LOWPASSES, "gain", "attenuate", "dither", "dither-after"})

FOUND: Final = {
    "MP3 128 to 192, V2": (("mp3-128", "mp3-160", "mp3-192", "mp3-v2"), 0.995, 0.999),
    "MP3 256, V0": (("mp3-256", "mp3-v0"), 0.985, 0.998),
    "MP3 320": (("mp3-320",), 0.95, 0.99),
    "AAC 96 to 320": (("aac",), 0.99, 0.999),
    "Vorbis": (("vorbis",), 0.98, 0.995),
    "Opus": (("opus",), 0.95, 0.99),
    "AC-3, WMA, MP2": (("ac3", "wma", "mp2"), 0.97, 0.995),
}
"""Classes or families, floor and aim."""

STILL_FOUND: Final = {
    "after gain or dither": ("level", 0.97, 0.995),
    "after a change of rate": ("rate", 0.90, 0.98),
    "after an equaliser": ("eq", 0.80, 0.95),
}


@dataclass(frozen=True, slots=True)
class Goal:
    """One row of the table; ``figure`` as from ``share``."""

    name: str
    floor: float
    aim: float
    figure: Share
    beside: Share | None = None
    at_most: bool = False
    """Whether less is better."""

    @property
    def status(self) -> str:
        """ "aim" or "floor", whichever is reached, "missed", or "n 0"."""
        value = self.figure["value"]
        if value is None:
            return "n 0"
        sign = -1 if self.at_most else 1
        reached = [name for name in ("aim", "floor") if sign * value >= sign * getattr(self, name)]
        return reached[0] if reached else "missed"

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "floor": self.floor,
            "aim": self.aim,
            "at_most": self.at_most,
            **self.figure,
            "beside": self.beside,
            "status": self.status,
        }


def goals(answers: Answers, *, unseen: Share | None = None) -> list[Goal]:
    """All rows, in the order in which they were set.

    unseen : share of family right among rows of encoders that were left out of training
    """
    long = answers.where(lambda one: one.seconds >= SHORTEST_S)
    return [
        *_genuine(answers, long),
        *_found(answers, long),
        *_named(answers, long),
        *_still_found(answers, long),
        Goal("unseen encoder: family right", 0.90, 0.98, unseen or share(long[:0])),
        *_calibrated(answers, long),
    ]


def _genuine(answers: Answers, long: Bools) -> list[Goal]:
    rows = answers.genuine & long
    changed = rows & answers.where(lambda one: not CHANGED.isdisjoint(one.disturbances))
    accused = answers.accused
    return [
        Goal("genuine called something else", 0.005, 0.001, share(accused[rows]), at_most=True),
        Goal("  with low-pass, gain or dither", 0.02, 0.005, share(accused[changed]), at_most=True),
    ]


def _found(answers: Answers, long: Bools) -> list[Goal]:
    plain = answers.once & answers.where(lambda one: not one.after)
    found = []
    for name, (members, floor, aim) in FOUND.items():
        rows = long & np.array([label.startswith(members) for label in answers.truth])
        figures = share(answers.accused[rows & plain]), share(answers.accused[rows])
        found.append(Goal(f"found: {name}", floor, aim, *figures))
    return found


def _named(answers: Answers, long: Bools) -> list[Goal]:
    once, lossy = answers.once, ~answers.genuine
    found, single = lossy & long & answers.accused, answers.single & long

    def goal(name: str, floor: float, aim: float, hits: Bools, rows: Bools, beside: Bools) -> Goal:
        return Goal(name, floor, aim, share(hits[rows]), share(hits[beside]))

    return [
        goal("family right, of those found", 0.99, 0.998, answers.family_right, found & once, found),
        goal("exact class", 0.92, 0.97, answers.right, single, long),
        goal("within one neighbour", 0.98, 0.995, answers.near, single, long),
        goal(
            "both generations named",
            0.85,
            0.97,
            all_named(answers),
            named_pairs(answers) & long,
            twice(answers) & long,
        ),
    ]


def _still_found(answers: Answers, long: Bools) -> list[Goal]:
    found = []
    for name, (harm, floor, aim) in STILL_FOUND.items():
        only, among = answers.where(_only(harm)), answers.where(_among(harm))
        rows = long & ~answers.genuine
        figures = share(answers.accused[rows & answers.once & only]), share(answers.accused[rows & among])
        found.append(Goal(f"{name}: still found", floor, aim, *figures))
    return found


def _only(harm: str) -> Callable[[Facts], bool]:
    return lambda one: one.after == {harm}


def _among(harm: str) -> Callable[[Facts], bool]:
    return lambda one: harm in one.after


def _calibrated(answers: Answers, long: Bools) -> list[Goal]:
    """No share, so without an interval."""
    p, q = answers.proba[long], answers.family_proba[long]
    of_class = calibration_error(p.max(axis=1, initial=0.0), answers.likeliest_right[long])
    of_family = calibration_error(q.max(axis=1, initial=0.0), answers.likeliest_family_right[long])
    n = int(long.sum())
    return [
        Goal(name, 0.03, 0.01, {"value": error, "n": n, "low": None, "high": None}, at_most=True)
        for name, error in (("calibration error, class", of_class), ("calibration error, family", of_family))
    ]
