"""What the 57 numbers are worth as a genre model: nobody is judged by an artist that taught."""

import json

import numpy as np
import pytest
import soundfile

from ml.evaluation.gtzan import _out_of_fold, clips, evaluate_tables, report
from ml.evaluation.gtzan.tables import TableSong, load
from ml.evaluation.gtzan.vote import SIGNED, RowVote, Vote, bend
from ml.features import music, timbre
from ml.genre.songs import Song
from tests.signals import noise, tone

SR = 22050


@pytest.mark.data
def test_the_fault_filtered_songs(lineage_data):
    taught, test = load(lineage_data)
    assert (len(taught), len(test)) == (640, 290)
    assert len({song.id for song in (*taught, *test)}) == 930
    judged = {song.group for song in test}
    assert sum(song.group in judged for song in taught) == 5
    assert {len(song.rows) for song in test} <= set(range(5, 11))


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.timeout(1200)  # seven models in five folds: three CPU-minutes, and a busy machine
def test_the_tables_are_worth_more_than_chance_and_less_than_published(lineage_data):
    figures = evaluate_tables(lineage_data)
    assert figures["songs"] == {"all": 930, "taught": 635, "test": 290}
    for name in ("vote", "logistic_regression"):
        assert (figures[name]["test"]["n"], figures[name]["folds"]["n"]) == (290, 930)
        assert 0.4 < figures[name]["test"]["value"] < 0.75
        assert 0.5 < figures[name]["folds"]["value"] < 0.75
    assert sum(one["n"] for one in figures["vote"]["recall"].values()) == 930
    assert "290 test songs" in report(json.loads(json.dumps(figures)))


def test_what_tells_only_the_artist_is_worth_nothing():
    rng = np.random.default_rng(0)
    known = []
    for artist in range(60):
        centre = np.exp(rng.normal(0, 1, 57))
        for k in range(3):
            rows = centre * np.exp(0.1 * rng.standard_normal((10, 57)))
            known.append(TableSong(f"{artist}.{k}", f"g{artist % 10}", f"{artist}", rows.mean(axis=0), rows))
    said = _out_of_fold(RowVote, known)[0].argmax(axis=1)
    assert np.mean([f"g{k}" == song.label for k, song in zip(said, known, strict=True)]) < 0.3


@pytest.mark.parametrize("model", [Vote, RowVote])
def test_songs_are_told_by_their_numbers(model):
    taught, asked = _songs(seed=0), _songs(seed=1)
    fitted = model().fit(taught)
    said = np.array(fitted.classes)[fitted.log_proba(asked).argmax(axis=1)]
    assert np.mean(said == [song.label for song in asked]) == 1.0


def test_bending_keeps_the_order_of_each_column():
    X = np.random.default_rng(0).uniform(0.1, 5, (50, 57))
    X[:, SIGNED] -= 2.5
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
