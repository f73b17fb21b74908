"""When a genre is given, and what is said when not."""

import pytest

from ml.genre.classes import CLASSES
from ml.genre.verdict import SHORTEST_S, Thresholds, decide

AT = Thresholds(answer=0.6, strange=0.5)


def said(p: float, *, strangeness: float = 0.1, duration_s: float = 30.0):
    rest = (1 - p) / (len(CLASSES) - 1)
    probabilities = {label: p if label == "jazz" else rest for label in CLASSES}
    return decide(
        probabilities,
        strangeness=strangeness,
        duration_s=duration_s,
        timeline=(),
        neighbours=(),
        thresholds=AT,
    )


def test_a_clear_song_has_a_genre() -> None:
    answer = said(0.87)
    assert (answer.label, answer.confidence, answer.undecided) == ("jazz", 0.87, False)
    assert answer.sentence == "Sounds like jazz (87 %)."


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"p": 0.5}, "it could be jazz (50 %) or"),
        ({"p": 0.97, "strangeness": 0.9}, "unlike the songs"),
        ({"p": 0.97, "duration_s": 2.0}, f"at least {SHORTEST_S:g} s"),
    ],
)
def test_otherwise_it_says_why_not(facts: dict[str, float], words: str) -> None:
    answer = said(**facts)
    assert answer.undecided
    assert answer.label == "jazz", "the likeliest is told all the same"
    assert words in answer.sentence
