"""The experiment of benchmarks/learning.py on a small table: labels through the site's own API teach."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import learning as benchmark
from benchmarks import unmet
from benchmarks.unmet import Encoder, smaller, split
from ml.dataset import Table
from tests import learning


@pytest.fixture
def table() -> Table:
    """The ordinary rows, and those of an encoder whose mp3-128 lies elsewhere."""
    base = learning.base_table()
    rng = np.random.default_rng(3)
    n = 60
    labels = np.array(["mp3-128"] * n)
    facts = np.array(["music|mp3-128|trim|odd:default|16|44100|5.0|stereo"] * n)
    return Table(
        base.spec,
        np.concatenate([base.X, learning.rows(labels, rng=rng, strange=True)]),
        np.concatenate([base.labels, labels]),
        np.concatenate([base.groups, [f"band {i // 3}" for i in range(n)]]),
        np.concatenate([base.ids, [f"odd {i}" for i in range(n)]]),
        np.concatenate([[f.replace("|||", "||pyav:x|") for f in base.facts], facts]),
    )


ODD = Encoder("odd", "mp3", ("odd",))


def test_what_is_judged_was_never_sent(table: Table) -> None:
    for seed in (1, 2):
        sent, kept, base = split(table, ODD, most=20, seed=seed)
        assert set(sent.groups).isdisjoint(kept.groups)
        assert not any(id.startswith("odd") for id in base.ids)
        assert (len(sent), len(kept) >= 20) == (20, True)
    other, _, _ = split(table, ODD, most=20, seed=1)
    assert set(other.ids) != set(sent.ids)


def test_the_first_encoder_with_enough_songs_is_taken(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one of which there are too few, nor one whose classes nobody else makes."""
    monkeypatch.setattr(unmet, "JUDGED", 20)
    few, alone = Encoder("few", "aac", ("odd",)), Encoder("alone", "mp3", ("odd", "pyav"))
    assert unmet.choose(table, songs=30, encoders=[few, alone, ODD]) is ODD
    with pytest.raises(SystemExit, match="no encoder"):
        unmet.choose(table, songs=40, encoders=[few, alone, ODD])


def test_a_smaller_base_has_whole_recordings(table: Table) -> None:
    part = smaller(table, rows=100, seed=1)
    assert 100 <= len(part) < 130
    for group in set(part.groups):
        assert (part.groups == group).sum() == (table.groups == group).sum()


def test_intervals_are_over_recordings() -> None:
    """Ten rows of one recording that are all right say no more than one."""
    alone = benchmark._by_recording([[("a", 1)] * 10 + [("b", 0)] * 10])
    assert (alone["value"], alone["low"], alone["high"], alone["n"], alone["groups"]) == (
        0.5,
        0.0,
        1.0,
        20,
        2,
    )
    many = benchmark._by_recording([[(str(i), i % 2) for i in range(400)]])
    assert 0.44 < many["low"] < 0.5 < many["high"] < 0.56


def test_the_curve_rises_and_a_careless_account_does_not_sink_it(table: Table, tmp_path: Path) -> None:
    task = learning.task(tmp_path)
    found = benchmark.experiment(task, table, encoder=ODD, steps=[5, 20], weights=[2.0], draws=2)
    honest, careless = found["curves"]
    exact = [point["exact"]["value"] for point in honest["points"]]
    assert [point["labels"] for point in honest["points"]] == [0, 5, 20]
    assert exact[0] < 0.2
    assert exact[1] > 0.6
    assert exact[2] >= exact[1] - 0.05
    assert honest["rise"]["low"] > 0.5
    last = careless["points"][-1]
    assert last["passes"], last["worse"]
    assert last["exact"]["value"] > 0.8
    assert "odd" in benchmark.as_text(found)
    assert benchmark.draw(found).startswith(b"\x89PNG")
