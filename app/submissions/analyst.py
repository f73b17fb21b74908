"""Performs the analysis jobs: reads the file, asks the engine, brings rows and pictures home."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.admin import switches
from app.admin.tables import Switch
from app.db import Database, utcnow
from app.jobs import service as jobs
from app.jobs.service import Claim
from app.registry import service as registry
from app.storage import service as storage
from app.storage.blobs import BlobStore
from app.storage.upload import Upload
from app.submissions import service
from app.submissions.answer import to_json
from app.submissions.findings import Engine, Finding, Progress, Record, TaskFinding
from app.submissions.tables import Prediction, Submission
from ml.answer import verdict_of
from ml.errors import Cancelled

_PICTURE_BYTES = 64 * 2**20


class Analyst:
    """The ``perform`` of a worker."""

    def __init__(self, database: Database, *, blobs: BlobStore, engine: Engine) -> None:
        self._database, self._blobs, self._engine = database, blobs, engine

    def __call__(self, claim: Claim, *, on_progress: Progress, cancelled: Callable[[], bool]) -> "Result":
        assert claim.submission_id is not None
        with self._database.read() as session:
            submission = service.get(session, claim.submission_id)
            source = same_bytes(session, submission)
        if source is not None:
            finding = self._copy(source)
        else:
            finding = self._measure(claim, submission, on_progress=on_progress, cancelled=cancelled)
        return self._result(claim, submission, finding, source=source)

    def _measure(
        self, claim: Claim, submission: Submission, *, on_progress: Progress, cancelled: Callable[[], bool]
    ) -> Finding:
        try:
            with self._blobs.local(submission.sha256) as path:
                if submission.kind == "picture":
                    return self._engine.look(path)
                self._show_claims(submission, path)
                return self._engine.listen(
                    path,
                    tasks=submission.tasks,
                    on_progress=on_progress,
                    on_drawn=partial(self._show_spectrogram, claim),
                    cancelled=cancelled,
                )
        except FileNotFoundError:  # deleted or cancelled meanwhile
            raise Cancelled() from None

    def _show_claims(self, submission: Submission, path: Path) -> None:
        """Before the long part, so that the page has something to say."""
        declared = dict(self._engine.probe(path))
        with self._database.write() as session:
            row = session.get(Submission, submission.id)
            if row is None:
                raise Cancelled()
            row.declared = declared

    def _show_spectrogram(self, claim: Claim, facts: Record, pictures: Mapping[str, bytes]) -> None:
        """Before the verdict, so that there is something to look at."""
        drawn = Result(self._database, self._blobs, claim, Finding(engine=""), None)
        try:
            for name, png in pictures.items():
                drawn.add(name, png)
            with self._database.write() as session:
                if not jobs.beat(session, claim, state="measuring", fraction=0.0, now=utcnow()):
                    raise Cancelled()
                session.get_one(Submission, claim.submission_id).spectrogram = dict(facts)
                drawn.attach(session)
        finally:
            drawn.discard()

    def _copy(self, source: Submission) -> Finding:
        return Finding(
            engine=source.engine or "",
            declared=source.declared,
            tasks={prediction.task: _task_finding(prediction) for prediction in source.predictions},
            spectrogram=source.spectrogram,
        )

    def _result(
        self, claim: Claim, submission: Submission, finding: Finding, *, source: Submission | None
    ) -> "Result":
        result = Result(self._database, self._blobs, claim, finding, source_id=source.id if source else None)
        try:
            for name, png in finding.pictures.items():
                result.add(name, png)
            card = self._card(submission, finding, source=source)
            if card is not None:
                result.add("card", card)
        except BaseException:
            result.close()
            raise
        return result

    def _card(self, submission: Submission, finding: Finding, *, source: Submission | None) -> bytes | None:
        if not finding.tasks:
            return None
        png = finding.pictures.get("spectrogram-L")
        with self._database.read() as session:
            answer = to_json(session, service.get(session, submission.id))
            if png is None and source is not None:
                sha256 = storage.hash_of(session, submission_id=source.id, name="spectrogram-L")
                png = self._blobs.read(sha256) if sha256 else None
        answer |= {"status": "done", "declared": finding.declared, "spectrogram": finding.spectrogram}
        answer |= {task: found.answer for task, found in finding.tasks.items()}
        return self._engine.card(answer, spectrogram_png=png) if png else None


@dataclass(slots=True)
class Result:
    """A finding on its way into the database."""

    database: Database
    blobs: BlobStore
    claim: Claim
    finding: Finding
    source_id: str | None
    uploads: dict[str, Upload] = field(default_factory=dict)

    def add(self, name: str, data: bytes) -> None:
        """A picture, durable on disk but not yet a blob."""
        upload = self.uploads[name] = self.blobs.begin(limit_bytes=_PICTURE_BYTES)
        upload.write(data)
        upload.flush_to_disk()

    def store(self, session: Session) -> None:
        assert self.claim.submission_id is not None
        row = session.get(Submission, self.claim.submission_id)
        assert row is not None, "a job ends with its submission"
        row.declared = _plain(self.finding.declared)
        row.spectrogram = _plain(self.finding.spectrogram)
        row.engine = self.finding.engine
        session.add_all(self._predictions())
        if self.source_id:
            names = [f"spectrogram-{channel}" for channel in "LRMS"] + ["chromagram", "picture"]
            storage.share(session, source_id=self.source_id, submission_id=row.id, names=names)
        self.attach(session)

    def attach(self, session: Session) -> None:
        """The pictures; one of the same name, shown before the verdict or by an earlier attempt, makes room."""
        assert self.claim.submission_id is not None
        for name, upload in sorted(self.uploads.items(), key=lambda item: item[1].sha256):
            storage.detach(session, submission_id=self.claim.submission_id, name=name)
            storage.attach(
                session, upload, blobs=self.blobs, submission_id=self.claim.submission_id, name=name
            )

    def discard(self) -> None:
        for upload in self.uploads.values():
            upload.discard()

    def close(self) -> None:
        self.discard()
        service.forget_audio(self.database, blobs=self.blobs, submission_id=self.claim.submission_id)

    def _predictions(self) -> list[Prediction]:
        return [
            Prediction(
                submission_id=self.claim.submission_id,
                job_id=self.claim.job_id,
                task=task,
                label=found.answer["label"],
                verdict=verdict_of(found.answer),
                confidence=found.answer["confidence"],
                answer=dict(found.answer),
                features=dict(found.features),
                feature_version=found.feature_version,
                model_version_id=found.model_version_id,
                engine=self.finding.engine,
                created_at=utcnow(),
            )
            for task, found in self.finding.tasks.items()
        ]


def same_bytes(session: Session, submission: Submission) -> Submission | None:
    """An analysis of the same bytes that the present champions and thresholds would only repeat."""
    turned = session.scalar(select(func.max(Switch.changed_at)).where(Switch.name.in_(switches.THRESHOLDS)))
    champions = {task: version.id for task, version in registry.champions(session).items()}
    wanted = {task: champions.get(task) for task in submission.tasks}
    others = select(Submission.id).where(
        Submission.sha256 == submission.sha256,
        Submission.kind == submission.kind,
        Submission.id != submission.id,
        Submission.spectrogram.is_not(None) if submission.kind == "audio" else Submission.engine.is_not(None),
    )
    for other_id in session.scalars(others.order_by(Submission.created_at.desc()).limit(20)):
        other = service.get(session, other_id)
        if turned and any(p.created_at <= turned for p in other.predictions):
            continue
        if {p.task: p.model_version_id for p in other.predictions} == wanted and other.job.state == "done":
            for prediction in other.predictions:
                session.refresh(prediction, ["features"])  # deferred, and read after the session ends
            return other
    return None


def _task_finding(prediction: Prediction) -> TaskFinding:
    return TaskFinding(
        answer=prediction.answer,
        features=prediction.features,
        feature_version=prediction.feature_version,
        model_version_id=prediction.model_version_id,
    )


def _plain(record: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return dict(record) if record is not None else None
