"""The parent's end of the zygote: start it, ask it for children, end it.

One zygote a process, started at the first use. A fork of this process never talks to its parent's.
"""

import atexit
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

_START = "import sys; sys.path.insert(0, sys.argv[1]); from inside.zygote import main; main(int(sys.argv[2]))"


class _Zygote:
    """The forking process and our line to it."""

    def __init__(self) -> None:
        self.line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        folder = str(Path(__file__).parent)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-c", _START, folder, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"},
                cwd="/",
                start_new_session=True,  # Ctrl-C is for us; it ends when our end of the line closes
            )

    def stop(self) -> None:
        self.line.close()
        try:
            self.process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def forget(self) -> None:
        """In a fork of the process that started it: not ours to wait for."""
        self.line.close()
        self.process.returncode = 0


_current: _Zygote | None = None
_lock = threading.Lock()


def zygote() -> _Zygote:
    """The one of this process, started where there is none or it has ended."""
    global _current
    with _lock:
        if _current is None or _current.process.poll() is not None:
            if _current is not None:
                _current.stop()
            _current = _Zygote()
        return _current


def send(request: bytes, descriptors: list[int]) -> None:
    """Ask for a child. Where the zygote was killed just now, once more from a new one."""
    asked = zygote()
    try:
        socket.send_fds(asked.line, [request], descriptors)
    except OSError:
        stop(asked)
        socket.send_fds(zygote().line, [request], descriptors)


def stop(which: _Zygote | None = None) -> None:
    """End this zygote, or the present one, and with it all its children."""
    global _current
    with _lock:
        if _current is not None and which in (None, _current):
            _current.stop()
            _current = None


def _after_fork() -> None:
    global _current, _lock
    _lock = threading.Lock()
    if _current is not None:
        _current.forget()
        _current = None


atexit.register(stop)
os.register_at_fork(after_in_child=_after_fork)
