"""A song that was turned down is the same song: the shipped model answers alike."""

import numpy as np
import pytest

from ml.artifact import load_shipped
from ml.decode.stretches import Middle, Stretches
from ml.features import genre
from ml.genre.estimator import activations
from ml.genre.measuring import blocks_of
from ml.genre.songs import songs
from ml.units import Samples
from tests import signals

GAINS = (-40, -34, -12, -3)


def said(y: Samples, *, sr: int) -> np.ndarray:
    """Probabilities of the ten genres, and of being no song."""
    stretches, middle = Stretches(sr=sr), Middle(sr=sr)
    for keeper in (stretches, middle):
        keeper.add(y)
    measured = genre.measure(stretches.kept(), middle.kept(), sr=sr)
    model = load_shipped("genre").estimator
    X = model.spec.vector(measured.values)[None]
    return np.append(model.predict_proba(X)[0], model.strangeness(activations(X)))


def loudest_change(y: Samples, *, sr: int) -> float:
    before = said(y, sr=sr)
    return max(np.abs(said(y * np.float32(10 ** (db / 20)), sr=sr) - before).max() for db in GAINS)


def test_turned_down() -> None:
    assert loudest_change(signals.music(seconds=7.0), sr=signals.SR) < 0.01


@pytest.mark.usefixtures("lineage_data")
@pytest.mark.parametrize("id", ["blues.00002", "classical.00014", "metal.00009", "rock.00040"])
def test_a_real_song_turned_down(id: str) -> None:
    pieces, sr = blocks_of(next(song.path for song in songs() if song.id == id and song.path))
    assert loudest_change(np.concatenate(pieces, axis=1), sr=sr) < 0.01
