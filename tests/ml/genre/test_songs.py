"""The clips that teach genres, and sound that has none."""

from pathlib import Path

import numpy as np
import pytest

from ml.genre import strangers
from ml.genre.classes import CLASSES
from ml.genre.estimator import heard
from ml.genre.measuring import Row, gather, measure_all, unheard
from ml.genre.songs import published, songs
from tests import signals


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two songs in the list, one of them there."""
    gtzan = tmp_path / "genre" / "gtzan"
    (gtzan / "splits").mkdir(parents=True)
    (gtzan / "clips_vorbis" / "jazz").mkdir(parents=True)
    (gtzan / "clips_vorbis" / "jazz" / "jazz.00001.ogg").touch()
    lines = ["song,label,artist,title,group", "jazz.00001,jazz,Some One,A Song,g1", "jazz.00002,jazz,,,g1"]
    (gtzan / "splits" / "gtzan_groups.csv").write_text("\n".join(lines))
    return tmp_path


def test_who_can_be_listened_to(folder: Path) -> None:
    one, other = songs(folder)
    assert (one.id, one.label, one.group, one.name) == ("jazz.00001", "jazz", "g1", "Some One: A Song")
    assert (one.path is not None, other.path, other.name) == (True, None, "jazz.00002")


def test_all_genres_have_songs_and_numbers(lineage_data: Path) -> None:
    found = songs(lineage_data)
    assert {song.label for song in found} == set(CLASSES)
    assert all(song.name for song in found)
    numbers = published(lineage_data)
    assert {song.id for song in found} == set(numbers)
    table = unheard([Row(s.id, s.label, s.group, s.name, lambda: ([], 1)) for s in found], timbre=numbers)
    assert not heard(table.X).any()
    assert np.isfinite(table.X[:, -57:]).all()


def test_rows_are_measured_once(tmp_path: Path) -> None:
    asked: list[str] = []

    def row(name: str) -> Row:
        def sound():  # type: ignore[no-untyped-def]
            asked.append(name)
            return [signals.music(seconds=3.2)], signals.SR

        return Row(name, "jazz", "g", "words", sound)

    assert list(measure_all([row("a/1")], cache=tmp_path)) == [0, 1]
    assert list(measure_all([row("a/1"), row("a/2")], cache=tmp_path)) == [0, 1, 2]
    assert asked == ["a/1", "a/2"]
    table = gather([row("a/2"), row("a/1")], cache=tmp_path)
    assert list(table.ids) == ["a/2", "a/1"]
    np.testing.assert_array_equal(table.X[0], table.X[1])


def test_noise_falls_as_steeply_as_it_says() -> None:
    (y,), sr = strangers._noise(1.0, 0.03)
    assert y.shape == (2, 12 * sr)
    assert y.std() == pytest.approx(0.03, rel=1e-3)
    power = np.abs(np.fft.rfft(y, axis=1)) ** 2
    octaves = [power[:, 12 * hz : 24 * hz].mean() for hz in (100, 200, 400, 800, 1600)]
    np.testing.assert_allclose(np.diff(np.log2(octaves)), -2.0, atol=0.2)


def test_strangers_are_of_all_kinds(lineage_data: Path) -> None:
    kinds = {row.label for row in strangers.rows()}
    assert {"voice", "instrument", "noise", "music", "jingle"} <= kinds
