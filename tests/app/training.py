"""Labelled songs as rows, and a worker that learns from them: no audio, no real model."""

from datetime import datetime
from pathlib import Path

import numpy as np

from app.context import Context
from app.db import Database, utcnow
from app.jobs.tables import Job
from app.jobs.worker import Worker, by_kind
from app.labels.tables import Decision
from app.registry import service as registry
from app.registry.tables import ModelVersion
from app.retraining import runs
from app.retraining.service import Trainer
from app.retraining.tables import TrainingRun
from app.submissions.tables import Prediction, Submission
from ml import artifact
from ml.retraining import Settings, Songs, retrain
from ml.tasks import Task
from tests import learning

KEY = b"k" * 32


def folder_of(context: Context) -> Path:
    return context.settings.state_dir / registry.FOLDER


def trainer(context: Context, task: Task) -> Trainer:
    return Trainer(
        context.database, blobs=context.blobs, folder=folder_of(context), key=KEY, tasks={task.name: task}
    )


def worker(context: Context, task: Task) -> Worker:
    return Worker(context.database, name="trainer", perform=by_kind({runs.KIND: trainer(context, task)}))


def first_model(context: Context, task: Task, *, version: str = "v0") -> ModelVersion:
    """A champion that learnt from everything, the frozen part too, as one that comes with the code."""
    base = task.base()
    made = retrain(task, base, Songs.none(base), settings=Settings())
    manifest = {key: value for key, value in made.manifest.items() if key != "evaluation"}
    path = folder_of(context) / task.name / version
    artifact.save(path, estimator=made.estimator, manifest=manifest | {"version": version})
    artifact.sign(path, key=KEY)
    known = artifact.load(path, key=KEY).manifest
    with context.database.write() as session:
        row = registry.register(
            session,
            task=task.name,
            version=version,
            manifest=known,
            path=f"{task.name}/{version}",
            now=utcnow(),
        )
        registry_champion = registry.champions(session)[task.name]
        if registry_champion.id != row.id:
            registry.promote(
                session, row, by="setup", why="test", expected_id=registry_champion.id, now=utcnow()
            )
        return row


def label_songs(
    database: Database,
    songs: Songs,
    *,
    task: str = "quality",
    feature_version: str = learning.SPEC.id,
    by: str = "consensus",
    sha256: str | None = None,
    now: datetime | None = None,
) -> list[str]:
    """Answered submissions with accepted labels; their ids."""
    at = now or utcnow()
    with database.write() as session:
        version = registry.champions(session)[task]
        ids = []
        for x, label, name in zip(songs.X, songs.labels, songs.ids, strict=True):
            id = str(name).replace(" ", "-")[:22]
            job = Job(kind="analysis", submission_id=id, state="done", turn_at=at, created_at=at, ended_at=at)
            session.add(
                Submission(
                    id=id,
                    owner_id="o" * 32,
                    file=f"{name}.flac",
                    size_bytes=1,
                    sha256=sha256 or f"{abs(hash(id)):064x}"[:64],
                    kind="audio",
                    claim=None,
                    tasks=[task],
                    keep_audio=False,
                    created_at=at,
                )
            )
            session.flush()
            session.add(job)
            session.flush()
            session.add(
                Prediction(
                    submission_id=id,
                    job_id=job.id,
                    task=task,
                    label="lossless",
                    verdict="genuine",
                    confidence=0.9,
                    answer={},
                    features=values(x),
                    feature_version=feature_version,
                    model_version_id=version.id,
                    engine="fake",
                    created_at=at,
                )
            )
            session.add(
                Decision(submission_id=id, task=task, label=str(label), weight=1.0, by=by, why="", at=at)
            )
            ids.append(id)
        session.flush()
        return ids


def values(x: np.ndarray) -> dict[str, float | None]:  # type: ignore[type-arg]
    return {name: None if np.isnan(v) else float(v) for name, v in zip(learning.SPEC.names, x, strict=True)}


def begin(
    context: Context, *, by: str = "account:root", trigger: str = "button", task: str = "quality"
) -> int:
    with context.database.write() as session:
        return runs.start(session, task=task, trigger=trigger, by=by, now=utcnow()).id


def read(context: Context, number: int) -> TrainingRun:
    with context.database.read() as session:
        return runs.get(session, number)


def train(context: Context, task: Task) -> TrainingRun:
    """Begin, do, read."""
    number = begin(context, task=task.name)
    worker(context, task).run_next()
    return read(context, number)
