"""What can be done with a submission. No Flask here: database, blobs and clock come as arguments."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete as sql_delete
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.db import Database
from app.errors import Busy, NotFound, NotYours, TooLate, UnknownLabel, UnknownTask
from app.ids import unguessable
from app.jobs import service as jobs
from app.jobs.queue import Queue
from app.jobs.tables import ENDED, Job
from app.registry import service as registry
from app.storage import service as storage
from app.storage.blobs import BlobStore
from app.storage.tables import StoredBlob
from app.storage.upload import Upload
from app.submissions import names, sniff
from app.submissions.tables import Prediction, Submission
from ml.quality.classes import CLASSES

ANALYSIS: Final = "analysis"
_WHOLE: Final = (
    selectinload(Submission.jobs),
    selectinload(Submission.predictions).options(joinedload(Prediction.model_version)),
    selectinload(Submission.labels),
)


def submit(
    database: Database,
    upload: Upload,
    *,
    blobs: BlobStore,
    queue: Queue,
    filename: str | None,
    owner_id: str,
    claim: str | None,
    tasks: Sequence[str],
    keep_audio: bool,
    max_waiting: int,
    now: datetime,
) -> Submission:
    """Store the file and its row, then wake a worker. When this returns, a power cut loses nothing.

    Raises EmptyFile, NotAudio, ForbiddenFormat, UnknownTask, UnknownLabel, Busy, StorageFull,
    StorageFailed; then nothing is stored.
    """
    kind = _look(upload)
    upload.flush_to_disk()
    with database.write() as session:
        refuse_when_busy(session, maximum=max_waiting)
        submission = Submission(
            id=unguessable(),
            owner_id=owner_id,
            file=names.clean(filename),
            size_bytes=upload.size_bytes,
            sha256=upload.sha256,
            kind=kind,
            claim=_known_claim(claim),
            tasks=_known_tasks(session, tasks) if kind == "audio" else [],
            keep_audio=keep_audio,
            created_at=now,
        )
        session.add(submission)
        session.flush()
        storage.attach(session, upload, blobs=blobs, submission_id=submission.id, name=storage.ORIGINAL)
        job = jobs.enqueue(
            session, kind=ANALYSIS, submission_id=submission.id, size_bytes=upload.size_bytes, now=now
        )
        session.flush()
        job_id = job.id
    queue.wake(job_id)
    with database.read() as session:
        return get(session, submission.id)


def refuse_when_busy(session: Session, *, maximum: int) -> None:
    """Raises Busy."""
    count = jobs.waiting(session)
    if count >= maximum:
        raise Busy(waiting=count, maximum=maximum)


def get(session: Session, submission_id: str) -> Submission:
    """With everything that an answer needs. Raises NotFound."""
    found = session.scalar(select(Submission).where(Submission.id == submission_id).options(*_WHOLE))
    if found is None:
        raise NotFound()
    return found


def get_own(session: Session, submission_id: str, *, owner_id: str, is_admin: bool) -> Submission:
    """For changing it. Raises NotFound, NotYours."""
    found = get(session, submission_id)
    if found.owner_id != owner_id and not is_admin:
        raise NotYours()
    return found


def mine(session: Session, owner_id: str, *, limit: int = 500, offset: int = 0) -> list[Submission]:
    """Newest first."""
    own = select(Submission).where(Submission.owner_id == owner_id).options(*_WHOLE)
    newest = own.order_by(Submission.created_at.desc(), Submission.id).limit(limit).offset(offset)
    return list(session.scalars(newest))


def cancel(database: Database, submission: Submission, *, blobs: BlobStore, now: datetime) -> None:
    """Stop waiting or working. Raises TooLate when it has ended."""
    with database.write() as session:
        if not jobs.cancel(session, submission_id=submission.id, now=now):
            raise TooLate(state=get(session, submission.id).job.state)
        get(session, submission.id).spectrogram = None
        hashes = storage.detach(session, submission_id=submission.id)
    storage.collect(database, blobs=blobs, hashes=hashes)


def withdraw_audio(database: Database, submission: Submission, *, blobs: BlobStore) -> None:
    """The owner no longer lets us keep the audio; what was measured stays."""
    with database.write() as session:
        found = get(session, submission.id)
        found.keep_audio = False
    forget_audio(database, blobs=blobs, submission_id=submission.id)


def delete(database: Database, submission: Submission, *, blobs: BlobStore) -> None:
    """Rows, labels, predictions, features, pictures, audio: all of it."""
    with database.write() as session:
        hashes = storage.detach(session, submission_id=submission.id)
        session.execute(sql_delete(Submission).where(Submission.id == submission.id))
    storage.collect(database, blobs=blobs, hashes=hashes)


def forget_audio(database: Database, *, blobs: BlobStore, submission_id: str | None = None) -> int:
    """Delete originals that are no longer needed; how many. Only a finished analysis may keep its audio."""
    hashes: list[str] = []
    with database.write() as session:
        for unneeded in session.scalars(_unneeded(submission_id)):
            hashes += storage.detach(session, submission_id=unneeded, name=storage.ORIGINAL)
    return storage.collect(database, blobs=blobs, hashes=hashes)


def forget_old_audio(database: Database, *, blobs: BlobStore, days: int, now: datetime) -> int:
    """Audio that was kept for longer than ``days``, whatever its owner allows; how many. 0 days: none."""
    if not days:
        return 0
    old = (
        select(Submission)
        .where(Submission.created_at < now - timedelta(days=days), Submission.keep_audio.is_(True))
        .limit(100)
    )
    hashes: list[str] = []
    with database.write() as session:
        for submission in list(session.scalars(old)):
            submission.keep_audio = False  # the page says so, too
            hashes += storage.detach(session, submission_id=submission.id, name=storage.ORIGINAL)
    return storage.collect(database, blobs=blobs, hashes=hashes)


def _unneeded(submission_id: str | None):  # type: ignore[no-untyped-def]
    open_job = select(Job.id).where(Job.submission_id == Submission.id, Job.state.not_in(ENDED))
    failed = select(Job.id).where(Job.submission_id == Submission.id, Job.state == "done")
    found = (
        select(Submission.id)
        .join(StoredBlob, StoredBlob.submission_id == Submission.id)
        .where(StoredBlob.name == storage.ORIGINAL, ~open_job.exists())
        .where(or_(Submission.keep_audio.is_(False), ~failed.exists()))
    )
    return found.where(Submission.id == submission_id) if submission_id else found.limit(100)


def _look(upload: Upload) -> sniff.Kind:
    upload.seek(0)
    return sniff.kind(upload.read(sniff.HEAD_BYTES))


def _known_claim(claim: str | None) -> str | None:
    if claim and claim not in CLASSES:
        raise UnknownLabel(label=claim, task="quality")
    return claim or None


def _known_tasks(session: Session, wanted: Sequence[str]) -> list[str]:
    """In the order of asking, once each; nothing asked: the first that we can answer, what it has been through."""
    known = registry.tasks(session)
    for task in wanted:
        if task not in known:
            raise UnknownTask(task=task, known=known)
    return list(dict.fromkeys(wanted)) or known[:1]
