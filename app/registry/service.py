"""Which models there are, and moving the champion."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from app.errors import Conflict, NotFound, NothingBefore
from app.registry.tables import ModelAlias, ModelVersion, Promotion

CHAMPION: Final = "champion"
CANDIDATE: Final = "candidate"
FOLDER: Final = "models"
"""Of the state folder; a version's path is relative to it."""


def tasks(session: Session) -> list[str]:
    """Those that some model can answer."""
    chosen = select(ModelAlias.task).where(ModelAlias.name == CHAMPION).order_by(ModelAlias.task.desc())
    return list(session.scalars(chosen))


def champions(session: Session) -> dict[str, ModelVersion]:
    """By task."""
    return aliased(session, CHAMPION)


def aliased(session: Session, name: str) -> dict[str, ModelVersion]:
    """By task, the version that bears an alias."""
    rows = session.scalars(select(ModelAlias).where(ModelAlias.name == name))
    return {row.task: row.model_version for row in rows}


def versions(session: Session, task: str | None = None) -> list[ModelVersion]:
    """Newest first."""
    wanted = select(ModelVersion).order_by(ModelVersion.id.desc())
    return list(session.scalars(wanted if task is None else wanted.where(ModelVersion.task == task)))


def get(session: Session, version_id: int) -> ModelVersion:
    """Raises NotFound."""
    found = session.get(ModelVersion, version_id) if version_id < 2**31 else None
    if found is None:
        raise NotFound()
    return found


def register(
    session: Session, *, task: str, version: str, manifest: Mapping[str, Any], path: str | None, now: datetime
) -> ModelVersion:
    """The row of this version; made when it is new. The first one of a task becomes champion."""
    row = session.scalar(
        select(ModelVersion).where(ModelVersion.task == task, ModelVersion.version == version)
    )
    if row is None:
        row = ModelVersion(
            task=task,
            version=version,
            feature_version=str(manifest["feature_version"]),
            sha256=str(manifest["sha256"]),
            manifest=dict(manifest),
            path=path,
            created_at=now,
        )
        session.add(row)
        session.flush()
    if session.get(ModelAlias, (task, CHAMPION)) is None:
        promote(session, row, by="setup", why="the first model of this task", expected_id=None, now=now)
    return row


def register_shipped(session: Session, manifest: Mapping[str, Any], *, now: datetime) -> ModelVersion:
    """The model that came with this release. It takes over from an older release's, and from any whose
    features are no longer measured: those could not answer."""
    task = str(manifest["task"])
    row = register(
        session, task=task, version=_shipped_name(session, manifest), manifest=manifest, path=None, now=now
    )
    champion = champions(session)[task]
    if champion.id != row.id and (champion.path is None or champion.feature_version != row.feature_version):
        promote(session, row, by="setup", why="came with a new release", expected_id=champion.id, now=now)
    return row


def hold(session: Session, task: str) -> None:
    """Wait for whoever else is moving the task's champion, so that what is read from now on stands."""
    alias = select(ModelAlias.task).where(ModelAlias.task == task, ModelAlias.name == CHAMPION)
    session.execute(alias.with_for_update())


def promote(
    session: Session,
    version: ModelVersion,
    *,
    by: str,
    why: str,
    expected_id: int | None,
    now: datetime,
    undoes_id: int | None = None,
) -> None:
    """Move the champion from ``expected_id``. Raises Conflict when it is another one by now."""
    if expected_id is None:
        if session.get(ModelAlias, (version.task, CHAMPION)) is not None:
            raise Conflict()
        session.add(ModelAlias(task=version.task, name=CHAMPION, model_version_id=version.id, changed_at=now))
    else:
        _move(session, version, expected_id=expected_id, now=now)
    session.add(
        Promotion(
            task=version.task,
            from_id=expected_id,
            to_id=version.id,
            by=by,
            why=why[:500],
            at=now,
            undoes_id=undoes_id,
        )
    )
    session.flush()


def propose(session: Session, version: ModelVersion, *, now: datetime) -> None:
    """Make it the candidate."""
    alias = ModelAlias(
        task=version.task, name=CANDIDATE, model_version_id=version.id, changed_at=now, model_version=version
    )
    session.merge(alias)
    session.flush()


def before(session: Session, task: str) -> tuple[Promotion, ModelVersion]:
    """What a roll back undoes, and the last version that served before. Raises NothingBefore.

    A version whose features are no longer measured, or that came with an older release, is passed over.
    """
    champion = champions(session).get(task)
    for move in reversed(standing(session, task)):
        if champion is None or move.from_id is None:
            break
        older = session.get_one(ModelVersion, move.from_id)
        if older.id != champion.id and can_serve(session, older, like=champion):
            return move, older
    raise NothingBefore(task=task)


def served(session: Session, task: str) -> list[ModelVersion]:
    """Those that were champion before, last first."""
    ids = [move.from_id for move in reversed(standing(session, task)) if move.from_id is not None]
    return [session.get_one(ModelVersion, id) for id in dict.fromkeys(ids)]


def standing(session: Session, task: str) -> list[Promotion]:
    """The moves that were not undone, oldest first; the last one led to the champion."""
    held: list[Promotion] = []
    for move in log(session, task):
        if move.undoes_id is None:
            held.append(move)
        else:
            held = [one for one in held if one.id < move.undoes_id]
    return held


def log(session: Session, task: str | None = None) -> list[Promotion]:
    """Every move, oldest first."""
    wanted = select(Promotion).order_by(Promotion.id)
    return list(session.scalars(wanted if task is None else wanted.where(Promotion.task == task)))


def can_serve(session: Session, version: ModelVersion, *, like: ModelVersion) -> bool:
    """Whether this release could answer with it, as it does with the champion."""
    if version.feature_version != like.feature_version:
        return False
    newest = select(ModelVersion.id).where(ModelVersion.task == version.task, ModelVersion.path.is_(None))
    return (
        version.path is not None
        or session.scalar(newest.order_by(ModelVersion.id.desc()).limit(1)) == version.id
    )


def _shipped_name(session: Session, manifest: Mapping[str, Any]) -> str:
    """Its version; with a part of its hash where an older release used the same name for another model."""
    task, name, sha256 = (str(manifest[key]) for key in ("task", "version", "sha256"))
    same = session.scalar(select(ModelVersion).where(ModelVersion.task == task, ModelVersion.version == name))
    return name if same is None or same.sha256 == sha256 else f"{name}-{sha256[:8]}"


def _move(session: Session, version: ModelVersion, *, expected_id: int, now: datetime) -> None:
    moved = session.execute(
        update(ModelAlias)
        .where(
            ModelAlias.task == version.task,
            ModelAlias.name == CHAMPION,
            ModelAlias.model_version_id == expected_id,
        )
        .values(model_version_id=version.id, changed_at=now)
    )
    assert isinstance(moved, CursorResult)
    if moved.rowcount != 1:
        raise Conflict()
