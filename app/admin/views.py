"""The pages of those who run the site."""

from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import service as accounts
from app.accounts.rights import needs
from app.accounts.session import labeller
from app.accounts.tables import ROLES
from app.admin import figures, service, switches
from app.admin.words import act_words, class_words, on_words, switch_rows
from app.context import here
from app.db import storable, utcnow
from app.labels import standing

bp = Blueprint("admin", __name__, url_prefix="/admin")

PAGES: Final = (
    ("admin.status", "Overview"),
    ("labels.settling", "Labels"),
    ("models.index", "Models"),
    ("exchange.index", "In and out"),
    ("admin.people", "People"),
    ("admin.switchboard", "Switches"),
    ("admin.log", "Log"),
)
"""Endpoint and title; templates/admin/base.html shows those that there are."""
_A_PAGE: Final = 50


@bp.app_context_processor
def _pages() -> dict[str, Any]:
    return {"admin_pages": [page for page in PAGES if page[0] in current_app.view_functions]}


@bp.get("/")
@needs("admin")
def status() -> ResponseReturnValue:
    with here().database.read() as session:
        facts = figures.overview(session, now=utcnow())
        set_now = switches.values(session)
    return render_template("admin/status.html", facts=facts, switches=set_now, class_words=class_words)


@bp.get("/people")
@needs("admin")
def people() -> ResponseReturnValue:
    like, at = _asked("name"), _page()
    with here().database.read() as session:
        rows, total = accounts.listed(session, like=like, limit=_A_PAGE, offset=at * _A_PAGE)
    paging = _paging(at, total)
    return render_template(
        "admin/people.html", people=rows, total=total, like=like, roles=ROLES, paging=paging
    )


@bp.post("/people/<name>/role")
@needs("admin")
def set_role(name: str) -> ResponseReturnValue:
    role = request.form["role"]
    changed = standing.set_role(
        here().database, name=name, role=role, seen=request.form["seen"], by=labeller(), now=utcnow()
    )
    flash(f"{name} is {role} now.{_recounted(changed)}")
    return redirect(url_for("admin.people"), 303)


@bp.post("/people/<name>/disabled")
@needs("admin")
def set_disabled(name: str) -> ResponseReturnValue:
    disabled = request.form["disabled"] == "yes"
    changed = standing.set_disabled(
        here().database, name=name, disabled=disabled, by=labeller(), now=utcnow()
    )
    said = f"{name} can’t log in any more." if disabled else f"{name} can log in again."
    flash(said + _recounted(changed))
    return redirect(url_for("admin.people"), 303)


@bp.get("/switches")
@needs("admin")
def switchboard() -> ResponseReturnValue:
    with here().database.read() as session:
        rows = switch_rows(switches.rows(session))
    return render_template("admin/switches.html", rows=rows)


@bp.post("/switches/<name>")
@needs("admin")
def set_switch(name: str) -> ResponseReturnValue:
    form = request.form
    with here().database.write() as session:
        value = switches.change(session, name, form["value"], seen=form["seen"], by=labeller(), now=utcnow())
    here().switches.forget()
    flash(
        f"{switches.KINDS[name].title}: {switches.as_text(value)}. All processes follow within two seconds."
    )
    return redirect(url_for("admin.switchboard", _anchor=name), 303)


@bp.get("/log")
@needs("admin")
def log() -> ResponseReturnValue:
    by, act, at = _asked("by"), _asked("act"), _page()
    with here().database.read() as session:
        found = service.acts(session, by=by, act=act, limit=_A_PAGE, offset=at * _A_PAGE)
        choices = {"kinds": service.kinds(session), "people": service.people(session)}
    shown = {"found": found, "by": by, "act": act, "paging": _paging(at, found.total)}
    return render_template("admin/log.html", words=act_words, on_words=on_words, **shown, **choices)


def _recounted(changed: int) -> str:
    return f" What trains has changed for {changed} {'song' if changed == 1 else 'songs'}." if changed else ""


def _asked(name: str) -> str:
    return storable(request.args.get(name, ""))


def _page() -> int:
    """From 0; nonsense is the first one."""
    return min(max(request.args.get("page", 1, type=int) - 1, 0), 10_000)


def _paging(at: int, total: int) -> dict[str, Any]:
    """Addresses of the pages beside this one."""

    def address(page: int) -> str:
        kept = {name: value for name, value in request.args.items() if name != "page" and value}
        return f"{request.path}?{urlencode(kept | {'page': str(page + 1)})}"

    return {
        "newer": address(at - 1) if at else None,
        "older": address(at + 1) if (at + 1) * _A_PAGE < total else None,
        "total": total,
    }
