"""The pages: parse, ask the services, draw."""

from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from app.accounts.rights import needs
from app.accounts.session import current_owner, is_admin, is_reviewer, known_owner, labeller
from app.context import here
from app.db import utcnow
from app.labels import decisions
from app.labels import service as labels
from app.labels.learnt import fate, taught
from app.pages import present, table
from app.pages.examples import EXAMPLES, by_name
from app.pages.words import FILTERS
from app.registry import service as registry
from app.submissions import intake, service
from app.submissions.answer import to_json
from app.submissions.tables import Submission

bp = Blueprint("pages", __name__)


@bp.record_once
def _filters(state: Any) -> None:
    state.app.jinja_env.filters.update(FILTERS)


@bp.get("/")
@needs("anyone")
def home() -> ResponseReturnValue:
    current_owner()  # before anything is sent: of two first uploads at once, each would get an id of its own
    with here().database.read() as session:
        tasks = registry.tasks(session)
    return render_template("pages/home.html", tasks=tasks, examples=EXAMPLES, **present.home())


@bp.post("/upload")
@needs("anyone")
def upload() -> ResponseReturnValue:
    """The door without script: one file, then its page."""
    return _to(intake.receive().id)


@bp.post("/examples/<name>")
@needs("anyone")
def example(name: str) -> ResponseReturnValue:
    """One of ours through the same door."""
    chosen = by_name(name) or abort(404)
    path = Path(current_app.static_folder or "") / "examples" / chosen.file
    return _to(intake.receive_path(path).id)


@bp.get("/s/<id>.json")
@needs("anyone")
def submission_json(id: str) -> ResponseReturnValue:
    with here().database.read() as session:
        response = jsonify(_answer(session, service.get(session, id)))
    response.add_etag()
    response.headers["Cache-Control"] = "private, no-cache"
    return response.make_conditional(request)


@bp.get("/s/<id>")
@needs("anyone")
def submission(id: str) -> ResponseReturnValue:
    if request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html") != "text/html":
        return submission_json(id)
    with here().database.read() as session:
        found = service.get(session, id)
        mine = is_admin() or found.owner_id == known_owner()
        said = _my_labels(found)
        shown = present.page(
            _answer(session, found),
            mine=mine,
            said=said,
            may_label=mine or is_reviewer(),
            fates={task: fate(session, id, task=task, by=labeller()) for task in said},
            manifests={one.task: one.model_version.manifest for one in found.predictions},
            more=registry.tasks(session) if mine else (),
        )
    body = render_template("pages/submission.html", sure=labels.SURE, **shown)
    return Response(body, headers={"Vary": "Accept"})


@bp.post("/s/<id>/label")
@needs("owner")
def label(id: str) -> ResponseReturnValue:
    """An empty ``label`` takes back what was said."""
    form = request.form
    with here().database.write() as session:
        song = service.get_own(session, id, owner_id=current_owner(), is_admin=is_reviewer())
        decisions.say(
            session,
            song,
            by=labeller(),
            also=known_owner(),
            task=form["task"],
            label=form["label"] or None,
            basis=form["basis"],
            sure=form.get("sure", "sure"),
            now=utcnow(),
        )
    return _to(id)


@bp.post("/s/<id>/cancel")
@needs("owner")
def cancel(id: str) -> ResponseReturnValue:
    service.cancel(here().database, _own(id), blobs=here().blobs, now=utcnow())
    return _to(id)


@bp.post("/s/<id>/withdraw")
@needs("owner")
def withdraw(id: str) -> ResponseReturnValue:
    service.withdraw_audio(here().database, _own(id), blobs=here().blobs)
    return _to(id)


@bp.post("/s/<id>/delete")
@needs("owner")
def delete(id: str) -> ResponseReturnValue:
    own = _own(id)
    service.delete(here().database, own, blobs=here().blobs)
    flash(f"Deleted: {own.file}")
    return redirect(url_for("pages.mine"), 303)


@bp.get("/mine")
@needs("anyone")
def mine() -> ResponseReturnValue:
    current_owner()  # files can be dropped here, too
    rows = [table.row(answer) for answer in _mine()]
    with here().database.read() as session:
        versions = taught(session, [row["id"] for row in rows], by=labeller()) if rows else {}
    return render_template("pages/mine.html", rows=rows, columns=table.COLUMNS, taught=versions)


@bp.get("/mine.csv")
@needs("anyone")
def mine_csv() -> ResponseReturnValue:
    headers = {"Content-Disposition": "attachment; filename=lineage.csv"}
    return Response(table.as_csv(_mine()), mimetype="text/csv", headers=headers)


def _mine() -> list[dict[str, Any]]:
    with here().database.read() as session:
        return [_answer(session, row) for row in service.mine(session, known_owner() or "")]


def _answer(session: Any, found: Submission) -> dict[str, Any]:
    root = here().settings.public_url.rstrip("/") or request.host_url.rstrip("/")
    return to_json(session, found, root_url=root)


def _own(id: str) -> Submission:
    with here().database.read() as session:
        return service.get_own(session, id, owner_id=current_owner(), is_admin=is_admin())


def _my_labels(found: Submission) -> dict[str, str]:
    """By task, what this person says it is."""
    if known_owner() is None and not is_reviewer():
        return {}
    me = labeller()
    return {row.task: row.label for row in labels.latest(found.labels) if row.by == me and row.label}


def _to(id: str) -> ResponseReturnValue:
    return redirect(url_for("pages.submission", id=id), 303)
