"""``verify``: what have these files been through?"""

import argparse
import sys
from collections.abc import Iterator, Sequence

from rich.console import Console

from ml.answer import Answer
from ml.artifact import is_shipped
from ml.cli.examine import answers, models
from ml.cli.files import walk
from ml.cli.progress import tracked
from ml.cli.report import json_line, table, write_csv

AS_CLAIMED, NOT_AS_CLAIMED, ERRORS = 0, 1, 2
WIDE = 160
"""Columns of the table where no terminal says how wide it is."""


def run(asked: argparse.Namespace) -> int:
    """Exit status: 0 all as claimed or undecided, 1 some are not, 2 some could not be measured."""
    if missing := [task for task in asked.tasks if not is_shipped(task)]:
        print(f"No model for {' or '.join(missing)} comes with this version.", file=sys.stderr)
        return ERRORS
    models(asked.tasks)  # a refused model is one sentence, not a row for each file
    files = walk(asked.paths)
    if not files:
        print("No audio files there.", file=sys.stderr)
        return ERRORS
    found = answers(files, tasks=asked.tasks, jobs=asked.jobs)
    quiet = asked.json and sys.stdout.isatty()
    done = list(_told(tracked(found, total=len(files), what="verify", quiet=quiet), as_json=asked.json))
    if not asked.json:
        Console(width=None if sys.stdout.isatty() else WIDE).print(table(done, tasks=asked.tasks))
    if asked.csv:
        write_csv(done, path=asked.csv)
    return status(done)


def status(done: Sequence[Answer]) -> int:
    """Errors outweigh findings: a script must not take them for an answer."""
    if any(answer.error for answer in done):
        return ERRORS
    verdicts = {answer.quality.verdict for answer in done if answer.quality}
    return NOT_AS_CLAIMED if verdicts & {"transcode", "upsampled"} else AS_CLAIMED


def _told(found: Iterator[Answer], *, as_json: bool) -> Iterator[Answer]:
    for answer in found:
        if as_json:
            print(json_line(answer), flush=True)
        yield answer
