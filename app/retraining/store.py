"""A candidate on its way from memory to an immutable version: whole, or not at all."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.admin import switches
from app.db import utcnow
from app.registry import service as registry
from app.registry.tables import ModelVersion
from app.retraining import promotion, runs
from app.retraining.songs import Song
from app.retraining.tables import TrainingRow, TrainingRun
from ml import artifact, gate
from ml.tasks import Estimator


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

    def write(self, estimator: Estimator, *, key: bytes) -> None:
        """Signed and on the disk when this returns; the manifest gains what the file needs."""
        shutil.rmtree(self.partial, ignore_errors=True)
        artifact.save(self.partial, estimator=estimator, manifest=self.manifest)
        artifact.sign(self.partial, key=key)
        self.manifest = artifact.load(self.partial, key=key).manifest
        _flush(self.partial)

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
