"""What became of one person's label: whether it counts, and which models have learnt from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.labels import decisions, vote
from app.labels.decisions import CONSENSUS
from app.labels.tables import Label
from app.registry.tables import ModelVersion
from app.retraining.tables import TrainingRow, TrainingRun

State = Literal["accepted", "waiting", "conflict", "rejected", "outvoted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """``versions``: models that were trained on this song with this label, oldest first."""

    state: State
    label: str
    why: str = ""
    versions: tuple[str, ...] = ()


def fate(session: Session, submission_id: str, *, task: str, by: str) -> Fate | None:
    """None: this person says nothing about it."""
    said = decisions.voices(session, submission_id, task)
    mine = next((voice for voice in said if voice.by == by), None)
    if mine is None:
        return None
    held = decisions.stands(session, submission_id, task)
    versions = learnt_by(session, submission_id, task=task, label=mine.label)
    if held is not None and held.label is not None:
        state: State = "accepted" if held.label == mine.label else "outvoted"
        return Fate(state=state, label=held.label, why=held.why, versions=versions)
    if held is not None and held.by != CONSENSUS:
        return Fate(state="rejected", label=mine.label, why=held.why, versions=versions)
    differ = vote.count(said).state == "conflict"
    return Fate(state="conflict" if differ else "waiting", label=mine.label, versions=versions)


def taught(session: Session, ids: Sequence[str], *, by: str) -> dict[str, tuple[str, ...]]:
    """By submission: versions that learnt a label which this person still stands by, oldest first."""
    last = select(func.max(Label.id)).where(Label.by == by, Label.submission_id.in_(ids))
    said = Label.id.in_(last.group_by(Label.submission_id, Label.task))
    learnt = and_(TrainingRow.submission_id == Label.submission_id, TrainingRow.label == Label.label)
    found = (
        select(Label.submission_id, ModelVersion.version)
        .join(TrainingRow, learnt)
        .join(TrainingRun, and_(TrainingRun.id == TrainingRow.run_id, TrainingRun.task == Label.task))
        .join(ModelVersion, ModelVersion.id == TrainingRun.candidate_id)
        .where(said)
        .order_by(ModelVersion.id)
    )
    versions: dict[str, dict[str, None]] = {}
    for submission_id, version in session.execute(found):
        versions.setdefault(submission_id, {})[version] = None
    return {submission_id: tuple(seen) for submission_id, seen in versions.items()}


def learnt_by(session: Session, submission_id: str, *, task: str, label: str) -> tuple[str, ...]:
    """Versions of models that had this song with this label among what they were trained on."""
    found = (
        select(ModelVersion.version)
        .join(TrainingRun, TrainingRun.candidate_id == ModelVersion.id)
        .join(TrainingRow, TrainingRow.run_id == TrainingRun.id)
        .where(
            TrainingRow.submission_id == submission_id, TrainingRow.label == label, TrainingRun.task == task
        )
        .distinct()
        .order_by(ModelVersion.id)
        .add_columns(ModelVersion.id)
    )
    return tuple(version for version, _ in session.execute(found))
