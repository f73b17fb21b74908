"""Blobs and the rows that need them, kept in step.

Adding and removing a blob happens in a transaction that holds the blob's lock, so that a removal
can't overtake somebody who is just sending the same bytes. A crash between the file and the
commit leaves a file that no row names; the sweeper removes it.
"""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from app.db import Database, lock
from app.storage.blobs import BlobStore
from app.storage.tables import StoredBlob
from app.storage.upload import Upload

ORIGINAL: Final = "original"


def attach(session: Session, upload: Upload, *, blobs: BlobStore, submission_id: str, name: str) -> None:
    """The upload becomes a blob that this submission uses. It must be flushed to disk."""
    lock(session, upload.sha256)
    blobs.keep(upload)
    session.add(
        StoredBlob(submission_id=submission_id, name=name, sha256=upload.sha256, size_bytes=upload.size_bytes)
    )


def share(session: Session, *, source_id: str, submission_id: str, names: Iterable[str]) -> None:
    """This submission uses the same blobs as another one."""
    for use in session.scalars(select(StoredBlob).where(StoredBlob.submission_id == source_id)):
        if use.name in names:
            lock(session, use.sha256)
            session.add(
                StoredBlob(
                    submission_id=submission_id, name=use.name, sha256=use.sha256, size_bytes=use.size_bytes
                )
            )


def hash_of(session: Session, *, submission_id: str, name: str) -> str | None:
    use = session.get(StoredBlob, (submission_id, name))
    return use.sha256 if use else None


def detach(session: Session, *, submission_id: str, name: str | None = None) -> list[str]:
    """Forget one use, or all. The hashes go to :func:`collect` once this is committed."""
    statement = delete(StoredBlob).where(StoredBlob.submission_id == submission_id)
    if name is not None:
        statement = statement.where(StoredBlob.name == name)
    return list(session.scalars(statement.returning(StoredBlob.sha256)))


def collect(database: Database, *, blobs: BlobStore, hashes: Iterable[str]) -> int:
    """Delete those that nobody uses any more; how many."""
    removed = 0
    for sha256 in set(hashes):
        with database.write() as session:
            lock(session, sha256)
            if not session.scalar(select(exists().where(StoredBlob.sha256 == sha256))):
                blobs.delete(sha256)
                removed += 1
    return removed


def sweep(database: Database, *, blobs: BlobStore, seconds: float) -> int:
    """Remove what crashes left behind in the last ``seconds``; how many."""
    recent = list(blobs.recent(seconds=seconds))
    with database.read() as session:
        used = _used(session, recent)
    orphans = [sha256 for sha256 in recent if sha256 not in used]
    return blobs.sweep_uploads() + collect(database, blobs=blobs, hashes=orphans)


def _used(session: Session, hashes: list[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(hashes), 500):
        part = hashes[start : start + 500]
        found.update(session.scalars(select(StoredBlob.sha256).where(StoredBlob.sha256.in_(part))))
    return found
