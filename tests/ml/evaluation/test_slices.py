"""Rows are counted where they belong, and empty slices say so."""

from ml.evaluation.slices import genuine_slices, lossy_slices
from tests.ml.evaluation.answered import answered, said

ANSWERS = answered(
    ("voice||lowpass+trim||16|44100|3.2|mono", said("genuine", "lossless")),
    ("voice||tape+trim||24|48000|16.0|stereo", said("transcode", "mp3-128")),
    ("drums||||16|44100|5.0", said("undecided", "lossless")),
    ("drums|mp3-128|eq|shine:default|16|44100|5.0|stereo", said("transcode", "mp3-160")),
    ("drums|mp3-128|eq+trim|q2|16|44100|5.0|stereo", said("undecided", "lossless")),
    ("drums|mp3-128+aac-256|eq|q2+q2|16|44100|5.0|stereo", said("transcode", "mp3-128")),
)


def counted(slices, dimension, figure):
    return {name: (one[figure]["value"], one[figure]["n"]) for name, one in slices[dimension].items()}


def test_genuine_rows_count_for_each_of_their_disturbances():
    slices = genuine_slices(ANSWERS)
    expected = {"lowpass": (0, 1), "none": (0, 1), "tape": (1, 1), "trim": (0.5, 2)}
    assert counted(slices, "disturbance", "transcode") == expected
    assert counted(slices, "kind", "undecided") == {"drums": (1, 1), "voice": (0, 2)}
    assert counted(slices, "low-pass", "transcode") == {
        "lowpass": (0, 1),
        "tape": (1, 1),
        "none": (0, 1),
        "fm": (None, 0),
        "vinyl": (None, 0),
        "resampled-low": (None, 0),
    }
    assert counted(slices, "channels", "genuine")["mono"] == (1, 1)
    assert counted(slices, "length", "transcode") == {
        "3 to 4.5 s": (0, 1),
        "4.5 to 7.5 s": (0, 1),
        "7.5 to 15 s": (None, 0),
        "15 to 20 s": (1, 1),
    }


def test_lossy_rows_have_one_coding():
    slices = lossy_slices(ANSWERS)
    assert counted(slices, "encoder", "found") == {"pyav mp3": (0, 1), "shine mp3": (1, 1)}
    assert counted(slices, "class", "family")["mp3-128"] == (0.5, 2)
    assert counted(slices, "class", "exact")["mp3-128"] == (0, 2)
    assert counted(slices, "class", "exact")["opus-96"] == (None, 0)
    assert counted(slices, "disturbance", "undecided") == {"eq": (0.5, 2), "trim": (1, 1)}
