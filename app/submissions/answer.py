"""A submission as the public JSON: the same on page, API and image card."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from app.jobs import service as jobs
from app.jobs.tables import Job
from app.labels import service as labels
from app.labels.tables import Label
from app.submissions.tables import Prediction, Submission


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


def _labels(rows: Iterable[Label]) -> list[dict[str, str]]:
    """Without who said it: whoever has the link reads this."""
    return [
        {"task": row.task, "label": row.label, "basis": row.basis, "at": row.at.isoformat(timespec="seconds")}
        for row in labels.latest(rows)
    ]
