"""Reviewing and settling for programs. Labels themselves are said under /submissions."""

from typing import Any

from apiflask import APIBlueprint, Schema
from apiflask.fields import Float, Integer, List, Nested, String
from apiflask.validators import Length
from flask import Response, jsonify

from app.accounts.rights import needs
from app.accounts.session import labeller
from app.context import here
from app.db import utcnow
from app.errors import UnknownTask
from app.labels import decisions, review
from app.labels.conflicts import cases
from app.labels.service import CLASSES_OF
from app.security import refuse_foreign_origin
from app.submissions import service as submissions
from app.submissions.schemas import problems

bp = APIBlueprint("labels_api", __name__, url_prefix="/api/v1", tag="Labels")
bp.before_request(refuse_foreign_origin)
_FIRST = next(iter(CLASSES_OF))


class TaskQuery(Schema):
    task = String(load_default=_FIRST, metadata={"enum": sorted(CLASSES_OF)})


class Upcoming(Schema):
    submissions = List(String(), metadata={"description": "Ids, the most telling first."})


class Undone(Schema):
    submission = String(allow_none=True)


class CaseOut(Schema):
    submission = String()
    file = String()
    state = String(metadata={"enum": ["conflict", "waiting", "accepted", "silent"]})
    label = String(allow_none=True, metadata={"description": "The strongest class."})
    weight = Float()
    voices = Integer()
    model = String(allow_none=True)
    seen = String(metadata={"description": "Goes back with the decision."})


class Cases(Schema):
    cases = List(Nested(CaseOut))


class DecisionIn(TaskQuery):
    """A class accepts, null leaves the song out and takes a reason."""

    label = String(
        required=True,
        allow_none=True,
        metadata={"enum": [*(c for task in CLASSES_OF.values() for c in task), None]},
    )
    why = String(load_default="", validate=Length(max=500))
    seen = String(required=True, metadata={"description": "As listed: refused if somebody spoke since."})


class DecisionOut(Schema):
    submission = String()
    task = String()
    label = String(allow_none=True)
    weight = Float()


@bp.get("/review")
@needs("reviewer")
@bp.input(TaskQuery, location="query")
@bp.output(Upcoming)
@bp.doc(summary="Which songs to label next", responses=problems(401, 403, 422))
def upcoming(query_data: dict[str, str]) -> Response:
    with here().database.read() as session:
        ids = review.upcoming(session, task=_known(query_data["task"]), by=labeller(), limit=20)
    return jsonify({"submissions": ids})


@bp.post("/review/<id>/skip")
@needs("reviewer")
@bp.input(TaskQuery, location="query")
@bp.output({}, status_code=204)
@bp.doc(summary="Not this one", responses=problems(401, 403, 404, 422))
def skip(id: str, query_data: dict[str, str]) -> tuple[str, int]:
    with here().database.write() as session:
        review.skip(session, id, task=_known(query_data["task"]), by=labeller(), now=utcnow())
    return "", 204


@bp.post("/review/undo")
@needs("reviewer")
@bp.input(TaskQuery, location="query")
@bp.output(Undone)
@bp.doc(summary="Take back the last label or skip", responses=problems(401, 403, 422))
def undo(query_data: dict[str, str]) -> Response:
    with here().database.write() as session:
        song = review.undo(session, task=_known(query_data["task"]), by=labeller(), now=utcnow())
    return jsonify({"submission": song})


@bp.get("/decisions/open")
@needs("admin")
@bp.input(TaskQuery, location="query")
@bp.output(Cases)
@bp.doc(summary="What people differ about, and what nobody has confirmed", responses=problems(401, 403, 422))
def unsettled(query_data: dict[str, str]) -> Response:
    with here().database.read() as session:
        found = cases(session, _known(query_data["task"]))
    return jsonify(
        {
            "cases": [
                {
                    "submission": case.submission_id,
                    "file": case.file,
                    "state": case.outcome.state,
                    "label": case.outcome.label,
                    "weight": case.outcome.weight,
                    "voices": len(case.voices),
                    "model": case.answered,
                    "seen": case.token,
                }
                for case in found
            ]
        }
    )


@bp.post("/submissions/<id>/decision")
@needs("admin")
@bp.input(DecisionIn)
@bp.output(DecisionOut, status_code=201)
@bp.doc(summary="Accept a label or leave the song out", responses=problems(400, 401, 403, 404, 409, 415, 422))
def decide(id: str, json_data: dict[str, Any]) -> Response:
    with here().database.write() as session:
        song, task = submissions.get(session, id), _known(json_data.pop("task"))
        made = decisions.decide(session, song.id, task, by=labeller(), now=utcnow(), **json_data)
    answer = jsonify({"submission": id, "task": task, "label": made.label, "weight": made.weight})
    answer.status_code = 201
    return answer


def _known(task: str) -> str:
    if task not in CLASSES_OF:
        raise UnknownTask(task=task, known=sorted(CLASSES_OF))
    return task
