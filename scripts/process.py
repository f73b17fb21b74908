"""Runs one program to its end, and ends it with all that it started when we are told to stop."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
Word = str | Path


def call(*command: Word, quiet: bool = False) -> int:
    """Exit code; 127 when there is no such program. It runs in ``ROOT``, in a process group of its own."""
    sink = subprocess.DEVNULL if quiet else None
    try:
        process = subprocess.Popen(command, cwd=ROOT, stdout=sink, stderr=sink, start_new_session=True)
    except OSError:
        return 127
    try:
        return process.wait()
    except BaseException:
        _end(process)
        raise


def _end(group: subprocess.Popen[bytes]) -> None:
    """Ask first, so that it can stop what it started itself."""
    os.killpg(group.pid, signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
        group.wait(timeout=20)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group.pid, signal.SIGKILL)
    group.wait()
