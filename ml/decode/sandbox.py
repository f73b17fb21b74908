"""One child process a file, forked by a zygote, with little to lose and less to reach.

    with sandbox.open(path, job="stream", limits=limits) as child:
        for kind, payload in child.messages():
            ...

The parent opens the file and passes the descriptor; the child answers through a pipe. A child that crashes,
runs out of memory or stalls becomes an exception here. Any thread may call this; a fork of the calling
process starts a zygote of its own.
"""

import atexit
import fcntl
import json
import os
import select
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from ml.decode.inside.wire import DONE, FAIL, HEADER, MAX_BYTES
from ml.decode.limits import Limits
from ml.errors import (
    DecoderCrashed,
    DecoderTimeout,
    EmptyFile,
    LineageError,
    NotAudio,
)

Message = tuple[bytes, memoryview]
_PIPE_BYTES = 1 << 20
_START = "import sys; sys.path.insert(0, sys.argv[1]); from inside.zygote import main; main(int(sys.argv[2]))"


@contextmanager
def open(path: str | os.PathLike[str], *, job: str, limits: Limits) -> Iterator["Child"]:
    """A child at work on the file. OSError where it can't be opened, EmptyFile, NotAudio (a folder, ...)."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        size = _regular_size(file)
        child = Child(file, job=job, limits=limits, size=size)
    finally:
        os.close(file)
    with child:
        yield child


def degraded() -> str | None:
    """Why the sandbox is weaker than meant (no seccomp filter here), or None. Starts the zygote."""
    with open(__file__, job="probe", limits=Limits()) as child:
        return child.degraded


def warm() -> None:
    """Start the zygote now, so that the first file needn't wait for it (about 0.1 s)."""
    _zygote()


class Child:
    """The parent's end of one decoding child."""

    def __init__(self, file: int, *, job: str, limits: Limits, size: int) -> None:
        self.size = size
        self._limits = limits
        self._data, out = os.pipe()
        self._line, line = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with suppress(OSError):
            fcntl.fcntl(out, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        request = json.dumps({"job": job, "limits": limits.to_json()}).encode()
        try:
            _send(request, [file, out, line.fileno()])
        except BaseException:
            self.close()
            raise
        finally:
            os.close(out)
            line.close()
        self._line.settimeout(limits.stall_s)
        try:
            hello = self._hear()
        except BaseException:
            self.close()
            raise
        self.pid: int = hello["pid"]
        self.degraded: str | None = hello["degraded"]

    def messages(self) -> Iterator[Message]:
        """All messages up to and with DONE. Raises what the child reported, or what became of it."""
        while True:
            kind, size = HEADER.unpack(self._exactly(HEADER.size))
            if size > MAX_BYTES:
                raise DecoderCrashed(reason="a message of impossible size")
            payload = self._exactly(size)
            if kind == FAIL:
                raise _reported(json.loads(bytes(payload)))
            yield kind, payload
            if kind == DONE:
                return

    def close(self) -> None:
        """Hang up; the zygote kills the child if it still runs."""
        if self._data >= 0:
            os.close(self._data)
            self._data = -1
        self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _exactly(self, size: int) -> memoryview:
        view = memoryview(bytearray(size))
        got = 0
        while got < size:
            if not select.select([self._data], [], [], self._limits.stall_s)[0]:
                raise DecoderTimeout(limit_s=self._limits.stall_s)
            read = os.readv(self._data, [view[got:]])
            if read == 0:
                raise self._fate()
            got += read
        return view

    def _fate(self) -> LineageError:
        """Why the pipe ended before the answer did."""
        code = self._hear().get("exit", 0)
        if code == -24:  # SIGXCPU
            return DecoderTimeout(limit_s=self._limits.cpu_s)
        if code < 0:
            return DecoderCrashed(signal=-code)
        return DecoderCrashed(exit_code=code)

    def _hear(self) -> dict[str, Any]:
        try:
            packet = self._line.recv(4096)
        except TimeoutError:
            raise DecoderTimeout(limit_s=self._limits.stall_s) from None
        except ConnectionError:
            packet = b""
        if not packet:
            raise DecoderCrashed(reason="the process that starts decoders ended")
        message: dict[str, Any] = json.loads(packet)
        return message


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


def _zygote() -> _Zygote:
    global _current
    with _lock:
        if _current is None or _current.process.poll() is not None:
            if _current is not None:
                _current.stop()
            _current = _Zygote()
        return _current


def _send(request: bytes, descriptors: list[int]) -> None:
    try:
        socket.send_fds(_zygote().line, [request], descriptors)
    except (BrokenPipeError, ConnectionResetError):  # it was killed just now: once more with a new one
        _stop()
        socket.send_fds(_zygote().line, [request], descriptors)


def _stop() -> None:
    global _current
    with _lock:
        if _current is not None:
            _current.stop()
            _current = None


def _after_fork() -> None:
    global _current, _lock
    _lock = threading.Lock()
    if _current is not None:
        _current.forget()
        _current = None


atexit.register(_stop)
os.register_at_fork(after_in_child=_after_fork)


def _regular_size(file: int) -> int:
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode):
        raise NotAudio(found="folder" if stat.S_ISDIR(status.st_mode) else "not a regular file")
    if status.st_size == 0:
        raise EmptyFile()
    return status.st_size


def _reported(message: dict[str, Any]) -> LineageError:
    return _by_code(LineageError).get(message["code"], DecoderCrashed)(**message["facts"])


def _by_code(cls: type[LineageError]) -> dict[str, type[LineageError]]:
    found = {cls.code: cls}
    for sub in cls.__subclasses__():
        found |= _by_code(sub)
    return found
