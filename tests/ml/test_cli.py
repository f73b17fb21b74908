"""The command line, run as people run it: real files, real processes."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ml.__main__ import main
from ml.answer import Answer, Declared, Quality
from ml.cli.files import walk
from ml.cli.report import write_csv
from ml.cli.verify import status
from ml.encode import encode
from ml.quality.classes import CLASSES, family
from ml.units import Samples

SR = 44100
DECLARED = {
    *("container", "codec", "kbps", "bitrate_mode", "encoder"),
    *("sample_rate", "bit_depth", "channels", "duration_s"),
}
QUALITY = {
    *("verdict", "label", "family", "confidence", "probabilities"),
    *("cutoff_hz", "history", "evidence"),
}


def lineage(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """``python -W error -m ml ...`` to its end."""
    command = [sys.executable, "-W", "error", "-m", "ml", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def tune(*, seconds: float = 6.0) -> Samples:
    """Decaying notes under bright noise: something for a coder to leave traces in."""
    rng = np.random.default_rng(7)
    t = np.arange(int(seconds * SR)) / SR
    notes = sum(
        np.sin(2 * np.pi * f * t) * np.exp(-3 * ((t + i / 7) % 0.6))
        for i, f in enumerate((196, 247, 330, 1250))
    )
    noise = rng.standard_normal((2, t.size)) * 0.03 * (1 + np.sin(2 * np.pi * 1.7 * t))
    return np.asarray(0.12 * notes + noise, dtype=np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """album/: a FLAC, an MP3, a subfolder with an M4A; a text file; and broken/ with three bad ones."""
    base = tmp_path_factory.mktemp("music")
    album, deeper, broken = base / "album", base / "album" / "disc 2", base / "broken"
    deeper.mkdir(parents=True)
    broken.mkdir()
    y = tune()
    soundfile.write(album / "a [bold]take.flac", y.T, SR, subtype="PCM_16")
    (album / "b.mp3").write_bytes(encode(y, sr=SR, label="mp3-192"))
    (deeper / "c.m4a").write_bytes(encode(y, sr=SR, label="aac-128"))
    (album / "notes.txt").write_text("not music")
    (broken / "empty.mp3").touch()
    (broken / "text.flac").write_text("this is no audio at all, whatever its name says\n" * 50)
    soundfile.write(broken / "silent.wav", np.zeros((SR * 3, 2)), SR, subtype="PCM_16")
    return base


@pytest.fixture(scope="module")
def verified(folder: Path, root: Path) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Everything at once, in two processes, as JSON and CSV."""
    table = folder / "table.csv"
    return lineage("verify", folder, "--json", "--csv", table, "--jobs", 2, cwd=root), table


def quality(verdict: str) -> Quality:
    return Quality(
        verdict=verdict, sentence="", label="lossless", family="lossless", confidence=0.9,
        probabilities={}, cutoff_hz=None, history=(), evidence=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([Answer("a", quality=quality("genuine"))], 0),
        ([Answer("a", quality=quality("genuine")), Answer("b", quality=quality("undecided"))], 0),
        ([Answer("a", quality=quality("genuine")), Answer("b", quality=quality("transcode"))], 1),
        ([Answer("a", quality=quality("upsampled"))], 1),
        ([Answer("a", quality=quality("transcode")), Answer("b", error={"code": "x", "message": "y"})], 2),
    ],
)
def test_exit_status(answers: list[Answer], expected: int):
    assert status(answers) == expected


def test_folders_are_walked_for_audio_in_a_steady_order(folder: Path):
    found = walk([folder / "album", folder / "album" / "b.mp3", folder / "album" / "notes.txt"])
    names = [path.name for path in found]
    assert names == ["a [bold]take.flac", "b.mp3", "c.m4a", "notes.txt"]


def test_help_is_quick(root: Path):
    def once() -> float:
        start = time.perf_counter()
        assert "verify" in lineage("--help", cwd=root).stdout
        return time.perf_counter() - start

    assert min(once() for _ in range(5)) < 0.3


def test_verify_answers_every_file_on_its_own_line(verified: tuple[subprocess.CompletedProcess[str], Path]):
    done, _ = verified
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    names = [Path(row["file"]).name for row in rows]
    expected = ["a [bold]take.flac", "b.mp3", "c.m4a", "empty.mp3", "silent.wav", "text.flac"]
    assert names == expected, done.stderr
    for row in rows[:3]:
        assert set(row["declared"]) >= DECLARED
        assert set(row["quality"]) >= QUALITY
        assert row["error"] is None
        assert row["quality"]["label"] in CLASSES
        assert row["quality"]["family"] == family(row["quality"]["label"])
        assert sum(row["quality"]["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert [row["declared"]["codec"] for row in rows[:3]] == ["flac", "mp3", "aac"]
    assert rows[1]["declared"]["kbps"] == pytest.approx(192, rel=0.03)


def test_broken_files_are_rows_with_a_reason(verified: tuple[subprocess.CompletedProcess[str], Path]):
    done, _ = verified
    rows = {Path(row["file"]).name: row for row in map(json.loads, done.stdout.splitlines())}
    codes = {name: rows[name]["error"]["code"] for name in ("empty.mp3", "text.flac", "silent.wav")}
    assert codes == {"empty.mp3": "empty", "text.flac": "not_audio", "silent.wav": "silent"}
    assert all(rows[name]["error"]["message"] and rows[name]["quality"] is None for name in codes)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_csv_holds_the_same_rows(verified: tuple[subprocess.CompletedProcess[str], Path]):
    done, table = verified
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["file"] for row in rows] == [answer["file"] for answer in answers]
    assert rows[0]["label"] == answers[0]["quality"]["label"]
    assert rows[0]["sample_rate"] == "44100"
    assert rows[3]["error_code"] == "empty"


def test_the_table_names_file_claim_and_verdict(folder: Path, root: Path):
    done = lineage("verify", folder / "album", "--jobs", 1, cwd=root)
    assert done.returncode in (0, 1)
    lines = done.stdout.splitlines()
    flac = next(line for line in lines if "[bold]take.flac" in line)  # brackets are no markup
    assert "FLAC 16/44.1" in flac
    assert sum(any(word in line for word in ("genuine", "transcode", "undecided")) for line in lines) == 3


def test_a_missing_file_is_a_row(tmp_path: Path, root: Path):
    done = lineage("verify", tmp_path / "gone.flac", "--json", cwd=root)
    (row,) = map(json.loads, done.stdout.splitlines())
    assert row["error"]["code"] == "unreadable"
    assert done.returncode == 2


def test_a_task_without_a_model_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr("ml.artifact.SHIPPED", tmp_path)
    assert main(["verify", str(folder), "--tasks", "quality"]) == 2
    assert "No model for quality" in capsys.readouterr().err


def test_a_folder_without_audio_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["verify", str(tmp_path)]) == 2
    assert "No audio" in capsys.readouterr().err


def test_ctrl_c_ends_it_quietly_and_leaves_no_process(folder: Path, tmp_path: Path, root: Path):
    for i in range(40):
        os.link(folder / "album" / "b.mp3", tmp_path / f"{i:02}.mp3")
    command = [sys.executable, "-m", "ml", "verify", "--json", "--jobs", "2", str(tmp_path)]
    with subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()  # it is at work
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert err.strip().endswith("Stopped.")
    deadline = time.monotonic() + 10
    while _session_alive(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _session_alive(process.pid)


def _session_alive(session: int) -> bool:
    try:
        os.killpg(session, 0)
    except ProcessLookupError:
        return False
    return True


def test_render_draws_a_png(folder: Path, tmp_path: Path):
    out = tmp_path / "picture.png"
    arguments = ["render", str(folder / "album" / "b.mp3"), "-o", str(out)]
    assert main([*arguments, "--channel", "S", "--palette", "grey"]) == 0
    grey = out.read_bytes()
    assert grey.startswith(b"\x89PNG\r\n\x1a\n")
    assert main(arguments) == 0
    assert out.read_bytes() != grey


def test_render_says_why_not(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "picture.png"
    assert main(["render", str(folder / "broken" / "text.flac"), "-o", str(out)]) == 2
    assert capsys.readouterr().err.strip()
    assert not out.exists()


def test_encode_writes_labelled_files_and_goes_on_where_it_was(folder: Path, tmp_path: Path):
    master = folder / "album" / "a [bold]take.flac"
    arguments = ["encode", str(master), "-o", str(tmp_path), "--labels", "mp3-320,aac-256", "--jobs", "1"]
    assert main(arguments) == 0
    with (tmp_path / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["label"] for row in rows] == ["mp3-320", "aac-256"]
    files = [tmp_path / row["file"] for row in rows]
    assert files[0].read_bytes() == encode(
        soundfile.read(master, dtype="float32")[0].T, sr=SR, label="mp3-320"
    )
    files[1].unlink()
    before = files[0].stat().st_mtime_ns
    assert main(arguments) == 0
    assert files[0].stat().st_mtime_ns == before
    assert files[1].is_file()


def test_two_masters_of_one_name_are_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    twins = [tmp_path / "one" / "same.wav", tmp_path / "two" / "same.wav"]
    for twin in twins:
        twin.parent.mkdir()
        soundfile.write(twin, np.zeros((SR, 1)), SR)
    assert main(["encode", *map(str, twins), "-o", str(tmp_path / "out")]) == 2
    assert "same" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("bad", [["--jobs", "0"], ["--tasks", "colour"], ["--tasks", ""]])
def test_bad_options_are_refused_with_the_choices(bad: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["verify", "x.flac", *bad])
    assert "usage:" in capsys.readouterr().err


def test_csv_of_a_name_that_is_no_utf8(tmp_path: Path):
    name = os.fsdecode(b"caf\xe9.mp3")
    write_csv([Answer(name, declared=Declared(codec="mp3"))], path=tmp_path / "t.csv")
    assert b"caf\xe9.mp3,," in (tmp_path / "t.csv").read_bytes()
