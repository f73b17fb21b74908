"""The overview, the switches and the log, for admins' programs."""

from typing import Any

from apiflask import APIBlueprint, Schema
from apiflask.fields import DateTime, Dict, Field, Integer, List, Nested, String
from apiflask.validators import Range
from flask import Response, jsonify

from app.accounts.rights import needs
from app.accounts.session import labeller
from app.admin import figures, service, switches
from app.admin.tables import Act, Switch
from app.context import here
from app.db import storable, utcnow
from app.security import refuse_foreign_origin
from app.submissions.schemas import problems

bp = APIBlueprint("admin_api", __name__, url_prefix="/api/v1/admin", tag="Admin")
bp.before_request(refuse_foreign_origin)
_VALUE: Any = {"type": ["boolean", "number", "string"]}


class OverviewOut(Schema):
    submissions = Integer()
    days = List(Dict(), metadata={"description": "The last two weeks, today first."})
    queue = Dict()
    failures = List(Dict(), metadata={"description": "Of the last seven days."})
    labels = Dict(metadata={"description": "By task: songs labelled and accepted by class."})
    drift = Dict(allow_none=True)
    models = List(Dict())


class SwitchOut(Schema):
    name = String()
    title = String()
    says = String()
    value: Any = Field(metadata=_VALUE)
    default: Any = Field(metadata=_VALUE)
    allowed = String()
    by = String(allow_none=True, metadata={"description": "null: nobody has changed it."})
    changed_at = DateTime(allow_none=True)


class ListedSwitch(SwitchOut):
    """One of a list."""


class SwitchList(Schema):
    switches = List(Nested(ListedSwitch))


class SwitchIn(Schema):
    """``seen`` is the value that you looked at: if it is another one by now, nothing happens (409)."""

    value: Any = Field(required=True, metadata=_VALUE)
    seen: Any = Field(required=True, metadata=_VALUE)


class LogQuery(Schema):
    by = String(load_default="", metadata={"description": "Such as account:eva or command."})
    act = String(load_default="", metadata={"description": "How the act begins: account, model.promote."})
    limit = Integer(load_default=50, validate=Range(min=1, max=500))
    offset = Integer(load_default=0, validate=Range(min=0, max=2**31 - 1))


class ActOut(Schema):
    id = Integer()
    at = DateTime()
    by = String()
    act = String()
    on = String()
    facts = Dict()


class LogOut(Schema):
    acts = List(Nested(ActOut))
    total = Integer()


@bp.get("/overview")
@needs("admin")
@bp.output(OverviewOut)
@bp.doc(summary="Traffic, queue, failures, labels, drift and models", responses=problems(401, 403))
def overview() -> Response:
    with here().database.read() as session:
        return jsonify(figures.as_json(figures.overview(session, now=utcnow())))


@bp.get("/switches")
@needs("admin")
@bp.output(SwitchList)
@bp.doc(summary="What can be changed while the site runs", responses=problems(401, 403))
def list_switches() -> Response:
    with here().database.read() as session:
        stored = switches.rows(session)
    return jsonify({"switches": [_switch(name, stored.get(name)) for name in switches.KINDS]})


@bp.put("/switches/<name>")
@needs("admin")
@bp.input(SwitchIn)
@bp.output(SwitchOut)
@bp.doc(summary="Set a switch", responses=problems(400, 401, 403, 404, 409, 415, 422))
def set_switch(name: str, json_data: dict[str, Any]) -> Response:
    text, seen = (switches.as_text(json_data[field]) for field in ("value", "seen"))
    with here().database.write() as session:
        switches.change(session, name, text, seen=seen, by=labeller(), now=utcnow())
        session.flush()
        answer = _switch(name, switches.rows(session).get(name))
    here().switches.forget()
    return jsonify(answer)


@bp.get("/log")
@needs("admin")
@bp.input(LogQuery, location="query")
@bp.output(LogOut)
@bp.doc(summary="Who did what to what, newest first", responses=problems(401, 403, 422))
def log(query_data: dict[str, Any]) -> Response:
    by, act = (storable(query_data.pop(field)) for field in ("by", "act"))
    with here().database.read() as session:
        found = service.acts(session, by=by, act=act, **query_data)
    return jsonify({"acts": [_act(row) for row in found.acts], "total": found.total})


def _switch(name: str, row: Switch | None) -> dict[str, Any]:
    kind = switches.KINDS[name]
    return {
        "name": name,
        "title": kind.title,
        "says": kind.says,
        "value": switches.of(name, row),
        "default": kind.default,
        "allowed": kind.allowed,
        "by": row.by if row else None,
        "changed_at": row.changed_at.isoformat(timespec="seconds") if row else None,
    }


def _act(row: Act) -> dict[str, Any]:
    said = {field: getattr(row, field) for field in ("id", "by", "act", "on", "facts")}
    return {**said, "at": row.at.isoformat(timespec="seconds")}
