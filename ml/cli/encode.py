"""``encode``: labelled encodes of lossless masters, written where they are not yet."""

import argparse
import csv
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from errno import EEXIST
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np

from ml.cli.files import walk
from ml.cli.progress import tracked
from ml.corpus import masters
from ml.decode import stream
from ml.encode import coder, encode

SUFFIX: Final = {"mp3": ".mp3", "ipod": ".m4a", "ogg": ".ogg", "ac3": ".ac3", "asf": ".wma", "mp2": ".mp2"}
"""By muxer."""


def run(asked: argparse.Namespace) -> int:
    """FOLDER/LABEL/NAME.suffix for every master and label, and FOLDER/labels.csv that lists them."""
    sources = walk(asked.masters) if asked.masters else [master.path for master in masters()]
    _refuse_clashes(sources)
    wanted = {master: _targets(master, folder=asked.output, labels=asked.labels) for master in sources}
    todo = {m: {t: x for t, x in targets.items() if not t.exists()} for m, targets in wanted.items()}
    todo = {m: targets for m, targets in todo.items() if targets}
    with ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(_write, master, targets) for master, targets in todo.items()]
        for future in tracked(as_completed(futures), total=len(futures), what="encode"):
            future.result()
    asked.output.mkdir(parents=True, exist_ok=True)
    _index(wanted, folder=asked.output)
    return 0


def _refuse_clashes(sources: Sequence[Path]) -> None:
    names = Counter(source.stem for source in sources)
    if clashing := [name for name, n in names.items() if n > 1]:
        raise FileExistsError(EEXIST, "several masters have this name", clashing[0])


def _targets(master: Path, *, folder: Path, labels: Sequence[str]) -> dict[Path, str]:
    return {folder / label / (master.stem + SUFFIX[coder(label).container]): label for label in labels}


def _write(master: Path, targets: dict[Path, str]) -> None:
    """Each file appears whole or not at all, so that a stopped run can go on."""
    with stream(master) as pcm:
        y, sr = np.concatenate(list(pcm), axis=1), pcm.sr
    for target, label in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(target.name + ".part")
        partial.write_bytes(encode(y, sr=sr, label=label))
        partial.replace(target)


def _index(wanted: dict[Path, dict[Path, str]], *, folder: Path) -> None:
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "label", "master"))
        for master, targets in wanted.items():
            writer.writerows((target.relative_to(folder), label, master) for target, label in targets.items())
