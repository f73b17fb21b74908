"""Every bad file ends in a reason, in time, and the next good file is none the worse."""

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest

from ml.decode import Limits, probe, record
from ml.errors import InputError, LineageError, NotAudio, SandboxError, TooLong, TooShort
from tests import signals
from tests.ml.decode import bad_files


def patience_s() -> float:
    """Ten seconds, on a machine that does nothing else."""
    return 10.0 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("good") / "good.wav"
    path.write_bytes(signals.encode(signals.music()))
    return path


@pytest.mark.parametrize("name", bad_files.FILES)
@pytest.mark.parametrize("extension", ["mp3", "flac"])
def test_a_reason_in_time(name: str, extension: str, tmp_path: Path, good: Path) -> None:
    make, ends = bad_files.FILES[name]
    path = tmp_path / f"file.{extension}"
    path.write_bytes(make())
    began = time.monotonic()
    ended = _end(path)
    assert time.monotonic() - began < patience_s()
    assert ended is None if ends is LineageError and ended is None else isinstance(ended, ends), repr(ended)
    assert isinstance(ended, InputError | SandboxError | None)
    assert record(good).n_samples == 4 * signals.SR


@pytest.mark.parametrize("name", bad_files.FILES)
def test_probing_never_breaks(name: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bad_files.FILES[name][0]())
    began = time.monotonic()
    with suppress(InputError):
        assert probe(path).codec is not None
    assert time.monotonic() - began < patience_s()


@pytest.mark.parametrize(("codec", "container"), [("libmp3lame", "mp3"), ("aac", "ipod"), ("flac", "flac")])
def test_cut_off_anywhere(codec: str, container: str, tmp_path: Path) -> None:
    whole = signals.encode(signals.music(), codec=codec, container=container, kbps=96)
    path = tmp_path / "cut"
    lengths = []
    for size in range(1, len(whole), max(1024, len(whole) // 40)):
        path.write_bytes(whole[:size])
        ended = _end(path)
        assert ended is None or isinstance(ended, InputError), (size, ended)
        lengths.append(0 if ended else record(path).n_samples)
    assert container == "ipod" or lengths == sorted(lengths)
    assert container == "ipod" or lengths[-1] > 3.5 * signals.SR


def test_a_bomb_is_stopped_early(tmp_path: Path) -> None:
    path = tmp_path / "bomb.flac"
    path.write_bytes(bad_files.flac_bomb(hours=9))
    assert path.stat().st_size < 700_000
    began = time.monotonic()
    with pytest.raises(TooLong):
        record(path)
    assert time.monotonic() - began < 2 * patience_s()


def test_length_is_measured_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(signals.encode(signals.music(seconds=3)))
    with pytest.raises(TooLong):
        record(path, limits=Limits(max_duration_s=2.5))
    with pytest.raises(TooShort) as caught:
        record(path, limits=Limits(min_duration_s=4))
    assert caught.value.facts["duration_s"] == 3.0


def test_a_folder_and_a_pipe_are_no_audio(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(NotAudio):
            record(path)
    with pytest.raises(FileNotFoundError):
        record(tmp_path / "nothing")


def _end(path: Path) -> LineageError | None:
    try:
        record(path)
    except LineageError as error:
        return error
    return None
