"""Answers made by hand."""

import numpy as np

from ml.answer import Generation, Quality
from ml.corpus import worst
from ml.evaluation.answers import Answers
from ml.facts import Facts
from ml.quality.classes import family
from tests.tables import sure


def said(verdict: str, label: str, history: str = "") -> Quality:
    """history : labels with plus signs between"""
    generations = tuple(Generation(family(one), one, 0.9, None) for one in history.split("+") if one)
    return Quality(verdict, "", label, family(label), 0.9, {}, None, generations, ())  # type: ignore[arg-type]


def answered(*rows: tuple[str, Quality]) -> Answers:
    """Each row: facts as text, and what was said; the probabilities follow the label."""
    facts = tuple(Facts.parse(text) for text, _ in rows)
    truth = np.array([worst(one.history) for one in facts])
    proba = np.array([sure(one.label) for _, one in rows])
    return Answers(facts, truth, proba, tuple(one for _, one in rows))
