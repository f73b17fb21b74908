"""The reviewers' screen, and the admins' list of what people differ about."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app.accounts.rights import needs
from app.accounts.session import labeller
from app.context import here
from app.db import utcnow
from app.errors import UnknownTask
from app.labels import agreement, decisions, review, screen
from app.labels.conflicts import cases
from app.labels.service import BASES, BASES_OF, CLASSES_OF, SURE, USUAL_BASIS_OF
from app.pages import present
from app.submissions import service as submissions
from ml.words import label_words

bp = Blueprint("labels", __name__)


@bp.get("/review")
@needs("reviewer")
def reviewing() -> ResponseReturnValue:
    """One song; ``song`` asks for a certain one, as after an undo."""
    task, by, now = _task(), labeller(), utcnow()
    with here().database.read() as db:
        ids = review.upcoming(db, task=task, by=by)
        asked = request.args.get("song")
        if asked and asked not in ids[:1]:
            ids = [found.id for found in [submissions.get(db, asked)]] + ids
        song = submissions.get(db, ids[0]) if ids else None
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        shown = {
            "task": task,
            "tasks": list(CLASSES_OF),
            "blind": _blind(),
            "song": screen.song(db, song, task=task, blind=_blind()) if song else None,
            "next_id": ids[1] if len(ids) > 1 else None,
            "last": screen.last(db, task=task, by=by),
            "counts": review.counts(db, task=task, by=by, since=midnight),
            "agreement": agreement.of_task(db, task),
        }
    return render_template("labels/review.html", bases=_bases(task), sure=SURE, chosen=_chosen(task), **shown)


@bp.post("/review/<id>")
@needs("reviewer")
def answer(id: str) -> ResponseReturnValue:
    task, form = _task(), request.form
    session["review"] = {**session.get("review", {}), task: {"sure": form["sure"], "basis": form["basis"]}}
    with here().database.write() as db:
        decisions.say(
            db,
            submissions.get(db, id),
            by=labeller(),
            task=task,
            label=form.get("other") or form.get("label", ""),
            basis=form["basis"],
            sure=form["sure"],
            blind=_blind(),
            now=utcnow(),
        )
    return _on(task)


@bp.post("/review/<id>/skip")
@needs("reviewer")
def skip(id: str) -> ResponseReturnValue:
    with here().database.write() as db:
        review.skip(db, id, task=_task(), by=labeller(), now=utcnow())
    return _on(_task())


@bp.post("/review/undo")
@needs("reviewer")
def undo() -> ResponseReturnValue:
    with here().database.write() as db:
        song = review.undo(db, task=_task(), by=labeller(), now=utcnow())
    return _on(_task(), song=song)


@bp.post("/review/blind")
@needs("reviewer")
def blind() -> ResponseReturnValue:
    """Show or hide the model's answer while answering."""
    session["blind"] = request.form.get("blind") == "on"
    return _on(_task(), song=request.form.get("song") or None)


@bp.get("/admin/labels")
@needs("admin")
def settling() -> ResponseReturnValue:
    task = _task()
    with here().database.read() as db:
        found = cases(db, task)
        figures = {"all": agreement.of_task(db, task), "blind": agreement.of_task(db, task, blind=True)}
        trains = len(decisions.accepted(db, task))
    differ = [case for case in found if case.outcome.state == "conflict"]
    shown = {"task": task, "tasks": list(CLASSES_OF), "agreement": figures, "trains": trains}
    return render_template(
        "labels/settle.html",
        conflicts=differ,
        alone=[case for case in found if case not in differ],
        groups=present.class_groups(task),
        words=label_words,
        bases=BASES,
        sure=SURE,
        **shown,
    )


@bp.post("/admin/labels/<id>")
@needs("admin")
def settle(id: str) -> ResponseReturnValue:
    """Accept ``label``, or reject with the reason ``why``."""
    form = request.form
    label = form.get("label") if form.get("act") == "accept" else None
    with here().database.write() as db:
        song = submissions.get(db, id)
        decisions.decide(
            db,
            id,
            _task(),
            label=label,
            why=form.get("why", ""),
            by=labeller(),
            seen=form["seen"],
            now=utcnow(),
        )
    flash(f"{song.file}: {'accepted as ' + label_words(label) if label else 'left out'}.")
    return redirect(url_for("labels.settling", task=_task()), 303)


@bp.post("/admin/labels/accept")
@needs("admin")
def accept_checked() -> ResponseReturnValue:
    """Of voices that nobody has confirmed: all that were ticked. Each value is id, token and class."""
    ticked = [tuple(value.split(" ", 2)) for value in request.form.getlist("case")]
    done = decisions.accept_all(here().database, ticked, task=_task(), by=labeller(), now=utcnow())
    late = len(ticked) - done
    flash(f"{done} accepted." + (f" {late} had changed meanwhile and stay here." if late else ""))
    return redirect(url_for("labels.settling", task=_task()), 303)


def _task() -> str:
    """Of the form or the address; the first one if neither says."""
    task = request.values.get("task") or next(iter(CLASSES_OF))
    if task not in CLASSES_OF:
        raise UnknownTask(task=task, known=sorted(CLASSES_OF))
    return task


def _blind() -> bool:
    return bool(session.get("blind", here().switches["blind_review"]))


def _chosen(task: str) -> dict[str, str]:
    """How sure, and how they know: as the last time."""
    return session.get("review", {}).get(task) or {"sure": "sure", "basis": USUAL_BASIS_OF[task]}


def _bases(task: str) -> dict[str, str]:
    """Whoever doesn't see the answer can't agree with it."""
    return {id: words for id, words in BASES_OF[task].items() if id != "agree" or not _blind()}


def _on(task: str, *, song: str | None = None) -> ResponseReturnValue:
    return redirect(url_for("labels.reviewing", task=task, song=song), 303)
