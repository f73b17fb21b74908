"""Files to answers, in this process or several; a bad file is an answer too."""

import multiprocessing
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from functools import cache
from pathlib import Path
from types import FrameType

from ml.analysis import analyse
from ml.answer import Answer
from ml.artifact import Artifact, load_shipped
from ml.errors import LineageError
from ml.words import error_sentence


@cache
def models(tasks: tuple[str, ...]) -> Mapping[str, Artifact]:
    """The shipped models, loaded once a process; raises ``ModelError``."""
    return {task: load_shipped(task) for task in tasks}


def answers(files: Sequence[Path], *, tasks: tuple[str, ...], jobs: int) -> Iterator[Answer]:
    """One answer for each file, in the files' order, as soon as it is known."""
    jobs = min(jobs, len(files))
    if jobs <= 1:
        yield from (answer(file, tasks=tasks) for file in files)
        return
    context = multiprocessing.get_context("spawn")  # forking would copy locks that threads here may hold
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_prepare, initargs=(tasks,)) as pool:
        futures = [pool.submit(answer, file, tasks=tasks) for file in files]
        try:
            yield from map(_result, files, futures)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in multiprocessing.active_children():
                child.terminate()
            raise


def answer(file: Path, *, tasks: tuple[str, ...]) -> Answer:
    """What is said about one file; why not, where nothing can be."""
    try:
        found = analyse(file, models=models(tasks), tasks=tasks)
    except LineageError as error:
        return _failed(file, code=error.code, message=error_sentence(error))
    except OSError as error:
        return _failed(file, code="unreadable", message=f"Could not be opened: {error.strerror or error}.")
    return Answer(str(file), declared=found.declared, quality=found.quality, genre=found.genre)


def _prepare(tasks: tuple[str, ...]) -> None:
    """In each worker: models before the first file; Ctrl-C ends it at once, the parent reports."""
    signal.signal(signal.SIGINT, _leave)
    models(tasks)


def _leave(number: int, frame: FrameType | None) -> None:
    os._exit(128 + number)


def _result(file: Path, future: Future[Answer]) -> Answer:
    try:
        return future.result()
    except BrokenExecutor:
        return _failed(file, code="worker_died", message="The process that measured it ended; try --jobs 1.")


def _failed(file: Path, *, code: str, message: str) -> Answer:
    return Answer(str(file), error={"code": code, "message": message})
