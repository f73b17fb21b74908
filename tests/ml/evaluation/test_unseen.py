"""An encoder that is left out teaches nothing, and is judged by those who never met it."""

import numpy as np
import pytest

from ml import crossval
from ml.dataset import Table
from ml.evaluation.unseen import family_right, leave_out, tools
from ml.quality.classes import CLASSES
from ml.quality.presence import LOSSY
from tests.tables import even, sure, told


class Remembers:
    """Knows the rows by their number in the table, and says which it was shown."""

    shown: list[set[int]] = []  # noqa: RUF012

    def __init__(self, spec, classes, *, seed):
        pass

    def fit(self, X, labels, *, histories, jobs):
        assert len(histories) == len(X)
        self.shown.append(set(map(int, X[:, 0])))
        return self

    def presence(self, X):
        """Meets nobody."""
        return np.zeros((len(X), len(LOSSY)))

    def raw_log_proba(self, X):
        """Right but for rows of the last encoder, which it takes for opus."""
        return np.log([sure("opus-96" if other else CLASSES[int(c)]) for _, c, other in X])


@pytest.fixture
def table(monkeypatch) -> Table:
    """As many rows of LAME's as of shine's, half as long each; the second column is the class."""
    monkeypatch.setattr(crossval, "QualityEstimator", Remembers)
    Remembers.shown = []
    lame = even(n_groups=10, encoder="lame:q2")
    shine = [text.replace("lame:q2", "shine:default") for text in lame.facts if "|mp3-128|" in text]
    long = [text.replace("|5.0|", "|7.0|") for text in shine]
    facts = [*lame.facts, *shine, *long]
    groups = [*lame.groups, *(f"artist {i % 10}" for i in range(len(shine) * 2))]
    classes = [CLASSES.index(told([text]).labels[0]) for text in facts]
    other = ["shine" in text for text in facts]
    return told(facts, groups=groups, number=list(range(len(facts))), label=classes, other=other)


def test_a_tool_that_is_left_out_is_never_shown(table):
    assert tools(table) == ["lame", "shine"]
    shine = {i for i, text in enumerate(table.facts) if "shine" in text}
    found = leave_out(table, "shine", seed=1, jobs=1)
    assert len(Remembers.shown) == crossval.FOLDS
    assert all(not rows & shine for rows in Remembers.shown)
    shares = found.to_json()["shares"]
    assert shares["found"]["n"] == len(shine) == 40
    assert (shares["found"]["value"], shares["family"]["value"], shares["exact"]["value"]) == (1, 0, 0)
    assert family_right([found]) == {**shares["family"], **_interval(family_right([found])), "n": 20}


def _interval(one):
    return {key: one[key] for key in ("low", "high")}


def test_the_only_tool_of_a_class_stays(table):
    found = leave_out(table, "lame", seed=1, jobs=1)
    assert not Remembers.shown
    assert "aac-96" in found.untaught
    assert "mp3-128" not in found.untaught
    assert found.to_json()["shares"]["found"] == {"value": None, "n": 0, "low": None, "high": None}
    assert family_right([found])["n"] == 0
