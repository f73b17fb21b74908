"""The admin's page. Everybody else is sent to the login."""

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.accounts.session import is_admin
from app.admin import service
from app.context import here
from app.db import utcnow

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.before_request
def _only_admins() -> ResponseReturnValue | None:
    if not current_user.is_authenticated:
        return redirect(url_for("accounts.login"))
    if not is_admin():
        abort(403)
    return None


@bp.get("/")
def status() -> ResponseReturnValue:
    with here().database.read() as session:
        return render_template("admin/status.html", status=service.status(session, now=utcnow()))
