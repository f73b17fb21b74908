"""The admin's page. Everybody else is sent to the login."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.accounts.rights import needs
from app.admin import figures
from app.context import here
from app.db import utcnow

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.get("/")
@needs("admin")
def status() -> ResponseReturnValue:
    with here().database.read() as session:
        return render_template("admin/status.html", status=figures.status(session, now=utcnow()))
