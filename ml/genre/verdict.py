"""From probabilities to what is said about a song's genre."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ml import words
from ml.answer import Genre, Moment, Neighbour
from ml.words import genre_words, percent

SHORTEST_S: Final = 6.0
"""Of less sound the course over time says nothing: a jingle or a sample has no genre."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where an answer ends and "can't tell" begins; chosen out of fold, kept in the manifest."""

    answer: float
    """Least confidence of an answer."""
    strange: float
    """From this strangeness on there is none."""


def decide(
    probabilities: Mapping[str, float],
    *,
    strangeness: float,
    duration_s: float,
    timeline: tuple[Moment, ...],
    neighbours: tuple[Neighbour, ...],
    thresholds: Thresholds,
) -> Genre:
    """The answer, undecided where the sound is short, strange, or between two genres."""
    first, second = sorted(probabilities, key=probabilities.__getitem__, reverse=True)[:2]
    confidence = probabilities[first]
    reason = why_undecided(confidence, strangeness=strangeness, duration_s=duration_s, thresholds=thresholds)
    said = {
        "first": genre_words(first),
        "second": genre_words(second),
        "p_first": percent(confidence),
        "p_second": percent(probabilities[second]),
        "seconds": f"{SHORTEST_S:g}",
    }
    return Genre(
        label=first,
        confidence=confidence,
        undecided=reason is not None,
        probabilities=dict(probabilities),
        timeline=timeline,
        neighbours=neighbours,
        sentence=words.undecided_genre(reason, **said) if reason else words.genre_sentence(first, confidence),
    )


def why_undecided(
    confidence: float, *, strangeness: float, duration_s: float, thresholds: Thresholds
) -> str | None:
    """A key of ``words.UNDECIDED_GENRE``, or None where there is an answer.

    >>> at = Thresholds(answer=0.6, strange=0.5)
    >>> why_undecided(0.9, strangeness=0.1, duration_s=30, thresholds=at)
    >>> why_undecided(0.9, strangeness=0.1, duration_s=2, thresholds=at)
    'short'
    >>> why_undecided(0.5, strangeness=0.7, duration_s=30, thresholds=at)
    'strange'
    """
    if duration_s < SHORTEST_S:
        return "short"
    if strangeness >= thresholds.strange:
        return "strange"
    return "close" if confidence < thresholds.answer else None
