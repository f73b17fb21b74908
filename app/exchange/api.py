"""Bringing labels in and taking everything out, for programs of admins."""

from typing import Any

from apiflask import APIBlueprint, Schema
from apiflask.fields import Boolean, File, Integer, List, Nested, String
from flask import Response, jsonify

from app.accounts.rights import needs
from app.exchange import exporting
from app.exchange.views import exported, finished, planned
from app.exchange.writers import TYPES
from app.labels.service import CLASSES_OF
from app.security import refuse_foreign_origin
from app.submissions.schemas import problems

bp = APIBlueprint("exchange_api", __name__, url_prefix="/api/v1", tag="In and out")
bp.before_request(refuse_foreign_origin)
_FILES: Any = {200: {"description": "a file", "content": {kind: {} for kind in TYPES.values()}}}


class SheetIn(Schema):
    """A spreadsheet of labels."""

    file = File(  # type: ignore[no-untyped-call]
        required=True, metadata={"description": "CSV or XLSX with Spectrogram, Meta_Label, New_Label."}
    )
    task = String(metadata={"enum": sorted(CLASSES_OF)})
    dry_run = Boolean(load_default=False, metadata={"description": "true: only say what would happen."})


class RefusedRow(Schema):
    row = Integer()
    song = String()
    label = String()
    reason = String()


class ImportOut(Schema):
    task = String()
    dry_run = Boolean()
    rows = Integer()
    new = Integer()
    known = Integer()
    refused = List(Nested(RefusedRow))


class ExportQuery(Schema):
    format = String(load_default="csv", metadata={"enum": list(TYPES)})
    task = String(metadata={"enum": sorted(CLASSES_OF)})


@bp.post("/import")
@needs("admin")
@bp.input(SheetIn, location="form_and_files")
@bp.output(ImportOut)
@bp.doc(summary="Bring labels in", responses=problems(400, 401, 403, 413, 415, 422))
def bring_in(form_and_files_data: dict[str, Any]) -> Response:
    return jsonify(finished(planned(), dry=form_and_files_data["dry_run"]))


@bp.get("/export/<what>")
@needs("admin")
@bp.input(ExportQuery, location="query")
@bp.doc(
    summary="Take everything out",
    description=f"What: {', '.join(exporting.TABLES)}.",
    responses=_FILES | problems(401, 403, 404, 422),
)
def take_out(what: str, query_data: dict[str, Any]) -> Response:
    return exported(what, query_data["format"])
