"""The nearest songs are the nearest, each once."""

import numpy as np
import pytest

from ml.genre.neighbours import Neighbours

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 12)).astype(np.float32)
SONGS = [f"Artist {i}: Song" for i in range(40)]
LABELS = ["jazz" if i % 2 else "rock" for i in range(40)]


def test_a_song_is_nearest_to_itself_and_then_to_what_is_like_it() -> None:
    known = Neighbours.of(X, songs=SONGS, labels=LABELS)
    found = known.nearest(X[7])
    assert len(found) == 5
    assert (found[0].song, found[0].label) == (SONGS[7], "jazz")
    assert found[0].distance == pytest.approx(0.0, abs=2e-3)
    distances = [one.distance for one in found]
    assert distances == sorted(distances)
    centred = X - X.mean(axis=0)
    cosine = centred @ centred[7] / np.linalg.norm(centred, axis=1) / np.linalg.norm(centred[7])
    assert [one.song for one in found] == [SONGS[i] for i in np.argsort(-cosine)[:5]]


def test_only_directions_count() -> None:
    known = Neighbours.of(X, songs=SONGS, labels=LABELS)
    far = X.mean(axis=0) + 3 * (X[7] - X.mean(axis=0))
    assert known.nearest(far)[0].distance == pytest.approx(0.0, abs=2e-3)


def test_two_takes_of_a_song_are_named_once() -> None:
    known = Neighbours.of(np.concatenate([X, X[7:8]]), songs=[*SONGS, SONGS[7]], labels=[*LABELS, "jazz"])
    names = [one.song for one in known.nearest(X[7])]
    assert len(names) == len(set(names)) == 5
