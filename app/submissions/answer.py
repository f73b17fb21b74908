"""A submission as the public JSON: the same on page, API and image card."""

import hashlib
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.jobs import service as jobs
from app.jobs.tables import Job
from app.labels import service as labels
from app.labels.tables import Label
from app.submissions.tables import Prediction, Submission

FORMAT: Final = 2
"""Part of every ETag: raise it when the record below changes."""


def revision(session: Session, submission_id: str, *, root_url: str = "") -> str:
    """Another one whenever :func:`to_json` would say something else; costs one short query. Raises NotFound."""
    said = select(func.max(Label.id)).where(Label.submission_id == submission_id).scalar_subquery()
    newest = session.execute(
        select(
            Job, said, Submission.keep_audio, Submission.declared.is_(None), Submission.spectrogram.is_(None)
        )
        .join(Submission, Submission.id == Job.submission_id)
        .where(Job.submission_id == submission_id)
        .order_by(Job.id.desc())
        .limit(1)
    ).first()
    if newest is None:
        raise NotFound()
    job = newest[0]
    facts = (FORMAT, root_url, job.id, job.state, job.attempts, job.fraction, jobs.position(session, job))
    return hashlib.sha256(repr((*facts, *newest[1:])).encode()).hexdigest()[:32]


def to_json(session: Session, submission: Submission, *, root_url: str = "") -> dict[str, Any]:
    """``root_url`` such as https://lineage.example makes ``url`` a whole address."""
    job = submission.job
    answers = {prediction.task: prediction for prediction in submission.predictions}
    return {
        "id": submission.id,
        "url": f"{root_url}/s/{submission.id}",
        "status": job.state,
        "position": jobs.position(session, job),
        "progress": {"step": job.state, "fraction": round(job.fraction, 3)},
        "file": submission.file,
        "size_bytes": submission.size_bytes,
        "sha256": submission.sha256,
        "created_at": submission.created_at.isoformat(timespec="seconds"),
        "claim": submission.claim,
        "tasks": submission.tasks,
        "keep_audio": submission.keep_audio,
        "kind": submission.kind,
        "declared": submission.declared,
        "quality": _answer(answers.get("quality")),
        "genre": _answer(answers.get("genre")),
        "error": _error(job),
        "model": {task: _model(prediction) for task, prediction in answers.items()},
        "engine": submission.engine,
        "spectrogram": submission.spectrogram,
        "labels": _labels(submission.labels),
    }


def _answer(prediction: Prediction | None) -> dict[str, Any] | None:
    return prediction.answer if prediction else None


def _model(prediction: Prediction) -> dict[str, str]:
    return {"version": prediction.model_version.version, "feature_version": prediction.feature_version}


def _error(job: Job) -> dict[str, str] | None:
    if job.state != "failed":
        return None
    return {"code": job.reason_code or "internal", "message": job.reason or ""}


def _labels(rows: Iterable[Label]) -> list[dict[str, str | None]]:
    """Without who said it: whoever has the link reads this."""
    return [
        {field: getattr(row, field) for field in ("task", "label", "basis", "sure")}
        | {"at": row.at.isoformat(timespec="seconds")}
        for row in labels.latest(rows)
    ]
