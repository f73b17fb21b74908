"""A progress bar on stderr, only where somebody looks at it."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

T = TypeVar("T")


def tracked(steps: Iterable[T], *, total: int, what: str, quiet: bool = False) -> Iterator[T]:
    """The steps as they come, counted on a bar that vanishes at the end."""
    console = Console(stderr=True)
    hidden = quiet or not sys.stderr.isatty()
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # redirect_stdout would send what is printed meanwhile, such as JSON into a file, to stderr
    with Progress(*columns, console=console, disable=hidden, transient=True, redirect_stdout=False) as bar:
        task = bar.add_task(what, total=total)
        for step in steps:
            yield step
            bar.advance(task)
