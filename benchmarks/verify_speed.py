"""How long ``verify`` takes on a four-minute MP3, beside a pure decode and ``sox -n spectrogram``.

    python benchmarks/verify_speed.py [--repeats 5] [--json FILE]

Every command runs in a fresh process, in turns (decode, sox, verify, decode, ...), so that a slow spell of
the machine meets all of them; medians are printed, and ratios, which travel better than seconds. "one more" is what
each further track costs in a process that runs already, as in the service: the difference between five tracks and
one, by four. The MP3 is made from the clips in LINEAGE_DATA. SoX is installed where apt and root are there; a missing
one is said.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.recordings import SR, song  # noqa: E402
from ml.encode import encode  # noqa: E402

SECONDS = 240
DECODE = """import av, sys
for path in sys.argv[1:]:
    with av.open(path) as c:
        sum(f.samples for f in c.decode(audio=0))"""
MORE = 4
"""Further tracks whose cost is measured without the start of the process."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of one run; cpu: user and system, children included."""

    wall: float
    cpu: float


def main() -> None:
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        track = Path(folder, "track.mp3")
        track.write_bytes(encode(song(seconds=SECONDS), sr=SR, label=asked.label))
        copies = [Path(shutil.copy(track, Path(folder, f"track{i}.mp3"))) for i in range(MORE)]
        commands = _commands(track, copies, folder=folder)
        costs = {name: [] for name in commands}
        for command in commands.values():  # once unmeasured: caches of files and bytecode
            _run(command)
        for _ in range(asked.repeats):
            for name, command in commands.items():
                costs[name].append(_run(command))
    _print(figures := _figures(costs), asked=asked)
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--label", default="mp3-320", help="class id of the track")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


def _commands(track: Path, copies: list[Path], *, folder: str) -> dict[str, list[str]]:
    decode = [sys.executable, "-c", DECODE]
    verify = [sys.executable, "-m", "ml", "verify", "--json", "--jobs", "1"]
    found = {"decode": [*decode, str(track)], "decode many": [*decode, str(track), *map(str, copies)]}
    if sox := _sox():
        found["sox"] = [sox, str(track), "-n", "spectrogram", "-o", f"{folder}/sox.png"]
    return found | {"verify": [*verify, str(track)], "verify many": [*verify, str(track), *map(str, copies)]}


def _sox() -> str | None:
    if not shutil.which("sox") and shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False}
        subprocess.run(["apt-get", "update"], **quiet)
        patient = ["-o", "DPkg::Lock::Timeout=120"]  # another installation may be under way
        subprocess.run(["apt-get", *patient, "install", "-y", "sox", "libsox-fmt-mp3"], **quiet)
    if not (sox := shutil.which("sox")):
        print("NO SOX: install Debian's sox and libsox-fmt-mp3 to compare with it.", file=sys.stderr)
    return sox


def _run(command: list[str]) -> Cost:
    """Run to its end; verify says 1 where a track is not as claimed, which is no failure here."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
    return Cost(wall=time.perf_counter() - start, cpu=usage.ru_utime + usage.ru_stime)


def _figures(costs: dict[str, list[Cost]]) -> dict[str, dict[str, float]]:
    medians = {
        name: {"wall_s": median(c.wall for c in runs), "cpu_s": median(c.cpu for c in runs)}
        for name, runs in costs.items()
    }
    for name in ("decode", "verify"):
        many = medians.pop(f"{name} many")
        medians[f"{name}, one more"] = {unit: (many[unit] - medians[name][unit]) / MORE for unit in many}
    pairs = [("verify", "decode"), ("verify, one more", "decode, one more")]
    for name, other in [*pairs, ("verify", "sox")] if "sox" in medians else pairs:
        for unit in ("wall", "cpu"):
            key = f"{unit}_over_{other.partition(',')[0]}"
            medians[name][key] = medians[name][f"{unit}_s"] / medians[other][f"{unit}_s"]
    return medians


def _print(figures: dict[str, dict[str, float]], *, asked: argparse.Namespace) -> None:
    print(f"{SECONDS // 60}-minute {asked.label}, medians of {asked.repeats}, {os.cpu_count()} cores")
    columns = ["wall_s", "cpu_s", *(key for key in figures["verify"] if "over" in key)]
    print(f"{'':16}", *(f"{column:>16}" for column in columns))
    for name, row in figures.items():
        print(f"{name:16}", *(f"{row[c]:16.2f}" if c in row else f"{'':>16}" for c in columns))


if __name__ == "__main__":
    main()
