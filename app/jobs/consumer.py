"""The worker command: a huey consumer with several processes, which drains on SIGTERM and Ctrl-C."""

import ctypes
import os
import signal
import socket
from collections.abc import Callable
from typing import Any, Final

from huey.consumer import Consumer, Worker

from app.jobs.queue import HueyQueue

DRAIN_S: Final = 25
_PR_SET_PDEATHSIG: Final = 1

Work = Callable[[int], None]
"""What a process does with a message."""


def run(queue: HueyQueue, *, workers: int, start: Callable[[str], Work]) -> None:
    """Until a signal. ``start(name)`` is called once in each process; where it fails, a new process tries."""
    assert queue.task is not None  # registered before the fork
    consumer = _Consumer(
        queue.huey,
        workers=workers,
        worker_type="process",
        periodic=False,
        max_delay=0.3,
        health_check_interval=1,
        shutdown_timeout=DRAIN_S,
        graceful_signal="TERM",
    )
    consumer.begin = lambda: _begin(queue, start)
    consumer._signal_actions[signal.SIGINT] = (False, True)
    consumer.run()


def _begin(queue: HueyQueue, start: Callable[[str], Work]) -> None:
    queue.work = start(f"{socket.gethostname()}-{os.getpid()}")


class _Consumer(Consumer):  # type: ignore[misc]
    """Its processes end when it ends, and only when it says so."""

    begin: Callable[[], None]
    """huey's own start-up hooks won't do: it goes on without what failed in them."""

    def _create_process(self, process: Any, name: str) -> Any:
        parent, initialize = os.getpid(), process.initialize

        def begin() -> None:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all of them
            _die_with(parent)
            initialize()
            if isinstance(process, Worker):
                self.begin()

        process.initialize = begin
        return super()._create_process(process, name)


def _die_with(parent: int) -> None:
    """A consumer that was killed must not leave workers behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
