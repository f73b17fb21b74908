"""Performs the training jobs: labels' stored features in, an immutable version out."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import Database, utcnow
from app.errors import UnknownTask
from app.jobs import service as jobs
from app.jobs.service import Claim
from app.labels.decisions import accepted
from app.registry import service as registry
from app.registry.loader import Models
from app.registry.tables import ModelVersion
from app.retraining import runs
from app.retraining.songs import Shelf, Song, as_rows, base_digest, by_ids, digest, snapshot
from app.retraining.store import Result
from app.retraining.tables import TrainingRow, TrainingRun
from app.storage.blobs import BlobStore
from ml.artifact import Artifact
from ml.dataset import Table
from ml.errors import Cancelled, ModelError, ModelMismatch
from ml.features.spec import FeatureSpec
from ml.retraining import Candidate, Settings, Songs, evaluate, likeliest, retrain, test_id, test_part
from ml.tasks import TASKS, Task


class Trainer:
    """The ``perform`` of a worker for jobs of the kind "retrain"."""

    def __init__(
        self,
        database: Database,
        *,
        blobs: BlobStore,
        folder: Path,
        key: bytes,
        tasks: Mapping[str, Task] = TASKS,
        threads: int = 1,
    ) -> None:
        self._database, self._folder, self._key = database, folder, key
        self._shelf = Shelf(database, blobs=blobs)
        self._tasks, self._threads = tasks, threads
        self._models = Models(key=key, folder=folder)

    def __call__(
        self, claim: Claim, *, on_progress: Callable[[str, float], None], cancelled: Callable[[], bool]
    ) -> Result:
        on_progress("training", 0.0)
        run = self._begin(claim)
        task = self._task(run.task)
        base = task.base()
        spec = task.spec()
        if spec.id != base.spec.id:
            raise ModelMismatch(expected=spec.id, found=base.spec.id)
        songs, champion = self._freeze(claim, run, task, base, spec=spec, cancelled=cancelled)
        learn = self._learner(run, task, base, cancelled=cancelled)
        champion_model = self._load(champion)
        stand_in = self._needs_stand_in(champion_model, base, task)
        share = 0.5 if stand_in and self._known_stand_in(run, base) is None else 1.0
        self._note(run, f"Training on {len(base)} base rows and {len(songs)} labelled songs.")
        candidate = learn(as_rows(songs, spec), lambda f: on_progress("training", f * share))
        before = self._evaluate_champion(
            run, task, base, champion_model, learn, lambda f: on_progress("training", share + f * (1 - share))
        )
        said = self._champion_says(champion, champion_model, task, songs)
        return self._result(claim, run, candidate, songs, before=before, champion_says=said)

    def _begin(self, claim: Claim) -> TrainingRun:
        with self._database.write() as session:
            run = session.scalar(select(TrainingRun).where(TrainingRun.job_id == claim.job_id))
            if run is None:
                raise Cancelled()
            again = f"Attempt {claim.attempt}: the worker before was lost." if claim.attempt > 1 else "Began."
            runs.note(session, run.id, again, now=utcnow())
            return run

    def _task(self, name: str) -> Task:
        if name not in self._tasks:
            raise UnknownTask(task=name, known=sorted(self._tasks))
        return self._tasks[name]

    def _freeze(
        self,
        claim: Claim,
        run: TrainingRun,
        task: Task,
        base: Table,
        *,
        spec: FeatureSpec,
        cancelled: Callable[[], bool],
    ) -> tuple[list[Song], ModelVersion]:
        """What is learnt from, written down before anything is; a second attempt takes the same labels."""
        with self._database.read() as session:
            wanted = (
                by_ids(session, run.snapshot["decisions"]) if run.snapshot else accepted(session, task.name)
            )
        songs, left_out = self._shelf.gather(wanted, task, spec=spec, cancelled=cancelled)
        with self._database.write() as session:
            if not jobs.beat(session, claim, state="training", fraction=0.0, now=utcnow()):
                raise Cancelled()
            row, champion = session.get_one(TrainingRun, run.id), registry.champions(session)[task.name]
            row.snapshot = snapshot(songs, left_out, base, decisions=[one.decision_id for one in wanted])
            row.snapshot_sha256 = digest(songs, base, settings=row.settings)
            row.champion_id = champion.id
            for reason, n in left_out.items():
                runs.note(session, run.id, f"Left out {n}: {reason}.", now=utcnow())
        return songs, champion

    def _learner(
        self, run: TrainingRun, task: Task, base: Table, *, cancelled: Callable[[], bool]
    ) -> Callable[[Songs, Callable[[float], None]], Candidate]:
        settings = Settings(
            seed=run.settings["seed"], song_weight=run.settings["song_weight"], jobs=self._threads
        )

        def learn(songs: Songs, tell: Callable[[float], None]) -> Candidate:
            return retrain(task, base, songs, settings=settings, tell=tell, cancelled=cancelled)

        return learn

    def _load(self, champion: ModelVersion) -> Artifact | None:
        try:
            return self._models.load(champion)
        except (ModelError, OSError):
            return None

    def _needs_stand_in(self, champion: Artifact | None, base: Table, task: Task) -> bool:
        """Whether it may have met the frozen test part, or cannot answer it."""
        if champion is None or champion.feature_version != base.spec.id:
            return True
        met: Mapping[str, Any] = champion.manifest.get("evaluation") or {}
        return met.get("test") != test_id(test_part(task, base))

    def _evaluate_champion(
        self,
        run: TrainingRun,
        task: Task,
        base: Table,
        champion: Artifact | None,
        learn: Callable[[Songs, Callable[[float], None]], Candidate],
        tell: Callable[[float], None],
    ) -> dict[str, Any]:
        """On the frozen test part. A champion that learnt from it is stood in for by the same recipe without it."""
        if champion is not None and not self._needs_stand_in(champion, base, task):
            return evaluate(task, base, champion.estimator, thresholds=champion.manifest["thresholds"])
        known = self._known_stand_in(run, base)
        if known is not None:
            return known
        self._note(
            run, "The champion has met the test songs: a model without them and without labels stands in."
        )
        made: dict[str, Any] = learn(Songs.none(base), tell).manifest["evaluation"]
        return made | {"stand_in": base_digest(base)}

    def _known_stand_in(self, run: TrainingRun, base: Table) -> dict[str, Any] | None:
        """From an earlier run on the same base table."""
        with self._database.read() as session:
            for other in runs.newest(session, run.task, limit=100):
                before = (other.comparison or {}).get("champion", {})
                same = other.settings["seed"] == run.settings["seed"]
                if same and before.get("stand_in") == base_digest(base):
                    return dict(before)
        return None

    def _champion_says(
        self, champion: ModelVersion, model: Artifact | None, task: Task, songs: Sequence[Song]
    ) -> list[str | None]:
        """Of each song; of one that it has learnt from, what it said before it did."""
        if model is None or not songs or model.feature_version != task.spec().id:
            return [None] * len(songs)
        now = likeliest(task, model.estimator, np.stack([song.vector for song in songs]))
        with self._database.read() as session:
            learnt = _said_unmet(session, champion)
        return [
            learnt.get(song.decision.submission_id, answer) for song, answer in zip(songs, now, strict=True)
        ]

    def _result(
        self,
        claim: Claim,
        run: TrainingRun,
        candidate: Candidate,
        songs: Sequence[Song],
        *,
        before: dict[str, Any],
        champion_says: Sequence[str | None],
    ) -> Result:
        version = f"r{run.id}"
        partial = self._folder / run.task / f".{version}.{claim.worker}.{claim.attempt}"
        manifest = {**candidate.manifest, "version": version, "run": run.id}
        result = Result(run.id, self._folder, partial, manifest, songs, candidate.said, champion_says, before)
        try:
            result.write(candidate.estimator, key=self._key)
        except BaseException:
            result.close()
            raise
        return result

    def _note(self, run: TrainingRun, says: str) -> None:
        with self._database.write() as session:
            runs.note(session, run.id, says, now=utcnow())


def _said_unmet(session: Session, champion: ModelVersion) -> dict[str, str]:
    """What a trained version said of the songs it then learnt from, by trees that had not met them."""
    rows = (
        select(TrainingRow.submission_id, TrainingRow.candidate_says)
        .join(TrainingRun, TrainingRun.id == TrainingRow.run_id)
        .where(TrainingRun.candidate_id == champion.id)
    )
    return {id: said for id, said in session.execute(rows) if said is not None}
