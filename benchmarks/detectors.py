"""The detectors of ``side_by_side``: files in, one Judgement for each out, and what that cost."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

import numpy as np
import soundfile
from scipy import signal

ROOT = Path(__file__).resolve().parent.parent
RIVALS = ROOT / ".cache" / "rivals"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a detector says of one file."""

    flagged: bool
    """Called lossy."""
    unsure: bool
    """Not called lossy, but not cleared either, in the detector's own words."""
    says: str
    wall_s: float
    cpu_s: float
    """Seconds of the run, start-up included, divided by its files."""


class Lineage:
    """This project, with a model that has met none of the recordings; one process for all files."""

    name = "Lineage"

    def __init__(self, model: Path) -> None:
        """model : folder of a signed artifact"""
        self._command = [sys.executable, str(ROOT / "benchmarks" / "side_by_side.py"), "--judge", str(model)]

    def judge(self, paths: Sequence[Path]) -> list[Judgement]:
        out, spent = _run([*self._command, *map(str, paths)])
        return [
            Judgement(verdict == "transcode", verdict == "undecided", says, *spent.each(len(paths)))
            for verdict, says in json.loads(out)
        ]


class FlacDetective:
    """From PyPI, in an environment of its own. What it said of a file's bytes is kept: it is slow."""

    version = "2.5.0"
    name = f"FLAC Detective {version}"
    flagged = ("SUSPICIOUS", "FAKE_CERTAIN")
    """The levels that its own summary counts; WARNING asks for a look."""

    def __init__(self) -> None:
        self._home = RIVALS / f"flac-detective-{self.version}"
        self._program = self._home / "venv" / "bin" / "flac-detective"
        self._answers = self._home / "answers"
        self._answers.mkdir(parents=True, exist_ok=True)
        if not self._program.exists():
            self._install()

    def judge(self, paths: Sequence[Path]) -> list[Judgement]:
        kept = {path: self._answers / f"{sha256(path.read_bytes()).hexdigest()}.json" for path in paths}
        if new := [path for path in paths if not kept[path].exists()]:
            for path, judgement in self._ask(new).items():
                kept[path].write_text(json.dumps(asdict(judgement)), encoding="utf-8")
        return [Judgement(**json.loads(kept[path].read_text(encoding="utf-8"))) for path in paths]

    def _install(self) -> None:
        venv = self._home / "venv"
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        pip = [venv / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, f"flac-detective=={self.version}"], check=True)

    def _ask(self, paths: Sequence[Path]) -> dict[Path, Judgement]:
        with TemporaryDirectory(dir=self._home) as folder:
            report = Path(folder, "report.json")
            options = ["--no-update-check", "--workers", "1", "--work-dir", folder, "--format", "json"]
            _, spent = _run([str(self._program), *options, "--output", str(report), *map(str, paths)])
            rows = {
                Path(row["filepath"]): row["verdict"] for row in json.loads(report.read_text())["results"]
            }
        return {
            path: Judgement(said in self.flagged, said == "WARNING", said, *spent.each(len(paths)))
            for path, said in rows.items()
        }


class HighestFrequency:
    """Ours, after the method of WhatsMyBitrate and its like: lossy when nothing sounds above 20 kHz.

    The long-term spectrum ends where it was last within 90 dB of its peak, before a gap of 700 Hz.
    """

    name = "nothing above 20 kHz"

    def judge(self, paths: Sequence[Path]) -> list[Judgement]:
        return [_in_process(self._end, path, lambda hz: hz < 20000) for path in paths]

    def _end(self, path: Path) -> float:
        hz, level = _spectrum(path, n=8192)
        there = hz[level > level.max() - 90]
        gaps = np.flatnonzero(np.diff(there) > 700)
        return float(there[gaps[0]] if len(gaps) else there[-1])


class KnownCutoff:
    """Ours, too, in the manner of cutoff charts: lossy when a steep edge is where a coder usually puts it."""

    name = "cutoff by chart"
    chart_khz = (15.0, 15.8, 16.0, 16.5, 17.2, 17.9, 18.6, 19.3, 20.0, 20.3)
    """LAME, FFmpeg's AAC, Vorbis and Opus at music bitrates, -3 dB on noise."""

    def judge(self, paths: Sequence[Path]) -> list[Judgement]:
        return [_in_process(self._edge, path, self._known) for path in paths]

    def _edge(self, path: Path) -> float:
        """Where 500 Hz below lie furthest over 500 Hz above; 0 where that is less than 15 dB."""
        hz, level = _spectrum(path, n=2048)
        span = round(500 / hz[1])
        sums = np.cumsum(np.concatenate([[0.0], level]))
        at = np.arange(np.searchsorted(hz, 10000), len(level) - span)
        drop = (2 * sums[at] - sums[at - span] - sums[at + span]) / span
        return float(hz[at[drop.argmax()]]) if drop.max() >= 15 else 0.0

    def _known(self, hz: float) -> bool:
        return any(abs(hz / 1000 - khz) <= 0.25 for khz in self.chart_khz)


def _spectrum(path: Path, *, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Hz and dB of the long-term spectrum, channels averaged."""
    y, sr = soundfile.read(path, dtype="float32", always_2d=True)
    hz, power = signal.welch(y.T, fs=sr, nperseg=n)
    return hz, 10 * np.log10(power.mean(axis=0) + 1e-18)


def _in_process(measure: Callable[[Path], float], path: Path, is_lossy: Callable[[float], bool]) -> Judgement:
    wall, cpu = time.perf_counter(), time.process_time()
    hz = measure(path)
    spent = time.perf_counter() - wall, time.process_time() - cpu
    return Judgement(is_lossy(hz), False, f"{hz / 1000:.1f} kHz", *spent)


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of a process; cpu: user and system, children included."""

    wall: float
    cpu: float

    def each(self, count: int) -> tuple[float, float]:
        return self.wall / count, self.cpu / count


def _run(command: Sequence[str]) -> tuple[str, Spent]:
    """What it printed, and what it took. One thread for the libraries, as the cores may be shared."""
    start = time.perf_counter()
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with TemporaryFile() as out, TemporaryFile() as err:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            err.seek(0)
            raise SystemExit(f"{command[0]}: exit status {process.returncode}\n{err.read().decode()}")
        out.seek(0)
        printed = out.read().decode()
    return printed, Spent(time.perf_counter() - start, usage.ru_utime + usage.ru_stime)
