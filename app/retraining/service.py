"""Performs the training jobs: labels' stored features in, an immutable version out."""

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.admin import switches
from app.db import Database, utcnow
from app.errors import UnknownTask
from app.jobs import service as jobs
from app.jobs.service import Claim
from app.labels.decisions import Accepted, accepted
from app.labels.tables import Decision
from app.registry import service as registry
from app.registry.loader import Models
from app.registry.tables import ModelVersion
from app.retraining import promotion, runs
from app.retraining.tables import TrainingRow, TrainingRun
from app.storage import service as storage
from app.storage.blobs import BlobStore
from app.submissions.tables import Prediction, Submission
from ml import artifact, gate
from ml.artifact import Artifact
from ml.dataset import Table
from ml.errors import Cancelled, InputError, ModelError, ModelMismatch, SandboxError
from ml.features.spec import FeatureSpec
from ml.retraining import Candidate, Settings, Songs, evaluate, likeliest, retrain, test_id, test_part
from ml.tasks import TASKS, Task

DELETED: Final = "deleted meanwhile"
UNKNOWN: Final = "the class is not one of the task's"
NOT_KEPT: Final = "measured by another version, and the audio was not kept"
UNREADABLE: Final = "the kept audio could not be measured again"
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Song:
    """One labelled song with the numbers that it teaches by."""

    decision: Accepted
    sha256: str
    vector: NDArray[np.float32]


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
        self._database, self._blobs, self._folder, self._key = database, blobs, folder, key
        self._tasks, self._threads = tasks, threads
        self._models = Models(key=key, folder=folder)

    def __call__(
        self, claim: Claim, *, on_progress: Callable[[str, float], None], cancelled: Callable[[], bool]
    ) -> "Result":
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
        candidate = learn(_as_songs(songs, spec), lambda f: on_progress("training", f * share))
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
                _frozen(session, run.snapshot["decisions"]) if run.snapshot else accepted(session, task.name)
            )
        songs, left_out = self._songs(wanted, task, spec=spec, cancelled=cancelled)
        with self._database.write() as session:
            if not jobs.beat(session, claim, state="training", fraction=0.0, now=utcnow()):
                raise Cancelled()
            row, champion = session.get_one(TrainingRun, run.id), registry.champions(session)[task.name]
            row.snapshot = _snapshot(songs, left_out, base, decisions=[one.decision_id for one in wanted])
            row.snapshot_sha256 = _digest(songs, base, settings=row.settings)
            row.champion_id = champion.id
            for reason, n in left_out.items():
                runs.note(session, run.id, f"Left out {n}: {reason}.", now=utcnow())
        return songs, champion

    def _songs(
        self, wanted: Sequence[Accepted], task: Task, *, spec: FeatureSpec, cancelled: Callable[[], bool]
    ) -> tuple[list[Song], Counter[str]]:
        songs: list[Song] = []
        left_out: Counter[str] = Counter()
        for at in range(0, len(wanted), _AT_ONCE):
            part = wanted[at : at + _AT_ONCE]
            with self._database.read() as session:
                hashes = _hashes(session, part)
                stored = _stored(session, part, task=task.name, feature_version=spec.id)
            for one in part:
                if cancelled():
                    raise Cancelled()
                found = self._song(one, task, spec, sha256=hashes.get(one.submission_id), stored=stored)
                if isinstance(found, Song):
                    songs.append(found)
                else:
                    left_out[found] += 1
        return songs, left_out

    def _song(
        self,
        one: Accepted,
        task: Task,
        spec: FeatureSpec,
        *,
        sha256: str | None,
        stored: Mapping[str, Mapping[str, Any]],
    ) -> Song | str:
        """The song, or why it is left out."""
        if sha256 is None:
            return DELETED
        if one.label not in task.classes:
            return UNKNOWN
        values = stored.get(one.submission_id)
        if values is None:
            again = self._measure_again(one, task)
            if isinstance(again, str):
                return again
            values = again
        return Song(one, sha256, spec.vector({k: np.nan if v is None else v for k, v in values.items()}))

    def _measure_again(self, one: Accepted, task: Task) -> Mapping[str, float | None] | str:
        with self._database.read() as session:
            kept = storage.hash_of(session, submission_id=one.submission_id, name=storage.ORIGINAL)
        if kept is None:
            return NOT_KEPT
        try:
            with self._blobs.local(kept) as path:
                return task.measure(path)
        except FileNotFoundError:
            return NOT_KEPT
        except (InputError, SandboxError):
            return UNREADABLE

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
        return made | {"stand_in": _base_digest(base)}

    def _known_stand_in(self, run: TrainingRun, base: Table) -> dict[str, Any] | None:
        """From an earlier run on the same base table."""
        with self._database.read() as session:
            for other in runs.newest(session, run.task, limit=100):
                before = (other.comparison or {}).get("champion", {})
                same = other.settings["seed"] == run.settings["seed"]
                if same and before.get("stand_in") == _base_digest(base):
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
    ) -> "Result":
        version = f"r{run.id}"
        partial = self._folder / run.task / f".{version}.{claim.worker}.{claim.attempt}"
        manifest = {**candidate.manifest, "version": version, "run": run.id}
        result = Result(run.id, self._folder, partial, manifest, songs, candidate.said, champion_says, before)
        try:
            shutil.rmtree(partial, ignore_errors=True)
            artifact.save(partial, estimator=candidate.estimator, manifest=manifest)
            artifact.sign(partial, key=self._key)
            result.manifest = artifact.load(partial, key=self._key).manifest
            _flush(partial)
        except BaseException:
            result.close()
            raise
        return result

    def _note(self, run: TrainingRun, says: str) -> None:
        with self._database.write() as session:
            runs.note(session, run.id, says, now=utcnow())


@dataclass(slots=True)
class Result:
    """A candidate on disk under a name that nobody looks for, on its way to becoming a version."""

    run_id: int
    folder: Path
    partial: Path
    manifest: Mapping[str, Any]
    songs: Sequence[Song]
    candidate_says: Sequence[str]
    champion_says: Sequence[str | None]
    before: dict[str, Any]

    def store(self, session: Session) -> None:
        """Rename, then rows: a crash between the two leaves a folder that no row names."""
        run, now = runs.get(session, self.run_id), utcnow()
        path = f"{run.task}/{self.manifest['version']}"
        _rename(self.partial, self.folder / path)
        version = registry.register(
            session,
            task=run.task,
            version=self.manifest["version"],
            manifest=self.manifest,
            path=path,
            now=now,
        )
        registry.propose(session, version, now=now)
        run.candidate_id, run.ended_at = version.id, now
        after = self.manifest["evaluation"]
        run.comparison = {
            "champion": self.before,
            "candidate": after,
            "gate": gate.compare(self.before, after),
        }
        session.add_all(self._rows())
        session.flush()
        runs.note(session, run.id, f"Stored as {version.version}.", now=now)
        self._promote_by_itself(session, run, version)

    def close(self) -> None:
        shutil.rmtree(self.partial, ignore_errors=True)

    def _rows(self) -> list[TrainingRow]:
        return [
            TrainingRow(
                run_id=self.run_id,
                decision_id=song.decision.decision_id,
                submission_id=song.decision.submission_id,
                label=song.decision.label,
                weight=song.decision.weight,
                champion_says=before,
                candidate_says=after,
            )
            for song, before, after in zip(self.songs, self.champion_says, self.candidate_says, strict=True)
        ]

    def _promote_by_itself(self, session: Session, run: TrainingRun, version: ModelVersion) -> None:
        if not switches.value(session, "auto_promote") or run.champion_id is None:
            return
        champion = registry.champions(session)[run.task]
        if champion.id != run.champion_id or promotion.objections(session, champion, version):
            runs.note(session, run.id, "Not promoted by itself.", now=utcnow())
            return
        promotion.promote(
            session,
            version,
            by="auto",
            why="passed the gate; automatic promotion is on",
            override=False,
            expected_id=champion.id,
            folder=self.folder,
            now=utcnow(),
        )
        runs.note(session, run.id, "Promoted: it passed the gate.", now=utcnow())


def _frozen(session: Session, ids: Sequence[int]) -> list[Accepted]:
    found: list[Accepted] = []
    for at in range(0, len(ids), _AT_ONCE):
        rows = session.scalars(
            select(Decision).where(Decision.id.in_(ids[at : at + _AT_ONCE])).order_by(Decision.id)
        )
        found += [Accepted(row.id, row.submission_id, str(row.label), row.weight) for row in rows]
    return found


def _hashes(session: Session, part: Sequence[Accepted]) -> dict[str, str]:
    ids = [one.submission_id for one in part]
    rows = session.execute(select(Submission.id, Submission.sha256).where(Submission.id.in_(ids)))
    return {row.id: row.sha256 for row in rows}


def _stored(
    session: Session, part: Sequence[Accepted], *, task: str, feature_version: str
) -> dict[str, Mapping[str, Any]]:
    """By submission, the newest numbers of this feature version."""
    wanted = (
        select(Prediction.submission_id, Prediction.features)
        .where(
            Prediction.submission_id.in_([one.submission_id for one in part]),
            Prediction.task == task,
            Prediction.feature_version == feature_version,
        )
        .order_by(Prediction.id)
    )
    return {row.submission_id: row.features for row in session.execute(wanted)}


def _said_unmet(session: Session, champion: ModelVersion) -> dict[str, str]:
    """What a trained version said of the songs it then learnt from, by trees that had not met them."""
    rows = (
        select(TrainingRow.submission_id, TrainingRow.candidate_says)
        .join(TrainingRun, TrainingRun.id == TrainingRow.run_id)
        .where(TrainingRun.candidate_id == champion.id)
    )
    return {id: said for id, said in session.execute(rows) if said is not None}


def _as_songs(songs: Sequence[Song], spec: FeatureSpec) -> Songs:
    """The same bytes are one group, and together weigh as much as one song."""
    often = Counter(song.sha256 for song in songs)
    return Songs(
        np.array([song.vector for song in songs], dtype=np.float32).reshape(-1, len(spec.names)),
        np.array([song.decision.label for song in songs], dtype=np.str_),
        np.array([f"sha256:{song.sha256}" for song in songs], dtype=np.str_),
        np.array([song.decision.weight / often[song.sha256] for song in songs], dtype=np.float64),
        np.array([f"decision {song.decision.decision_id}" for song in songs], dtype=np.str_),
    )


def _snapshot(
    songs: Sequence[Song], left_out: Mapping[str, int], base: Table, *, decisions: Sequence[int]
) -> dict[str, Any]:
    return {
        "decisions": list(decisions),
        "songs": len(songs),
        "classes": dict(sorted(Counter(song.decision.label for song in songs).items())),
        "left_out": dict(left_out),
        "base": {"rows": len(base), "feature_version": base.spec.id, "sha256": _base_digest(base)},
    }


def _digest(songs: Sequence[Song], base: Table, *, settings: Mapping[str, Any]) -> str:
    """Of everything that decides the outcome."""
    rows = [
        [*song.decision, hashlib.sha256(song.vector.tobytes()).hexdigest(), song.sha256] for song in songs
    ]
    text = json.dumps([rows, _base_digest(base), dict(settings)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _base_digest(base: Table) -> str:
    digest = hashlib.sha256(base.spec.id.encode())
    for column in (base.X, base.labels, base.groups, base.ids):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()


def _flush(folder: Path) -> None:
    """Everything in it is on the disk when this returns."""
    for path in (*folder.iterdir(), folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _rename(partial: Path, target: Path) -> None:
    """What stands there already is the remains of an attempt that died before its rows were stored."""
    shutil.rmtree(target, ignore_errors=True)
    os.rename(partial, target)
    handle = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
