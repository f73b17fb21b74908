"""What a decoding child gives up before it looks at the first hostile byte."""

import os
import resource
import signal
import socket
from collections.abc import Iterable
from typing import Any

from . import seccomp


def enter(*, keep: Iterable[int], limits: dict[str, Any]) -> None:
    """Keep these descriptors and the standard ones; cap memory, CPU, files; deny further system calls."""
    seccomp.die_with_parent()
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    os.dup2(1, 2)  # a library's complaints about one file belong in nobody's log
    _close_all_but(sorted({0, 1, 2, *keep}))
    for name, value in (
        ("RLIMIT_AS", limits["memory_bytes"]),
        ("RLIMIT_CPU", limits["cpu_s"]),  # SIGXCPU, and SIGKILL a second later
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_NOFILE", 3),
    ):
        resource.setrlimit(getattr(resource, name), (value, value + (name == "RLIMIT_CPU")))
    if limits["seccomp"]:
        seccomp.install()


def self_test() -> str | None:
    """Try the filter in a child: None when it holds, else why it doesn't."""
    pid = os.fork()
    if pid == 0:
        os._exit(_probe_filter())
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return {0: None, 1: "the kernel refuses a seccomp filter", 2: "the filter lets calls through"}.get(
        code, f"the self-test ended with {code}"
    )


def _probe_filter() -> int:
    try:
        seccomp.install()
    except OSError:
        return 1
    reach = (lambda: os.open("/dev/null", os.O_RDONLY), socket.socket, os.fork, lambda: os.kill(1, 0))
    for forbidden in reach:
        try:
            forbidden()
        except PermissionError:
            continue
        return 2
    return 0


def _close_all_but(keep: list[int]) -> None:
    for low, high in zip(keep, [*keep[1:], 4096], strict=True):
        os.closerange(low + 1, high)
