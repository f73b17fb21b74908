"""The process that forks one child a file.

It has one thread and everything imported, so that a fork is cheap and safe whatever threads the parent runs.
multiprocessing's forkserver with the same preload was measured beside it: an empty child of it takes longer
(38 ms against 16 ms for one that already refuses a file, best of 20 in the same minute), because each child
unpickles its task and may import the parent's main module again, which no jailed child should.

A request is one packet: JSON and three descriptors (the file, the pipe for messages, the line). On the line
the zygote says the child's pid, later its exit code; when the parent closes the line, the child is killed.
"""

import gc
import json
import os
import selectors
import signal
import socket
from typing import Any

from . import jail, work


def main(fd: int) -> None:
    """Serve the socket until its other end is closed."""
    requests = socket.socket(fileno=fd)
    work.warm()
    weakness = jail.self_test()
    gc.collect()
    gc.freeze()
    _Zygote(requests, weakness).serve()


class _Zygote:
    def __init__(self, requests: socket.socket, weakness: str | None) -> None:
        self._requests = requests
        self._weakness = weakness
        self._lines: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()

    def serve(self) -> None:
        wake, ring = os.pipe()
        os.set_blocking(ring, False)
        os.set_blocking(wake, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(ring, warn_on_full_buffer=False)
        self._selector.register(wake, selectors.EVENT_READ)
        self._selector.register(self._requests, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._requests:
                    if not self._accept():
                        return
                elif key.data is None:
                    os.read(wake, 4096)
                    self._reap()
                elif key.data in self._lines:
                    # The parent hung up. The child isn't reaped yet, so its pid can't be another's.
                    os.kill(key.data, signal.SIGKILL)
                    self._selector.unregister(key.fileobj)

    def _accept(self) -> bool:
        packet, fds, _, _ = socket.recv_fds(self._requests, 1 << 16, 3)
        if not packet:
            for pid in self._lines:
                os.kill(pid, signal.SIGKILL)
            return False
        file, out, line = fds
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            _child(json.loads(packet), file, out, seccomp=self._weakness is None)
        os.close(file)
        os.close(out)
        self._lines[pid] = socket.socket(fileno=line)
        self._selector.register(self._lines[pid], selectors.EVENT_READ, pid)
        self._say(pid, {"pid": pid, "degraded": self._weakness})
        return True

    def _reap(self) -> None:
        while self._lines:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._say(pid, {"exit": os.waitstatus_to_exitcode(status)})
            line = self._lines.pop(pid)
            if line in self._selector.get_map():
                self._selector.unregister(line)
            line.close()

    def _say(self, pid: int, value: dict[str, Any]) -> None:
        try:
            self._lines[pid].send(json.dumps(value).encode(), socket.MSG_DONTWAIT)
        except OSError:
            return  # the parent has hung up


def _child(request: dict[str, Any], file: int, out: int, *, seccomp: bool) -> None:
    code = 70
    try:
        jail.enter(keep=(file, out), limits={**request["limits"], "seccomp": seccomp})
        work.run(request["job"], file, out, request["limits"])
        code = 0
    finally:
        os._exit(code)  # no interpreter shutdown: nothing here is worth tidying
