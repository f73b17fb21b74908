"""Each row of the goals over the rows it is meant for, counted by hand."""

import numpy as np
import pytest

from ml.evaluation.reach import Goal, goals
from ml.evaluation.shares import share
from tests.ml.evaluation.answered import answered, said

GENUINE, UNSURE = said("genuine", "lossless"), said("undecided", "mp3-320")
ACCUSED = said("transcode", "mp3-320", "mp3-320")


def coded(history, label, *, disturbances="", seconds=7.0, sr=44100, found=True, told=None):
    verdict = "transcode" if found else "genuine"
    return f"music|{history}|{disturbances}|default|16|{sr}|{seconds}", said(verdict, label, told or label)


@pytest.fixture
def found():
    """Seven genuine rows, of which one is short and accused; and some of every coding."""
    answers = answered(
        *[(f"music||{d}||16|44100|7.0", GENUINE) for d in ("", "trim", "gain", "vinyl+trim")],
        ("music||dither||16|44100|7.0", ACCUSED),
        ("music||lowpass||16|44100|7.0", UNSURE),
        ("music||||16|44100|5.9", ACCUSED),
        coded("mp3-320", "mp3-320"),
        coded("mp3-320", "mp3-256", disturbances="trim"),
        coded("mp3-320", "lossless", found=False),
        coded("mp3-320", "mp3-128", disturbances="attenuate"),
        coded("mp3-320", "lossless", disturbances="eq", found=False),
        coded("mp3-320", "aac-256", disturbances="eq+dither-after"),
        coded("mp3-320", "mp3-320", seconds=5.0, found=False),
        coded("opus-96", "opus-96", sr=48000),
        coded("opus-96", "lossless", sr=44100, found=False),
        coded("aac-128+mp3-320", "aac-128", told="aac-128+mp3"),
        coded("mp3-128+mp3-320", "mp3-320"),
        coded("mp3-128+vorbis-q8", "mp3-128", told="mp3-128+vorbis"),
    )
    return {goal.name.strip(): goal for goal in goals(answers, unseen=share(answers.right[:3]))}


@pytest.mark.parametrize(
    ("name", "hits", "n", "beside"),
    [
        ("genuine called something else", 1, 6, None),
        ("with low-pass, gain or dither", 1, 4, None),
        ("found: MP3 128 to 192, V2", 0, 0, (2, 2)),
        ("found: MP3 320", 2, 3, (4, 6)),
        ("found: Opus", 1, 1, (1, 2)),
        ("found: AAC 96 to 320", 0, 0, (1, 1)),
        ("family right, of those found", 4, 5, (7, 8)),
        ("exact class", 6, 14, (8, 17)),
        ("within one neighbour", 7, 14, (9, 17)),
        ("both generations named", 1, 2, (2, 3)),
        ("after gain or dither: still found", 1, 1, (2, 2)),
        ("after a change of rate: still found", 0, 1, (0, 1)),
        ("after an equaliser: still found", 0, 1, (1, 2)),
        ("unseen encoder: family right", 3, 3, None),
    ],
)
def test_counts(found, name, hits, n, beside):
    figure = found[name].figure
    assert (figure["n"], figure["value"]) == (n, pytest.approx(hits / n, abs=1e-5) if n else None)
    if beside is None:
        assert found[name].beside is None
    else:
        assert found[name].beside["n"] == beside[1]
        assert found[name].beside["value"] == pytest.approx(beside[0] / beside[1], abs=1e-5)


@pytest.mark.parametrize(
    ("value", "at_most", "status"),
    [
        *[(0.99, False, "aim"), (0.95, False, "floor"), (0.9, False, "missed"), (None, False, "n 0")],
        *[(0.01, True, "aim"), (0.05, True, "floor"), (0.06, True, "missed"), (0.0, True, "aim")],
    ],
)
def test_what_is_reached(value, at_most, status):
    floor, aim = (0.05, 0.01) if at_most else (0.95, 0.99)
    goal = Goal("x", floor, aim, {"value": value, "n": 9, "low": None, "high": None}, at_most=at_most)
    assert goal.status == status


def test_a_hair_over_the_aim_is_not_the_aim():
    two_of_many = share(np.arange(1993) < 2)
    assert Goal("genuine", 0.005, 0.001, two_of_many, at_most=True).status == "floor"
