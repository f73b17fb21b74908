"""Bytes on their way in: straight to disk, hashed and counted while they pass."""

import errno
import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from app.errors import StorageFailed, StorageFull
from ml.errors import TooBig

_FULL: Final = {errno.ENOSPC, errno.EDQUOT}


class Upload:
    """A file in the making. Whoever began it either hands it to a BlobStore or discards it.

    The lock on it ends with the process, so that a sweeper can tell the living from the dead.
    """

    def __init__(self, folder: Path, *, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._sha = hashlib.sha256()
        self.size_bytes = 0
        self.path = folder / secrets.token_hex(16)
        with disk():
            self._file = self.path.open("x+b", buffering=0)
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def write(self, data: bytes) -> int:
        """Raises TooBig, StorageFull, StorageFailed."""
        if self.size_bytes + len(data) > self._limit_bytes:
            raise too_big(self._limit_bytes)
        self._sha.update(data)
        self.size_bytes += len(data)
        left = memoryview(data)
        with disk():
            while left:
                left = left[os.write(self._file.fileno(), left) :]
        return len(data)

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    @property
    def sha256(self) -> str:
        """Of what was written so far."""
        return self._sha.hexdigest()

    def flush_to_disk(self) -> None:
        """After this, a power cut loses nothing."""
        with disk():
            os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()

    def discard(self) -> None:
        """Close it and remove what was not handed over. Harmless afterwards, and twice."""
        self.close()
        self.path.unlink(missing_ok=True)


def too_big(limit_bytes: int) -> TooBig:
    """In words that fit the sentence."""
    return TooBig(what="the file", maximum=f"{limit_bytes / 2**20:g} MB")


@contextmanager
def disk() -> Iterator[None]:
    """Turns what the operating system says about the disk into our own errors."""
    try:
        yield
    except OSError as error:
        kind = StorageFull if error.errno in _FULL else StorageFailed
        raise kind(reason=os.strerror(error.errno or 0)) from error
