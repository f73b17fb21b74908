"""Moving the champion under the gate, and back."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.admin import service as audit
from app.errors import Conflict, GateRefused, NoGround, NotUsable
from app.registry import service as registry
from app.registry.tables import ModelVersion
from app.retraining.tables import TrainingRun
from ml import gate

PASSED = "passed the gate"
UNMEASURED = "everything: the two were never measured on the same songs"


def promote(
    session: Session,
    version: ModelVersion,
    *,
    by: str,
    why: str,
    override: bool,
    expected_id: int,
    folder: Path,
    now: datetime,
) -> None:
    """Make it champion. Raises Conflict, NotUsable, GateRefused, and NoGround for an override without one."""
    registry.hold(session, version.task)
    champion = registry.champions(session).get(version.task)
    if champion is None or champion.id != expected_id or champion.id == version.id:
        raise Conflict()
    _refuse_unusable(session, version, champion=champion, folder=folder)
    worse = objections(session, champion, version)
    if worse and not override:
        raise GateRefused(worse=worse)
    if worse and not why.strip():
        raise NoGround()
    said = f"over the gate: {why.strip()}" if worse else why.strip() or PASSED
    registry.promote(session, version, by=by, why=said, expected_id=expected_id, now=now)
    facts = {"from": champion.version, "why": said, "worse": worse}
    audit.record(session, by=by, act="model.promote", on=version.version, facts=facts, now=now)


def roll_back(
    session: Session, task: str, *, by: str, why: str, expected_id: int, folder: Path, now: datetime
) -> ModelVersion:
    """To the last version that served. Raises Conflict, NothingBefore, NotUsable."""
    registry.hold(session, task)
    champion = registry.champions(session).get(task)
    if champion is None or champion.id != expected_id:
        raise Conflict()
    move, older = registry.before(session, task)
    _refuse_unusable(session, older, champion=champion, folder=folder)
    said = why.strip() or "rolled back"
    registry.promote(session, older, by=by, why=said, expected_id=expected_id, undoes_id=move.id, now=now)
    facts = {"from": champion.version, "why": said}
    audit.record(session, by=by, act="model.roll_back", on=older.version, facts=facts, now=now)
    return older


def objections(session: Session, champion: ModelVersion, version: ModelVersion) -> list[str]:
    """At what the gate finds it worse; nothing: it passes."""
    found = compared(session, champion, version)
    if found is None:
        return [UNMEASURED]
    accused = ["false accusations"] if found["accused"] and found["accused"]["worse"] else []
    return accused + list(found["worse"])


def compared(session: Session, before: ModelVersion, after: ModelVersion) -> dict[str, Any] | None:
    """Both on the frozen test part; None where they did not answer the same one."""
    one, other = evaluation(session, before), evaluation(session, after)
    return gate.compare(one, other) if one and other else None


def evaluation(session: Session, version: ModelVersion) -> dict[str, Any] | None:
    """A trained version has its own; that of one that came with the code was measured by the runs beside it."""
    own: dict[str, Any] | None = version.manifest.get("evaluation")
    if own is not None:
        return own
    beside = select(TrainingRun.comparison).where(
        TrainingRun.champion_id == version.id, TrainingRun.candidate_id.is_not(None)
    )
    found = session.scalar(beside.order_by(TrainingRun.id.desc()).limit(1))
    return found["champion"] if found else None


def _refuse_unusable(
    session: Session, version: ModelVersion, *, champion: ModelVersion, folder: Path
) -> None:
    """Raises NotUsable."""
    if not registry.can_serve(session, version, like=champion):
        because = "it was made for measurements that this release doesn’t make"
        raise NotUsable(version=version.version, because=because)
    if version.path is not None and not _intact(folder / version.path / "model.joblib", version.sha256):
        raise NotUsable(version=version.version, because="its file is missing or isn’t what was trained")


def _intact(path: Path, sha256: str) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    except OSError:
        return False
