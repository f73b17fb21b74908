"""The admins' pages for bringing labels in and taking everything out."""

import base64
import json
from collections.abc import Iterator
from typing import Any, Final

from flask import Blueprint, Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue

from app.accounts.rights import needs
from app.accounts.session import labeller
from app.context import here
from app.db import utcnow
from app.errors import NoFile
from app.exchange import exporting, importing, report, sheets
from app.exchange.importing import Import
from app.exchange.writers import TYPES
from app.labels.service import CLASSES_OF

bp = Blueprint("exchange", __name__, url_prefix="/admin")
LINES: Final = "application/x-ndjson"
SHOWN: Final = 100
"""Refused rows on the page; the file has all."""


@bp.get("/exchange")
@needs("admin")
def index() -> ResponseReturnValue:
    return _page(None)


@bp.post("/import")
@needs("admin")
def bring_in() -> ResponseReturnValue:
    """``act``: try or import. A script that asks for lines is told how far it is."""
    made, dry = planned(), request.form.get("act") != "import"
    if request.accept_mimetypes.best_match([LINES, "text/html"], "text/html") == LINES:
        return Response(stream_with_context(_told(made, dry=dry)), mimetype=LINES)
    return _page(_shown(finished(made, dry=dry)))


@bp.get("/export/<what>.<kind>")
@needs("admin")
def take_out(what: str, kind: str) -> ResponseReturnValue:
    return exported(what, kind)


def exported(what: str, kind: str) -> Response:
    """Streamed: the first row leaves before the last is read."""
    pieces = exporting.write(here().database, what, kind, task=request.args.get("task") or None)
    headers = {"Content-Disposition": f"attachment; filename=lineage-{what}.{kind}"}
    return Response(pieces, mimetype=TYPES[kind], headers=headers)


def planned() -> Import:
    """The sheet of this form, matched with what is here. Raises NoFile, SheetRefused, UnknownTask."""
    sheet = request.files.get("file")
    if sheet is None or not sheet.filename:
        raise NoFile()
    rows = sheets.read(sheet.read(sheets.MAX_BYTES + 1))
    with here().database.read() as session:
        return importing.plan(session, rows, task=request.form.get("task") or next(iter(CLASSES_OF)))


def finished(made: Import, *, dry: bool) -> dict[str, Any]:
    if not dry:
        for _ in importing.carry_out(here().database, made, by=labeller(), now=utcnow()):
            pass
    return report.summary(made, dry=dry)


def _page(found: dict[str, Any] | None) -> str:
    shown = {"tasks": list(CLASSES_OF), "limits": sheets, "tables": exporting.SAYS, "kinds": TYPES}
    return render_template("exchange/index.html", report=found, **shown)


def _told(made: Import, *, dry: bool) -> Iterator[str]:
    """How far it is, line by line, and at the end the report as the page shows it."""
    if not dry:
        for done in importing.carry_out(here().database, made, by=labeller(), now=utcnow()):
            yield json.dumps({"done": done, "total": len(made.said)}) + "\n"
    found = report.summary(made, dry=dry)
    yield json.dumps({"html": render_template("exchange/_report.html", report=_shown(found))}) + "\n"


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    """With the refused rows as a file inside the page, so that nothing needs to be kept for it here."""
    data = base64.b64encode(report.as_csv(found).encode("utf-8-sig")).decode()
    return found | {
        "sentence": report.sentence(found),
        "some": found["refused"][:SHOWN],
        "csv": f"data:text/csv;charset=utf-8;base64,{data}",
    }
