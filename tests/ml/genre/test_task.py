"""A genre candidate is retrained from the shipped table in seconds, answers, and is judged on songs that were heard."""

import numpy as np
import pytest

from ml.genre.estimator import heard
from ml.retraining import Settings, Songs, retrain, test_part
from ml.tasks import GENRE

test_part.__test__ = False  # type: ignore[attr-defined]  # pytest: this is no test


@pytest.mark.slow
def test_a_candidate_from_the_shipped_table() -> None:
    base = GENRE.base()
    asked = test_part(GENRE, base)
    assert heard(asked.X).all()
    jazz = np.flatnonzero((base.labels == "jazz") & heard(base.X))[::8]
    songs = Songs(base.X[jazz], base.labels[jazz], base.groups[jazz], np.ones(len(jazz)), base.ids[jazz])
    told: list[float] = []
    found = retrain(GENRE, base, songs, settings=Settings(), tell=told.append)
    assert told[-1] == 1.0
    assert found.said.count("jazz") > len(jazz) / 2, "by models that met none of them"
    assert set(found.manifest["thresholds"]) == {"answer", "strange"}
    right = np.array(found.manifest["evaluation"]["truth"]) == found.manifest["evaluation"]["said"]
    assert right.mean() > 0.7
    assert len(found.estimator.neighbours.songs) == (heard(base.X) & ~np.isin(base.ids, asked.ids)).sum()  # type: ignore[attr-defined]
    assert found.estimator.strangeness is not None  # type: ignore[attr-defined]
