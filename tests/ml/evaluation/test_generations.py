"""When both of two codings count as named."""

import pytest

from ml.evaluation.generations import both_named, by_pair, generations_named
from tests.ml.evaluation.answered import answered, said


@pytest.mark.parametrize(
    ("history", "told", "named"),
    [
        ("aac-128+mp3-320", "aac-128+mp3", True),
        ("aac-128+mp3-320", "aac-256+mp3-128", True),
        ("aac-128+mp3-320", "aac-128", False),
        ("aac-128+mp3-320", "", False),
        ("mp3-128+mp3-320", "mp3-128", True),
        ("mp3-128+mp3-320", "mp3-256", True),
        ("mp3-128+mp3-320", "mp3-320", False),
        ("mp3-128+mp3-320", "mp3", False),
        ("mp3-128+mp3-320", "mp3+mp3-320", True),
        ("aac-128+mp3-320", "mp3+mp3-320", False),
        ("mp3-128+mp3-320", "aac-128", False),
    ],
)
def test_both(history, told, named):
    assert both_named(said("transcode", "mp3-128", told), history.split("+")) is named


def test_the_history_is_what_is_named():
    assert generations_named(said("undecided", "lossless", "mp3+aac-128")) == {"mp3", "aac-128"}


def test_by_pair():
    answers = answered(
        ("music|mp3-128+mp3-320||a+b|16|44100|7.0", said("transcode", "mp3-128", "mp3-128")),
        ("music|mp3-160+mp3-320||a+b|16|44100|7.0", said("undecided", "lossless")),
        ("music|mp3-128||a|16|44100|7.0", said("transcode", "mp3-128", "mp3-128")),
    )
    pairs = by_pair(answers)
    assert pairs["mp3-128 > mp3-320"]["both"]["value"] == 1
    assert pairs["mp3-192 > mp3-320"]["both"] == {"value": None, "n": 0, "low": None, "high": None}
    assert (pairs["mp3 > mp3"]["both"]["value"], pairs["mp3 > mp3"]["both"]["n"]) == (0.5, 2)
    assert pairs["all"]["found"]["n"] == 2
    assert "mp3" not in pairs
