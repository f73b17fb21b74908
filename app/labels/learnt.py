"""What became of one person's label: whether it counts, and which models have learnt from it."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.labels import decisions, vote
from app.labels.decisions import CONSENSUS
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
