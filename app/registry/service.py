"""Which models there are, and moving the champion."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from app.errors import Conflict
from app.registry.tables import ModelAlias, ModelVersion, Promotion

CHAMPION: Final = "champion"


def tasks(session: Session) -> list[str]:
    """Those that some model can answer."""
    chosen = select(ModelAlias.task).where(ModelAlias.name == CHAMPION).order_by(ModelAlias.task.desc())
    return list(session.scalars(chosen))


def champions(session: Session) -> dict[str, ModelVersion]:
    """By task."""
    rows = session.scalars(select(ModelAlias).where(ModelAlias.name == CHAMPION))
    return {row.task: row.model_version for row in rows}


def versions(session: Session) -> list[ModelVersion]:
    """Newest first."""
    return list(session.scalars(select(ModelVersion).order_by(ModelVersion.id.desc())))


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


def promote(
    session: Session, version: ModelVersion, *, by: str, why: str, expected_id: int | None, now: datetime
) -> None:
    """Move the champion from ``expected_id``. Raises Conflict when it is another one by now."""
    if expected_id is None:
        if session.get(ModelAlias, (version.task, CHAMPION)) is not None:
            raise Conflict()
        session.add(ModelAlias(task=version.task, name=CHAMPION, model_version_id=version.id, changed_at=now))
    else:
        _move(session, version, expected_id=expected_id, now=now)
    session.add(Promotion(task=version.task, from_id=expected_id, to_id=version.id, by=by, why=why, at=now))
    session.flush()


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
