"""Lineage beside FLAC Detective and two cutoff checkers, on the same files in one run.

    python benchmarks/side_by_side.py [--files 16] [--json FILE]

Each recording becomes 14 FLAC files: genuine ones, and decoded MP3, AAC, Vorbis and Opus. The model that ships
was trained on all lossless clips, these among them; so Lineage answers here with another, fitted to the shipped
table without any row of the recordings' origins (calibration and thresholds as ``python -m ml train`` sets them).

FLAC Detective is installed under .cache/rivals. What it said is kept there by the file's hash, so that a run
which was stopped goes on where it was; times of kept answers are those of the run that made them. The cutoff
checkers are ours, after others' method.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.detectors import (  # noqa: E402
    FlacDetective,
    HighestFrequency,
    KnownCutoff,
    Lineage,
)
from benchmarks.recordings import GENUINE, KINDS, chosen, files  # noqa: E402
from ml import artifact  # noqa: E402
from ml.analysis import analyse  # noqa: E402
from ml.corpus import Master  # noqa: E402
from ml.dataset import Table  # noqa: E402
from ml.evaluation import TABLE  # noqa: E402
from ml.intervals import wilson  # noqa: E402
from ml.training.quality import fit_and_save  # noqa: E402

KEY = b"side by side"
"""Signs a model that lives for one run."""


def main() -> None:
    asked = _arguments()
    if asked.judge:
        _judge(asked.judge[0], asked.judge[1:])
        return
    recordings = chosen(asked.files)
    with TemporaryDirectory() as folder:
        model = _model_without({m.supergroup for m in recordings}, folder=Path(folder, "model"))
        detectors = [Lineage(model), FlacDetective(), HighestFrequency(), KnownCutoff()]
        rows = _judged(recordings, detectors, folder=Path(folder))
    print(_table(rows, names=[d.name for d in detectors], count=len(recordings)))
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, default=16, metavar="N", help="recordings, of as many origins")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what each said of each file")
    parser.add_argument("--judge", type=Path, nargs="+", help=argparse.SUPPRESS)  # Lineage's own process
    return parser.parse_args()


def _model_without(origins: set[str], *, folder: Path) -> Path:
    """A model as ``train`` makes it, from the rows of all other origins."""
    table = Table.load(TABLE)
    others = [group not in origins for group in table.groups]
    rows = table.rows(np.array(others))
    print(
        f"Fitting to {len(rows)} of {len(table)} rows: none of the {len(origins)} origins.", file=sys.stderr
    )
    fit_and_save(rows, folder=folder, seed=1, jobs=1)
    artifact.sign(folder, key=KEY)
    return folder


def _judge(model: Path, paths: Sequence[Path]) -> None:
    """Prints verdict and sentence of each file."""
    models = {"quality": artifact.load(model, key=KEY)}
    found = [analyse(path, models=models).quality for path in paths]
    print(json.dumps([(quality.verdict, quality.sentence) for quality in found if quality]))


def _judged(recordings: Sequence[Master], detectors: Sequence, *, folder: Path) -> list[dict]:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    rows = []
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("Judging", total=len(recordings) * len(KINDS) * len(detectors))
        for master in recordings:
            made = dict(files(master, folder=folder))
            for detector in detectors:
                progress.update(bar, description=detector.name)
                for kind, said in zip(made, detector.judge(list(made.values())), strict=True):
                    rows.append(
                        {"clip": master.clip, "kind": kind, "detector": detector.name, **asdict(said)}
                    )
                progress.advance(bar, len(made))
            for path in made.values():
                path.unlink()
    return rows


def _table(rows: Sequence[dict], *, names: Sequence[str], count: int) -> str:
    """Markdown: called lossy (and not settled) of all, by kind and detector."""
    of = defaultdict(list)
    for row in rows:
        of[row["kind"], row["detector"]].append(row)
        of["all genuine" if row["kind"] in GENUINE else "all lossy", row["detector"]].append(row)
    lines = [
        f"| called lossy, of {count} recordings | {' | '.join(names)} |",
        "|---" * (1 + len(names)) + "|",
    ]
    lines += [f"| {kind} | {' | '.join(_share(of[kind, name]) for name in names)} |" for kind in KINDS]
    for kind in ("all genuine", "all lossy"):  # no interval: files of one recording are not independent
        lines.append(f"| {kind} | {' | '.join(_count(of[kind, name]) for name in names)} |")
    for unit in ("wall_s", "cpu_s"):
        spent = [mean(row[unit] for row in rows if row["detector"] == name) for name in names]
        lines.append(f"| {unit.replace('_s', '')} seconds a file | {' | '.join(f'{s:.2f}' for s in spent)} |")
    return "\n".join(lines)


def _share(rows: Sequence[dict]) -> str:
    """With Wilson's interval, such as "5 (24-76 %)"; "+1" stands for one neither accused nor cleared."""
    low, high = (round(100 * x) for x in wilson(sum(row["flagged"] for row in rows), len(rows)))
    count, _, unsure = _count(rows).partition(" of ")
    return f"{count} ({low}-{high} %){unsure.removeprefix(str(len(rows)))}"


def _count(rows: Sequence[dict]) -> str:
    flagged, unsure = (sum(row[name] for row in rows) for name in ("flagged", "unsure"))
    return f"{flagged} of {len(rows)}" + (f" +{unsure}" if unsure else "")


if __name__ == "__main__":
    main()
