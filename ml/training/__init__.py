"""From recordings to models that can be shipped, with the figures that judge them: one module a task."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import Progress

from ml.dataset import Table

CACHE: Final = Path(".cache")
"""Measured rows, so that a stopped run goes on where it was."""


def follow(title: str, steps: Iterable[int], *, total: int) -> None:
    """Run a measurement that yields how many are done, with a progress bar."""
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task(title, total=total)
        for done in steps:
            progress.update(bar, completed=done)


def taught_by(table: Table, *, seed: int) -> dict[str, Any]:
    """For the manifest, what a model has learnt from."""
    return {
        "rows": len(table),
        "groups": len(set(table.groups)),
        "ids_sha256": hashlib.sha256("\n".join(sorted(table.ids)).encode()).hexdigest(),
        "seed": seed,
    }
