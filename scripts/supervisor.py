"""Keeps a few processes together: all run, or none does. Standard library only.

Each child leads a process group of its own, so that Ctrl-C reaches us alone and we can let every child
finish its work, and so that nothing of a dead child is left behind.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_READY_S = 60.0
_DRAIN_S = 30.0
_POLL_S = 0.1
_CRASH_LOOP = 5
_CRASH_LOOP_S = 60.0
"""So many ends of a restarted child within so many seconds are not bad luck but a fault."""


@dataclass
class Child:
    """A process by name; ``restarts`` when the others can go on while it is started again."""

    name: str
    command: Sequence[str | Path]
    restarts: bool = False
    _process: subprocess.Popen[bytes] | None = None
    _starts: list[float] = field(default_factory=list)

    def start(self) -> None:
        self._starts.append(time.monotonic())
        self._process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=_die_with_parent
        )

    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def how_it_ended(self) -> str:
        code = self._process.returncode if self._process is not None else None
        return (
            f"signal {signal.Signals(-code).name}" if code is not None and code < 0 else f"exit code {code}"
        )

    def is_in_a_crash_loop(self) -> bool:
        recent = [start for start in self._starts if start > time.monotonic() - _CRASH_LOOP_S]
        return len(recent) >= _CRASH_LOOP

    def ask_to_stop(self) -> None:
        if self._process is not None and not self.has_ended():
            self._process.terminate()

    def kill(self) -> None:
        """The whole group, also what an ended child left running."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class Supervisor:
    """Runs children until SIGINT, SIGTERM or SIGHUP, or until one ends that must not."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._children = children
        self._signals = 0

    def run(self, *, is_ready: Callable[[], bool], ready: str) -> int:
        """Exit code: 0 when somebody stopped us, 1 when a child did. Says ``ready`` once ``is_ready()``."""
        with self._listening():
            try:
                for child in self._children:
                    child.start()
                return self._wait(is_ready, ready) or self._watch()
            finally:
                self._stop()

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        def count(*_: object) -> None:
            self._signals += 1

        names = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {name: signal.signal(name, count) for name in names}
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)

    def _wait(self, is_ready: Callable[[], bool], ready: str) -> int:
        end = time.monotonic() + _READY_S
        while not self._signals and not self._care():
            if is_ready():
                say(ready)
                return 0
            if time.monotonic() > end:
                say(f"It did not answer within {_READY_S:g} s.")
                return 1
            time.sleep(_POLL_S)
        return 0 if self._signals else 1

    def _watch(self) -> int:
        while not self._signals:
            if self._care():
                return 1
            time.sleep(_POLL_S)
        return 0

    def _care(self) -> bool:
        """Start again what may be; True when a child ended for good."""
        for child in self._children:
            if not child.has_ended():
                continue
            child.kill()
            if not child.restarts or child.is_in_a_crash_loop():
                say(f"The {child.name} process ended by itself ({child.how_it_ended()}); stopping the rest.")
                return True
            say(f"The {child.name} process ended by itself ({child.how_it_ended()}); starting it again.")
            child.start()
        return False

    def _stop(self) -> None:
        """Let running work end; a second signal, or half a minute, ends the patience."""
        say("Stopping: running work may finish. Ctrl-C again stops at once.")
        asked, end = self._signals, time.monotonic() + _DRAIN_S
        for child in self._children:
            child.ask_to_stop()
        while not all(child.has_ended() for child in self._children):
            if self._signals > max(asked, 1) or time.monotonic() > end:
                break
            time.sleep(_POLL_S)
        for child in self._children:
            child.kill()
        say("Stopped.")


def say(sentence: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone (SIGHUP); children still must be stopped
        print(sentence, flush=True)


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """If we are killed outright, the kernel asks the children to stop (Linux; prctl(2))."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
