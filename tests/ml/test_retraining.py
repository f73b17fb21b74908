"""A candidate learns from songs, keeps what belongs together apart, and is judged where nobody may learn."""

from pathlib import Path

import numpy as np
import pytest

from ml import gate
from ml.dataset import Table
from ml.errors import Cancelled, ModelMismatch
from ml.features.spec import FeatureSpec
from ml.quality.classes import CLASSES as QUALITY_CLASSES
from ml.quality.estimator import QualityEstimator
from ml.quality.presence import Presence
from ml.retraining import Candidate, Settings, Songs, frozen, retrain, test_id, test_part
from ml.tasks import TASKS, Task
from tests import learning

test_id.__test__ = test_part.__test__ = False  # type: ignore[attr-defined]  # pytest: these are no tests


@pytest.fixture
def task(tmp_path: Path) -> Task:
    return learning.task(tmp_path)


def trained(task: Task, songs: Songs | None = None, **settings: float) -> Candidate:
    base = task.base()
    return retrain(task, base, songs or Songs.none(base), settings=Settings(**settings))  # type: ignore[arg-type]


def strange_right(candidate: Candidate) -> float:
    """Share of fresh songs by the strange encoder that are told."""
    fresh = learning.songs(100, seed=77)
    said = np.array(learning.CLASSES)[candidate.estimator.predict_proba(fresh.X).argmax(axis=1)]
    return float((said == fresh.labels).mean())


def test_labels_teach_an_encoder_that_nobody_had_met(task: Task) -> None:
    curve = [strange_right(trained(task, learning.songs(n) if n else None)) for n in (0, 20, 80)]
    assert curve[0] < 0.2
    assert curve[1] > 0.8
    assert curve[2] >= curve[1]


def test_wrong_labels_of_a_few_do_not_sink_it(task: Task) -> None:
    honest, careless = (trained(task, learning.songs(80, strange=False, wrong=share)) for share in (0.0, 0.1))
    found = gate.compare(honest.manifest["evaluation"], careless.manifest["evaluation"])
    assert found is not None
    assert found["passes"], found["worse"]


def test_what_a_song_is_said_to_be_comes_from_trees_that_never_met_it(task: Task) -> None:
    """One far-away song with a label of its own: whoever has met it says that label."""
    alone = learning.songs(1)
    alone.X[:] = 60.0
    said = trained(task, alone, song_weight=50.0)
    assert said.estimator.predict_proba(alone.X).argmax() == learning.CLASSES.index("mp3-128")
    twice = Songs(
        *(
            np.concatenate([part, part])
            for part in (alone.X, alone.labels, alone.groups, alone.weights, alone.ids)
        )
    )
    assert trained(task, twice, song_weight=50.0).said == said.said * 2, "the same group, the same side"


def test_the_frozen_part_is_a_fifth_of_the_groups_and_stays_when_others_join(task: Task) -> None:
    table = learning.base_table(groups=60)
    part = frozen(task, table)
    assert 0.1 < part.mean() < 0.35
    for group in set(table.groups):
        assert len(set(part[table.groups == group])) == 1
    fewer = learning.without(table, "artist 3", "artist 4")
    kept = dict(zip(table.ids, part, strict=True))
    assert [kept[id] for id in fewer.ids] == list(frozen(task, fewer))


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_class_is_asked_and_taught(name: str) -> None:
    task = TASKS[name]
    base = task.base()
    counted = base.rows(task.counts(base))
    frozen_part = frozen(task, counted)
    for label in task.classes:
        share = frozen_part[counted.labels == label].mean()
        assert 0.02 < share < 0.5, (label, share)


def test_no_candidate_learns_from_the_frozen_part(task: Task) -> None:
    """Turn all its labels into nonsense: the candidate stays the same, only its figures fall."""
    base = task.base()
    part = frozen(task, base)
    wrong = Table(
        base.spec, base.X, np.where(part, "aac-128", base.labels), base.groups, base.ids, base.facts
    )
    one, other = (retrain(task, t, Songs.none(t), settings=Settings()) for t in (base, wrong))
    np.testing.assert_array_equal(one.estimator.predict_proba(base.X), other.estimator.predict_proba(base.X))
    assert one.manifest["thresholds"] == other.manifest["thresholds"]
    right = [gate.exact(each.manifest["evaluation"])["value"] for each in (one, other)]
    assert right[0] > 0.9 > 0.5 > right[1]


def test_the_test_part_has_another_name_when_other_rows_are_asked(task: Task) -> None:
    base = task.base()
    test = test_part(task, base)
    assert test_id(test) == test_id(test.rows(np.arange(len(test))[::-1]))
    assert test_id(test) != test_id(test.rows(np.arange(len(test) - 1)))


def test_the_same_seed_gives_the_same_candidate(task: Task) -> None:
    one, other = (trained(task, learning.songs(10)) for _ in range(2))
    drop = lambda m: {k: v for k, v in m["evaluation"].items() if k != "speed_ms"}  # noqa: E731
    assert drop(one.manifest) == drop(other.manifest)
    assert one.said == other.said
    assert one.manifest["training"] == other.manifest["training"]


def test_it_tells_how_far_it_is_and_can_be_stopped(task: Task) -> None:
    told: list[float] = []
    base = task.base()
    retrain(task, base, Songs.none(base), settings=Settings(), tell=told.append)
    assert told == sorted(told)
    assert (told[0] > 0, told[-1]) == (True, 1.0)
    with pytest.raises(Cancelled):
        retrain(task, base, Songs.none(base), settings=Settings(), cancelled=lambda: True)


def test_songs_of_other_measurements_are_refused(task: Task) -> None:
    narrow = learning.songs(3)
    with pytest.raises(ModelMismatch):
        trained(task, Songs(narrow.X[:, :2], narrow.labels, narrow.groups, narrow.weights, narrow.ids))


def test_weights_reach_the_trees() -> None:
    """Two rows in the same place say different things: the heavier one is believed."""
    names = [
        f"{coder}.confirmed"
        for coder in ("mp3", "mp2", "aac-kbd", "aac-sine", "vorbis", "opus", "ac3", "wma")
    ]
    spec = FeatureSpec("quality", 1, (*names, "spectrum.a", "spectrum.b"))
    rng = np.random.default_rng(0)
    labels = np.tile(np.array(QUALITY_CLASSES), 12)
    level = np.array([QUALITY_CLASSES.index(label) for label in labels], dtype=np.float32)[:, None]
    X = (level + 0.01 * rng.standard_normal((len(labels), len(spec.names)))).astype(np.float32)
    doubtful = np.where(labels == "wma-192", "ac3-192", "wma-192")[np.isin(labels, ["wma-192", "ac3-192"])]
    both = np.concatenate([X, X[np.isin(labels, ["wma-192", "ac3-192"])]])
    all_labels = np.concatenate([labels, doubtful])
    small = {"n_estimators": 10, "learning_rate": 0.3, "num_leaves": 31, "min_child_samples": 2}
    rounds = []

    def says_wma(weight: float) -> float:
        weights = np.concatenate([np.ones(len(labels)), np.full(len(doubtful), weight)])
        estimator = QualityEstimator(spec, QUALITY_CLASSES, 1, dict(small), dict(small))
        estimator.fit(both, all_labels, weights=weights, on_round=lambda: rounds.append(1))
        assert estimator.rounds == 10 * 5 + Presence.rounds()
        proba = estimator.predict_proba(X[labels == "wma-192"])
        return float(proba[:, QUALITY_CLASSES.index("wma-192")].mean())

    assert says_wma(0.1) > 0.6 > 0.4 > says_wma(10.0)
    assert len(rounds) == 2 * (50 + Presence.rounds())


def test_a_song_has_met_what_people_say_of_it(task: Task) -> None:
    base, two = learning.base_table(per_class=1), learning.songs(2, strange=False)
    untold = np.full(2, "")
    songs = Table(base.spec, two.X, np.array(["lossless", "mp3-128"]), two.groups, two.ids, untold)
    assert TASKS["quality"].tells(base.and_rows(songs)) == {
        "histories": [(), ("mp3-128",), ("mp3-320",), ("aac-128",), (), ("mp3-128",)]
    }


def test_tasks_are_data() -> None:
    for name, task in TASKS.items():
        assert task.name == name
        assert task.genuine is None or task.genuine in task.classes
