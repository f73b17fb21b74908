"""Two versions side by side, and all of them over time: what the pages and the API show."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.registry import service as registry
from app.registry.tables import ModelVersion, Promotion
from app.retraining import promotion, runs
from app.retraining.tables import TrainingRow, TrainingRun
from app.submissions.tables import Submission
from ml import gate

MOST_SONGS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One version and what it answered to the test songs."""

    version: ModelVersion
    evaluation: Mapping[str, Any] | None

    @property
    def exact(self) -> Mapping[str, Any] | None:
        return gate.exact(self.evaluation) if self.evaluation else None

    @property
    def accused(self) -> Mapping[str, Any] | None:
        return gate.false_accusations(self.evaluation) if self.evaluation else None

    @property
    def confusion(self) -> Sequence[Sequence[int]]:
        return gate.confusion(self.evaluation) if self.evaluation else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One labelled song that the two answer differently."""

    submission_id: str
    file: str
    label: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Before and after."""

    before: Side
    after: Side
    found: Mapping[str, Any] | None
    """What :func:`ml.gate.compare` says; None where they did not answer the same songs."""
    objections: Sequence[str]
    songs: int
    """Labelled ones that both answered without having met them."""
    changed: Sequence[Changed]
    gained: int
    lost: int


def two(session: Session, before: ModelVersion, after: ModelVersion) -> Comparison:
    """Any two of one task."""
    one, other = _says(session, before), _says(session, after)
    both = [id for id in other if id in one]
    labels = _labels(session, after) | _labels(session, before)
    changed = [id for id in both if one[id] != other[id]]
    return Comparison(
        before=side(session, before),
        after=side(session, after),
        found=promotion.compared(session, before, after),
        objections=promotion.objections(session, before, after),
        songs=len(both),
        changed=_named(session, changed[:MOST_SONGS], labels, one, other),
        gained=sum(other[id] == labels.get(id) for id in changed),
        lost=sum(one[id] == labels.get(id) for id in changed),
    )


def side(session: Session, version: ModelVersion) -> Side:
    return Side(version=version, evaluation=promotion.evaluation(session, version))


def over_time(sides: Iterable[Side], *, test: str | None) -> list[Side]:
    """Those that answered the same test songs, oldest first."""
    same = [one for one in sides if one.evaluation is not None and one.evaluation["test"] == test]
    return sorted(same, key=lambda one: one.version.id)


def version_json(session: Session, version: ModelVersion) -> dict[str, Any]:
    """The public record of a version."""
    shown = side(session, version)
    aliases = [
        name
        for name in (registry.CHAMPION, registry.CANDIDATE)
        if (holder := registry.aliased(session, name).get(version.task)) and holder.id == version.id
    ]
    return {
        "id": version.id,
        "task": version.task,
        "version": version.version,
        "feature_version": version.feature_version,
        "sha256": version.sha256,
        "created_at": version.created_at.isoformat(timespec="seconds"),
        "aliases": aliases,
        "training": version.manifest.get("training"),
        "exact": shown.exact,
        "false_accusations": shown.accused,
    }


def run_json(run: TrainingRun) -> dict[str, Any]:
    """The public record of a run."""
    ended = run.ended_at or (run.job.ended_at if run.job else None)
    return {
        "id": run.id,
        "task": run.task,
        "trigger": run.trigger,
        "by": run.by,
        "state": runs.state(run),
        "fraction": round(run.job.fraction, 3) if run.job else 0.0,
        "settings": run.settings,
        "snapshot": {k: v for k, v in run.snapshot.items() if k != "decisions"} if run.snapshot else None,
        "snapshot_sha256": run.snapshot_sha256,
        "champion": run.champion.version if run.champion else None,
        "candidate": run.candidate.version if run.candidate else None,
        "candidate_id": run.candidate_id,
        "reason": run.job.reason if run.job else None,
        "created_at": run.created_at.isoformat(timespec="seconds"),
        "ended_at": ended.isoformat(timespec="seconds") if ended else None,
    }


def promotion_json(move: Promotion, names: Mapping[int, str]) -> dict[str, Any]:
    """The public record of a move of the champion."""
    return {
        "task": move.task,
        "from": names.get(move.from_id) if move.from_id else None,
        "to": names[move.to_id],
        "by": move.by,
        "why": move.why,
        "at": move.at.isoformat(timespec="seconds"),
        "rolled_back": move.undoes_id is not None,
    }


def comparison_json(found: Comparison) -> dict[str, Any]:
    """The public record of a comparison."""
    return {
        "before": found.before.version.version,
        "after": found.after.version.version,
        "passes": not found.objections,
        "worse": list(found.objections),
        "frozen_test_part": found.found,
        "songs": found.songs,
        "songs_gained": found.gained,
        "songs_lost": found.lost,
        "songs_changed": [
            {"id": one.submission_id, "label": one.label, "before": one.before, "after": one.after}
            for one in found.changed
        ],
    }


def _says(session: Session, version: ModelVersion) -> dict[str, str]:
    """By submission, the newest answer that this version gave without having met it."""
    said: dict[str, str] = {}
    for holder, column in (
        (TrainingRun.champion_id, TrainingRow.champion_says),
        (TrainingRun.candidate_id, TrainingRow.candidate_says),
    ):
        rows = select(TrainingRow.submission_id, column).join(
            TrainingRun, TrainingRun.id == TrainingRow.run_id
        )
        wanted = rows.where(holder == version.id, column.is_not(None)).order_by(TrainingRow.id)
        said |= {id: str(answer) for id, answer in session.execute(wanted)}
    return said


def _labels(session: Session, version: ModelVersion) -> dict[str, str]:
    run = select(TrainingRun.id).where(
        (TrainingRun.candidate_id == version.id) | (TrainingRun.champion_id == version.id)
    )
    rows = select(TrainingRow.submission_id, TrainingRow.label).where(TrainingRow.run_id.in_(run))
    return {id: label for id, label in session.execute(rows.order_by(TrainingRow.id))}  # noqa: C416


def _named(
    session: Session,
    ids: Sequence[str],
    labels: Mapping[str, str],
    before: Mapping[str, str],
    after: Mapping[str, str],
) -> list[Changed]:
    files = dict(session.execute(select(Submission.id, Submission.file).where(Submission.id.in_(ids))).all())
    return [
        Changed(
            submission_id=id,
            file=files.get(id, "?"),
            label=labels.get(id, "?"),
            before=before[id],
            after=after[id],
        )
        for id in ids
    ]
