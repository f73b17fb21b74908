"""What is kept of how a row was made reads back as it was written."""

from dataclasses import replace
from pathlib import Path

import pytest

from ml.corpus import Example, Master
from ml.facts import Facts
from ml.units import Seconds

MASTER = Master("c", Path("c.flac"), "voice", "o", "o", 44100, 16, 2, Seconds(9.0), "sure")
EXAMPLE = Example(
    *("id", MASTER, "o", "mp3-128", ("mp3-128", "aac-256"), ("q2", "shine:default"), ("trim", "eq")),
    *("16", 44100, Seconds(5.04), 1),
)


def test_facts_read_back():
    facts = Facts.of(EXAMPLE)
    assert str(facts) == "voice|mp3-128+aac-256|trim+eq|q2+shine:default|16|44100|5.0|stereo"
    assert Facts.parse(str(facts)) == facts
    assert facts.tools == ("pyav", "shine")


@pytest.mark.parametrize(
    ("channels", "disturbance", "expected"),
    [
        (2, (), "stereo"),
        (1, (), "mono"),
        (1, ("ensemble",), "stereo"),
        (1, ("dual-mono",), "dual-mono"),
        (2, ("mono",), "mono"),
        (2, ("mono", "dual-mono"), "dual-mono"),
        (2, ("ensemble", "mono"), "mono"),
    ],
)
def test_channels_follow_from_master_and_treatment(channels, disturbance, expected):
    example = replace(EXAMPLE, master=replace(MASTER, channels=channels), disturbance=disturbance)
    assert Facts.of(example).channels == expected


@pytest.mark.parametrize(("disturbances", "channels"), [("", "unknown"), ("trim+dual-mono", "dual-mono")])
def test_older_tables_keep_no_channels(disturbances, channels):
    assert Facts.parse(f"music||{disturbances}||16|44100|5.0").channels == channels


@pytest.mark.parametrize(
    ("history", "disturbances", "sr", "after"),
    [
        ("mp3-128", "trim+gain+dither", 44100, set()),
        ("mp3-128", "attenuate+dither-after", 44100, {"level"}),
        ("mp3-128", "resample-after+eq", 48000, {"rate", "eq"}),
        ("opus-96", "", 44100, {"rate"}),
        ("opus-96", "", 48000, set()),
        ("opus-96+mp3-320", "", 44100, set()),
        ("mp3-320", "splice", 44100, {"edit"}),
    ],
)
def test_what_came_after_the_coding(history, disturbances, sr, after):
    assert Facts.parse(f"music|{history}|{disturbances}|default|16|{sr}|5.0").after == after
