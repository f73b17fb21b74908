"""Models by API, for admins."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify

from app.accounts.rights import needs
from app.accounts.session import labeller
from app.context import here
from app.db import utcnow
from app.registry import service as registry
from app.retraining import compare, promotion, runs
from app.retraining.schemas import (
    ComparisonOut,
    PromoteIn,
    RollBackIn,
    RunIn,
    RunList,
    RunWithLog,
    TaskQuery,
    Version,
    VersionList,
)
from app.security import refuse_foreign_origin
from app.submissions.schemas import problems

bp = APIBlueprint("models_api", __name__, url_prefix="/api/v1/models", tag="Models")
bp.before_request(refuse_foreign_origin)


@bp.get("")
@bp.input(TaskQuery, location="query")
@bp.output(VersionList)
@bp.doc(summary="All versions and every move of the champion", responses=problems(401, 403, 422))
@needs("admin")
def versions(query_data: dict[str, str]) -> Response:
    task = query_data.get("task")
    with here().database.read() as session:
        rows = registry.versions(session, task)
        names = {row.id: row.version for row in rows}
        moves = [compare.promotion_json(move, names) for move in registry.log(session, task)]
        return jsonify(
            {"versions": [compare.version_json(session, row) for row in rows], "promotions": moves[::-1]}
        )


@bp.get("/runs")
@bp.input(TaskQuery, location="query")
@bp.output(RunList)
@bp.doc(summary="Training runs, newest first", responses=problems(401, 403, 422))
@needs("admin")
def list_runs(query_data: dict[str, str]) -> Response:
    with here().database.read() as session:
        rows = runs.newest(session, query_data.get("task"))
        return jsonify({"runs": [compare.run_json(row) for row in rows]})


@bp.post("/runs")
@bp.input(RunIn)
@bp.output(RunWithLog, status_code=202)
@bp.doc(summary="Train a candidate", responses=problems(400, 401, 403, 409, 415, 422))
@needs("admin")
def start(json_data: dict[str, str]) -> Response:
    with here().database.write() as session:
        run = runs.start(session, task=json_data["task"], trigger="button", by=labeller(), now=utcnow())
        number, job_id = run.id, run.job_id
    if job_id is not None:
        here().queue.wake(job_id)
    response = _run(number)
    response.status_code = 202
    return response


@bp.get("/runs/<int:number>")
@bp.output(RunWithLog)
@bp.doc(summary="A training run with its log", responses=problems(401, 403, 404))
@needs("admin")
def read_run(number: int) -> Response:
    return _run(number)


@bp.post("/runs/<int:number>/cancel")
@bp.output({}, status_code=204)
@bp.doc(summary="Stop waiting or training", responses=problems(401, 403, 404, 409))
@needs("admin")
def cancel(number: int) -> tuple[str, int]:
    with here().database.write() as session:
        runs.cancel(session, number, by=labeller(), now=utcnow())
    return "", 204


@bp.post("/<int:number>/promote")
@bp.input(PromoteIn)
@bp.output(Version)
@bp.doc(
    summary="Make a version the champion, if the gate lets it",
    responses=problems(400, 401, 403, 404, 409, 415, 422),
)
@needs("admin")
def promote(number: int, json_data: dict[str, Any]) -> Response:
    with here().database.write() as session:
        version = registry.get(session, number)
        promotion.promote(
            session,
            version,
            by=labeller(),
            why=json_data["why"],
            override=json_data["override"],
            expected_id=json_data["champion_id"],
            folder=here().settings.state_dir / registry.FOLDER,
            now=utcnow(),
        )
        return jsonify(compare.version_json(session, version))


@bp.post("/rollback")
@bp.input(RollBackIn)
@bp.output(Version)
@bp.doc(summary="Back to the last version that served", responses=problems(400, 401, 403, 404, 409, 415, 422))
@needs("admin")
def roll_back(json_data: dict[str, Any]) -> Response:
    with here().database.write() as session:
        older = promotion.roll_back(
            session,
            json_data["task"],
            by=labeller(),
            why=json_data["why"],
            expected_id=json_data["champion_id"],
            folder=here().settings.state_dir / registry.FOLDER,
            now=utcnow(),
        )
        return jsonify(compare.version_json(session, older))


@bp.get("/compare/<int:before>/<int:after>")
@bp.output(ComparisonOut)
@bp.doc(summary="Two versions on the same songs", responses=problems(401, 403, 404))
@needs("admin")
def compare_two(before: int, after: int) -> Response:
    with here().database.read() as session:
        one, other = registry.get(session, before), registry.get(session, after)
        return jsonify(compare.comparison_json(compare.two(session, one, other)))


def _run(number: int) -> Response:
    with here().database.read() as session:
        run = runs.get(session, number)
        log = [
            {"at": note.at.isoformat(timespec="seconds"), "says": note.says}
            for note in runs.notes(session, number)
        ]
        return jsonify(compare.run_json(run) | {"log": log})
