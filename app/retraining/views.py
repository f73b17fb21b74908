"""The admins' pages about models."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.rights import needs
from app.accounts.session import labeller
from app.context import here
from app.db import utcnow
from app.errors import NotFound
from app.labels.service import GENUINE_OF
from app.registry import service as registry
from app.retraining import compare, drawing, promotion, runs

bp = Blueprint("models", __name__, url_prefix="/admin/models")


@bp.get("/")
@needs("admin")
def index() -> ResponseReturnValue:
    with here().database.read() as session:
        return render_template(
            "models/index.html", tasks=[_task(session, name) for name in registry.tasks(session)]
        )


@bp.post("/retrain")
@needs("admin")
def retrain() -> ResponseReturnValue:
    with here().database.write() as session:
        run = runs.start(session, task=request.form["task"], trigger="button", by=labeller(), now=utcnow())
        number, job_id = run.id, run.job_id
    if job_id is not None:
        here().queue.wake(job_id)
    return redirect(url_for("models.run", number=number), 303)


@bp.get("/runs/<int:number>")
@needs("admin")
def run(number: int) -> ResponseReturnValue:
    with here().database.read() as session:
        found = runs.get(session, number)
        return render_template(
            "models/run.html",
            run=found,
            shown=compare.run_json(found),
            notes=runs.notes(session, number),
            champion=registry.champions(session).get(found.task),
        )


@bp.post("/runs/<int:number>/cancel")
@needs("admin")
def cancel(number: int) -> ResponseReturnValue:
    with here().database.write() as session:
        runs.cancel(session, number, by=labeller(), now=utcnow())
    return redirect(url_for("models.run", number=number), 303)


@bp.get("/compare")
@needs("admin")
def choose() -> ResponseReturnValue:
    """The form's way to the page below."""
    chosen = [request.args.get(name, type=int) for name in ("before", "after")]
    if None in chosen:
        raise NotFound()
    return redirect(url_for("models.two", before=chosen[0], after=chosen[1]), 303)


@bp.get("/compare/<int:before>/<int:after>")
@needs("admin")
def two(before: int, after: int) -> ResponseReturnValue:
    with here().database.read() as session:
        one, other = registry.get(session, before), registry.get(session, after)
        if one.task != other.task:
            raise NotFound()
        found = compare.two(session, one, other)
        champion = registry.champions(session)[one.task]
        curves = [drawing.curve(each.evaluation) for each in (found.before, found.after)]
    return render_template("models/compare.html", found=found, champion=champion, curves=curves)


@bp.post("/<int:number>/promote")
@needs("admin")
def promote(number: int) -> ResponseReturnValue:
    with here().database.write() as session:
        version = registry.get(session, number)
        promotion.promote(
            session,
            version,
            by=labeller(),
            why=request.form.get("why", ""),
            override="override" in request.form,
            expected_id=_seen(),
            folder=here().settings.state_dir / registry.FOLDER,
            now=utcnow(),
        )
        flash(f"{version.version} is the champion now. Workers take it with their next job.")
    return redirect(url_for("models.index"), 303)


@bp.post("/rollback")
@needs("admin")
def roll_back() -> ResponseReturnValue:
    with here().database.write() as session:
        older = promotion.roll_back(
            session,
            request.form["task"],
            by=labeller(),
            why=request.form.get("why", ""),
            expected_id=_seen(),
            folder=here().settings.state_dir / registry.FOLDER,
            now=utcnow(),
        )
        flash(f"Back to {older.version}.")
    return redirect(url_for("models.index"), 303)


def _seen() -> int:
    """The champion that the form showed."""
    return request.form.get("champion_id", default=0, type=int)


def _task(session: Any, name: str) -> dict[str, Any]:
    champion = registry.champions(session)[name]
    candidate = registry.aliased(session, registry.CANDIDATE).get(name)
    sides = [compare.side(session, version) for version in registry.versions(session, name)]
    shown = next((one for one in sides if one.version.id == champion.id), None)
    test = shown.evaluation["test"] if shown and shown.evaluation else None
    return {
        "name": name,
        "champion": champion,
        "candidate": candidate if candidate and candidate.id != champion.id else None,
        "objections": promotion.objections(session, champion, candidate) if candidate else [],
        "accuses": GENUINE_OF[name] is not None,
        "sides": sides,
        "over_time": drawing.over_time(compare.over_time(sides, test=test)),
        "runs": runs.newest(session, name, limit=12),
        "state": runs.state,
        "under_way": runs.under_way(session, name),
        "fresh": runs.waiting_labels(session, name),
        "moves": registry.log(session, name)[::-1][:20],
        "names": {one.version.id: one.version.version for one in sides},
        "before": len(registry.standing(session, name)) > 1,
    }
