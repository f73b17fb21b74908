"""Labelled songs with the numbers they teach by: read back from the database, or measured again."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import Database, utcnow
from app.labels.decisions import Accepted
from app.labels.tables import Decision
from app.storage import service as storage
from app.storage.blobs import BlobStore
from app.submissions.tables import Measurement, Prediction, Submission
from ml.dataset import Table
from ml.errors import Cancelled, InputError, SandboxError
from ml.features.spec import FeatureSpec
from ml.retraining import Songs
from ml.tasks import Task

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


class Shelf:
    """Where the numbers are."""

    def __init__(self, database: Database, *, blobs: BlobStore) -> None:
        self._database, self._blobs = database, blobs

    def gather(
        self, wanted: Sequence[Accepted], task: Task, *, spec: FeatureSpec, cancelled: Callable[[], bool]
    ) -> tuple[list[Song], Counter[str]]:
        """The songs, and why how many were left out. Raises Cancelled."""
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
            self._keep(one.submission_id, again, task=task.name, feature_version=spec.id)
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

    def _keep(
        self, submission_id: str, values: Mapping[str, float | None], *, task: str, feature_version: str
    ) -> None:
        """For the next run. One run of a task at a time, so nobody else has just done it."""
        with self._database.write() as session:
            if (
                session.get(Submission, submission_id, with_for_update=True) is not None
            ):  # not deleted meanwhile
                row = Measurement(submission_id=submission_id, task=task, feature_version=feature_version)
                row.features, row.created_at = dict(values), utcnow()
                session.add(row)


def by_ids(session: Session, ids: Sequence[int]) -> list[Accepted]:
    """The decisions that an earlier attempt wrote down."""
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
    """By submission, the newest numbers of this feature version; those of an answer before those measured again."""
    found: dict[str, Mapping[str, Any]] = {}
    for table in (Measurement, Prediction):
        wanted = (
            select(table.submission_id, table.features)
            .where(
                table.submission_id.in_([one.submission_id for one in part]),
                table.task == task,
                table.feature_version == feature_version,
            )
            .order_by(table.id)
        )
        found |= {row.submission_id: row.features for row in session.execute(wanted)}
    return found


def as_rows(songs: Sequence[Song], spec: FeatureSpec) -> Songs:
    """The same bytes are one group, and together weigh as much as one song."""
    often = Counter(song.sha256 for song in songs)
    return Songs(
        np.array([song.vector for song in songs], dtype=np.float32).reshape(-1, len(spec.names)),
        np.array([song.decision.label for song in songs], dtype=np.str_),
        np.array([f"sha256:{song.sha256}" for song in songs], dtype=np.str_),
        np.array([song.decision.weight / often[song.sha256] for song in songs], dtype=np.float64),
        np.array([f"decision {song.decision.decision_id}" for song in songs], dtype=np.str_),
    )


def snapshot(
    songs: Sequence[Song], left_out: Mapping[str, int], base: Table, *, decisions: Sequence[int]
) -> dict[str, Any]:
    """What was learnt from, for a page and for a second attempt."""
    return {
        "decisions": list(decisions),
        "songs": len(songs),
        "classes": dict(sorted(Counter(song.decision.label for song in songs).items())),
        "left_out": dict(left_out),
        "base": {"rows": len(base), "feature_version": base.spec.id, "sha256": base_digest(base)},
    }


def digest(songs: Sequence[Song], base: Table, *, settings: Mapping[str, Any]) -> str:
    """Of everything that decides the outcome."""
    rows = [
        [*song.decision, hashlib.sha256(song.vector.tobytes()).hexdigest(), song.sha256] for song in songs
    ]
    text = json.dumps([rows, base_digest(base), dict(settings)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def base_digest(base: Table) -> str:
    """Of the base table's rows."""
    digest = hashlib.sha256(base.spec.id.encode())
    for column in (base.X, base.labels, base.groups, base.ids):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()
