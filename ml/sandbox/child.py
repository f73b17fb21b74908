"""The parent's end of one decoding child."""

import fcntl
import json
import os
import select
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self

from ml.errors import (
    DecoderCrashed,
    DecoderTimeout,
    EmptyFile,
    LineageError,
    NotAudio,
)
from ml.sandbox import spawner
from ml.sandbox.inside.wire import DONE, FAIL, HEADER, MAX_BYTES, TICK
from ml.sandbox.limits import Limits

Message = tuple[bytes, memoryview]
_PIPE_BYTES = 1 << 20


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
    spawner.zygote()


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
            spawner.send(request, [file, out, line.fileno()])
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
                raise _reported(sense(payload))
            if kind != TICK:
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


def _regular_size(file: int) -> int:
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode):
        raise NotAudio(found="folder" if stat.S_ISDIR(status.st_mode) else "not a regular file")
    if status.st_size == 0:
        raise EmptyFile()
    return status.st_size


def sense(payload: memoryview) -> dict[str, Any]:
    """A JSON object from the child. It may have been taken over, so what it says is no better than the file."""
    try:
        value = json.loads(bytes(payload))
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise DecoderCrashed(reason="a message that makes no sense")
    return value


def _reported(message: dict[str, Any]) -> LineageError:
    cls = _by_code(LineageError).get(str(message.get("code")), DecoderCrashed)
    facts = message.get("facts")
    return cls(**facts if isinstance(facts, dict) else {})


def _by_code(cls: type[LineageError]) -> dict[str, type[LineageError]]:
    found = {cls.code: cls}
    for sub in cls.__subclasses__():
        found |= _by_code(sub)
    return found
