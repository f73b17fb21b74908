"""The experiment of benchmarks/learning.py on a small table: labels through the site's own API teach."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import learning as benchmark
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


def test_what_is_judged_was_never_sent(table: Table) -> None:
    sent, kept, base = benchmark.split(table, tool="odd", most=20, seed=1)
    assert set(sent.groups).isdisjoint(kept.groups)
    assert not any(id.startswith("odd") for id in base.ids)
    assert (len(sent), len(kept) >= 20) == (20, True)


def test_the_curve_rises_and_a_careless_account_does_not_sink_it(table: Table, tmp_path: Path) -> None:
    task = learning.task(tmp_path)
    found = benchmark.experiment(task, table, tool="odd", steps=[5, 20], weights=[2.0])
    honest, careless = found["curves"]
    exact = [point["exact"]["value"] for point in honest["points"]]
    assert [point["labels"] for point in honest["points"]] == [0, 5, 20]
    assert exact[0] < 0.2
    assert exact[1] > 0.6
    assert exact[2] >= exact[1] - 0.05
    last = careless["points"][-1]
    assert last["passes"], last["worse"]
    assert last["exact"]["value"] > 0.8
    assert "odd" in benchmark.as_text(found)
    assert benchmark.draw(found).startswith(b"\x89PNG")
