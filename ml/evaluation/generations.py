"""Rows with two codings: whether both are named."""

from collections.abc import Sequence
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.answer import Quality
from ml.evaluation.answers import Answers
from ml.evaluation.shares import Share, share
from ml.quality.classes import KBPS, family

Bools = NDArray[np.bool_]

NAMED_PAIRS: Final = (
    ("mp3-128", "mp3-320"),
    ("mp3-192", "mp3-320"),
    ("aac-128", "mp3-320"),
    ("mp3-128", "aac-256"),
    ("mp3-192", "vorbis-q8"),
)
"""What people do most, and what the project is held to."""


def generations_named(said: Quality) -> frozenset[str]:
    """Classes, and families where no bitrate is known, of the history that the verdict tells.

    The verdict makes it of every coder whose grid stands out from the sound and of the answered class; a
    lossless file adds nothing of its own.
    """
    return frozenset(generation.label for generation in said.history)


def both_named(said: Quality, history: Sequence[str]) -> bool:
    """Whether the history that is told holds both codings.

    Two families: both are told, at whatever bitrate. One family twice: it is told twice, at whatever bitrate; or once
    with a class of lower bitrate than the last coding: where both left their grid at the same place or nearly so, what
    can be told is that the sound was once worse.
    """
    told = generations_named(said)
    first, last = history[0], history[-1]
    if family(first) == family(last):
        times = sum(generation.family == family(last) for generation in said.history)
        return times > 1 or any(
            family(name) == family(last) and KBPS.get(name, inf) < KBPS[last] for name in told
        )
    return {family(coding) for coding in history} <= {family(name) for name in told}


def twice(answers: Answers) -> Bools:
    """Rows with more than one coding, shape (n,)."""
    return answers.where(lambda one: len(one.history) > 1)


def all_named(answers: Answers) -> Bools:
    """Whether both codings are named, shape (n,); False where there are not two."""
    rows = zip(answers.said, answers.facts, strict=True)
    return np.array([len(f.history) > 1 and both_named(q, f.history) for q, f in rows], dtype=bool)


def named_pairs(answers: Answers) -> Bools:
    """Rows of ``NAMED_PAIRS``, shape (n,)."""
    return answers.where(lambda one: one.history in NAMED_PAIRS)


def by_pair(answers: Answers) -> dict[str, dict[str, Share]]:
    """The named pairs one by one, then all by their families."""
    pairs = np.array([" > ".join(one.history) for one in answers.facts])
    of_families = np.array([" > ".join(map(family, one.history)) for one in answers.facts])
    slices = {name: pairs == name for name in map(" > ".join, NAMED_PAIRS)}
    slices |= {str(name): of_families == name for name in sorted(set(of_families[twice(answers)]))}
    slices["all"] = twice(answers)
    both = all_named(answers)
    return {
        name: {
            "both": share(both[rows]),
            "found": share(answers.accused[rows]),
            "worst_exact": share(answers.right[rows]),
        }
        for name, rows in slices.items()
    }
