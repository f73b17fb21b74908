"""What the 57 numbers are worth as a genre model: nobody is judged by an artist that taught."""

import json

import numpy as np
import pytest
import soundfile

from ml.evaluation.gtzan import blend, clips, evaluate_tables, report
from ml.evaluation.gtzan.blend import Blend, RowVote, bend
from ml.evaluation.gtzan.tables import TableSong, load
from ml.features import music, timbre
from ml.genre.songs import Song
from tests.signals import noise, tone

SR = 22050


@pytest.mark.data
def test_nobody_is_judged_by_an_artist_that_taught(lineage_data):
    train, valid, test = load(lineage_data)
    assert (len(valid), len(test)) == (197, 290)
    assert len(train) == 443 - 5
    groups = [{song.group for song in part} for part in (train, valid, test)]
    assert not groups[0] & groups[1] | groups[0] & groups[2] | groups[1] & groups[2]
    assert {len(song.rows) for song in test} <= set(range(5, 11))


@pytest.mark.data
@pytest.mark.slow
def test_the_tables_are_worth_more_than_chance_and_less_than_published(lineage_data):
    figures = evaluate_tables(lineage_data)
    for name in ("blend", "logistic_regression"):
        assert figures[name]["test"]["n"] == 290
        assert 0.4 < figures[name]["test"]["value"] < 0.75
    assert sum(one["n"] for one in figures["blend"]["recall"].values()) == 290
    assert "290 test songs" in report(json.loads(json.dumps(figures)))


@pytest.mark.parametrize("model", [Blend, RowVote])
def test_songs_are_told_by_their_numbers(model):
    taught, asked = _songs(seed=0), _songs(seed=1)
    fitted = model().fit(taught)
    said = np.array(fitted.classes)[fitted.log_proba(asked).argmax(axis=1)]
    assert np.mean(said == [song.label for song in asked]) == 1.0


def test_bending_keeps_the_order_of_each_column():
    X = np.random.default_rng(0).uniform(0.1, 5, (50, 57))
    X[:, blend.SIGNED] -= 2.5
    np.testing.assert_array_equal(bend(X).argsort(axis=0), X.argsort(axis=0))


def test_a_clip_is_measured_once(tmp_path):
    paths = [tmp_path / f"{name}.flac" for name in ("a", "b")]
    soundfile.write(paths[0], tone(440, sr=SR)[0], SR)
    soundfile.write(paths[1], noise(sr=SR)[0], SR)
    known = [Song(path.stem, path, "rock", path.stem, path.stem) for path in paths]
    first = list(clips.measured(known, cache=tmp_path / "cache"))
    for path in paths:
        path.unlink()
    again = list(clips.measured(known, cache=tmp_path / "cache"))
    np.testing.assert_array_equal(first, again)
    assert np.shape(first) == (2, len(music.spec().names))
    kept = np.round(noise(sr=SR)[0] * 32768) / np.float32(32768)  # 16 bits
    expected = timbre.spec().vector(timbre.measure(kept, sr=SR))
    np.testing.assert_allclose(first[1][:57], expected, rtol=1e-3, atol=1e-3)


def test_families_are_judged_in_folds_of_whole_groups(tmp_path):
    rng = np.random.default_rng(0)
    known = [Song(f"{i}", tmp_path, "ab"[i % 2], f"g{i // 4}", f"{i}") for i in range(80)]
    X = rng.standard_normal((80, len(music.spec().names))).astype(np.float32)
    X[:, 0] += np.where(np.arange(80) % 2, 6, -6)
    figures = clips.evaluate_clips(known, X)["features"]
    assert figures["timbre"]["accuracy"]["value"] > 0.9
    assert figures["pulse"]["accuracy"]["value"] < 0.75
    assert figures["music"]["numbers"] == len(music.spec().names)


def _songs(*, seed):
    rng = np.random.default_rng(seed)
    means = np.random.default_rng(9).normal(0, 3, (10, 57))
    made = []
    for k in range(10):
        for i in range(12):
            rows = np.exp(0.3 * (means[k] + rng.normal(0, 0.5, (10, 57))))
            made.append(TableSong(f"{k}.{i}", f"genre{k}", f"{k}.{i}", rows.mean(axis=0), rows))
    return made
