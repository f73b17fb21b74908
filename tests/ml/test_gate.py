"""The gate lets through what is better or equal, and stops what is worse than chance allows."""

from typing import Any

import pytest

from ml import gate
from ml.intervals import sign_test


def evaluation(said: str, truth: str = "", *, accused: str = "", test: str = "t") -> dict[str, Any]:
    """Classes are letters; L is genuine and accused where it is called something else."""
    classes = "LAB"
    truth = truth or "L" * 10 + "A" * 10 + "B" * 10
    return {
        "test": test,
        "n": len(truth),
        "groups": 3,
        "classes": list(classes),
        "genuine": "L",
        "truth": [classes.index(c) for c in truth],
        "said": [classes.index(c) for c in said],
        "accused": [int(c != "L") for c in said],
        "curve": [],
        "ece": 0.0,
        "speed_ms": 1.0,
        "stand_in": False,
    }


GOOD = "L" * 10 + "A" * 10 + "B" * 10


@pytest.mark.parametrize(
    ("candidate", "worse"),
    [
        (GOOD, []),
        ("L" * 10 + "A" * 10 + "A" * 6 + "B" * 4, []),
        ("L" * 10 + "A" * 10 + "A" * 7 + "B" * 3, ["B"]),
        ("L" * 10 + "B" * 10 + "A" * 10, ["A", "B"]),
    ],
)
def test_a_class_that_lost_more_than_chance_stops_it(candidate: str, worse: list[str]) -> None:
    found = gate.compare(evaluation(GOOD), evaluation(candidate))
    assert found is not None
    assert found["worse"] == worse
    assert found["passes"] is (not worse)


@pytest.mark.parametrize(("accused", "passes"), [(4, True), (5, False)])
def test_false_accusations_are_judged_more_strictly(accused: int, passes: bool) -> None:
    candidate = "A" * accused + "L" * (10 - accused) + GOOD[10:]
    found = gate.compare(evaluation(GOOD), evaluation(candidate))
    assert found is not None
    assert found["passes"] is passes
    assert found["accused"]["after"]["value"] == accused / 10
    assert found["worse"] == [], "the class itself lost too little"


def test_wins_make_up_for_losses() -> None:
    before = "L" * 10 + "A" * 10 + "B" * 5 + "A" * 5
    after = "L" * 10 + "A" * 10 + "A" * 5 + "B" * 5
    found = gate.compare(evaluation(before), evaluation(after))
    assert found is not None
    assert found["passes"]
    lost = next(one for one in found["classes"] if one["name"] == "B")
    assert (lost["lost"], lost["won"]) == (5, 5)


def test_other_test_songs_are_not_compared() -> None:
    assert gate.compare(evaluation(GOOD), evaluation(GOOD, test="other")) is None


def test_what_is_compared_with_itself_is_the_same() -> None:
    found = gate.compare(evaluation(GOOD), evaluation(GOOD))
    assert found is not None
    assert found["passes"]
    assert {one["p"] for one in found["classes"]} == {1.0}


def test_confusion_adds_up() -> None:
    counts = gate.confusion(evaluation("L" * 10 + "A" * 9 + "B" + "B" * 10))
    assert counts == [[10, 0, 0], [0, 9, 1], [0, 0, 10]]


def test_the_sign_test_is_exact() -> None:
    assert sign_test(5, 0) == 1 / 32
    assert sign_test(1, 1) == 0.75
    assert sign_test(6, 1) == 8 / 128
