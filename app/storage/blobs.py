"""Where blobs live: a protocol, and a directory that follows it."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from app.storage.upload import Upload, disk

GRACE_S = 5.0
"""A younger upload may be between its creation and its lock."""


class BlobStore(Protocol):
    """Immutable bytes by their SHA-256. Which of them are needed is the database's business."""

    def begin(self, *, limit_bytes: int) -> Upload:
        """A new upload, to be kept or discarded."""

    def keep(self, upload: Upload) -> None:
        """Make a flushed upload a blob: whole or not at all, durable when this returns."""

    def read(self, sha256: str) -> bytes:
        """Raises FileNotFoundError."""

    def local(self, sha256: str) -> AbstractContextManager[Path]:
        """The blob as a file to read. Raises FileNotFoundError."""

    def delete(self, sha256: str) -> None:
        """Harmless when it is gone already."""

    def recent(self, *, seconds: float) -> Iterator[str]:
        """Blobs that arrived in about the last ``seconds``."""

    def sweep_uploads(self) -> int:
        """Remove uploads whose process died; how many."""


class DirectoryStore:
    """blobs/ab/ab12...; uploads/ for what is on its way."""

    def __init__(self, root: Path) -> None:
        self._blobs = root / "blobs"
        self._uploads = root / "uploads"

    def begin(self, *, limit_bytes: int) -> Upload:
        with disk():
            self._uploads.mkdir(parents=True, exist_ok=True)
        return Upload(self._uploads, limit_bytes=limit_bytes)

    def keep(self, upload: Upload) -> None:
        target = self._path(upload.sha256)
        with disk():
            if not target.parent.is_dir():
                target.parent.mkdir(parents=True, exist_ok=True)
                _flush_folder(target.parent.parent)
            os.replace(upload.path, target)
            _flush_folder(target.parent)

    def read(self, sha256: str) -> bytes:
        return self._path(sha256).read_bytes()

    @contextmanager
    def local(self, sha256: str) -> Iterator[Path]:
        path = self._path(sha256)
        path.stat()
        yield path

    def delete(self, sha256: str) -> None:
        with disk():
            self._path(sha256).unlink(missing_ok=True)

    def recent(self, *, seconds: float) -> Iterator[str]:
        since = time.time() - seconds
        for folder in self._blobs.glob("??"):
            if _changed_at(folder) >= since:
                yield from (path.name for path in folder.iterdir() if _changed_at(path) >= since)

    def sweep_uploads(self) -> int:
        return sum(_remove_if_dead(path) for path in self._uploads.glob("*"))

    def _path(self, sha256: str) -> Path:
        return self._blobs / sha256[:2] / sha256


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_ctime
    except FileNotFoundError:
        return 0.0


def _remove_if_dead(path: Path) -> bool:
    if time.time() - _changed_at(path) < GRACE_S:
        return False
    with suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
        return True
    return False
