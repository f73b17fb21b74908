"""What a program may ask about the account it acts for; and, for admins, everybody's accounts.

Passwords, sessions and new tokens stay with the pages: whoever stole a token should not get more than it.
"""

from typing import Any

from apiflask import APIBlueprint, Schema
from apiflask.fields import Boolean, DateTime, Integer, List, Nested, String
from apiflask.validators import OneOf, Range
from flask import Response, jsonify

from app.accounts import service, tokens
from app.accounts.rights import needs
from app.accounts.session import labeller, my_account
from app.accounts.tables import ROLES, Account, ApiToken
from app.context import here
from app.db import storable, utcnow
from app.errors import NotFound
from app.labels import standing
from app.security import refuse_foreign_origin
from app.submissions.schemas import problems

bp = APIBlueprint("account", __name__, url_prefix="/api/v1/account", tag="Account")
people = APIBlueprint("people_api", __name__, url_prefix="/api/v1/accounts", tag="Accounts")
for one in (bp, people):
    one.before_request(refuse_foreign_origin)


class AccountOut(Schema):
    name = String()
    role = String(validate=OneOf(ROLES))


class TokenOut(Schema):
    id = Integer()
    name = String()
    created_at = DateTime()
    used_at = DateTime(allow_none=True)


class Tokens(Schema):
    tokens = List(Nested(TokenOut))


class PeopleQuery(Schema):
    name = String(load_default="", metadata={"description": "How the name begins."})
    limit = Integer(load_default=100, validate=Range(min=1, max=500))
    offset = Integer(load_default=0, validate=Range(min=0, max=2**31 - 1))


class PersonOut(AccountOut):
    disabled = Boolean()
    created_at = DateTime()


class Person(PersonOut):
    """One of a list."""


class People(Schema):
    accounts = List(Nested(Person))
    total = Integer()


class RoleIn(Schema):
    """``seen`` is the role that you looked at: if it is another one by now, nothing happens (409)."""

    role = String(required=True, metadata={"enum": list(ROLES)})
    seen = String(load_default=None, allow_none=True, metadata={"enum": [*ROLES, None]})


class DisabledIn(Schema):
    """Of a disabled account nobody can log in, its tokens are refused, and its labels no longer count."""

    disabled = Boolean(required=True)


@bp.get("")
@needs("member")
@bp.output(AccountOut)
@bp.doc(summary="Whom this token acts for", responses=problems(401), security="token")
def read() -> Response:
    account = my_account()
    return jsonify({"name": account.name, "role": account.role})


@bp.get("/tokens")
@needs("member")
@bp.output(Tokens)
@bp.doc(summary="The account's tokens", responses=problems(401), security="token")
def list_tokens() -> Response:
    with here().database.read() as session:
        rows = tokens.listed(session, my_account().id)
    return jsonify({"tokens": [_token(row) for row in rows]})


@bp.delete("/tokens/<int:number>")
@needs("member")
@bp.output({}, status_code=204)
@bp.doc(summary="Revoke a token, perhaps this one", responses=problems(401, 404, 503), security="token")
def revoke_token(number: int) -> tuple[str, int]:
    if number >= 2**31:
        raise NotFound()
    with here().database.write() as session:
        tokens.revoke(session, my_account(), number, now=utcnow())
    return "", 204


@people.get("")
@needs("admin")
@people.input(PeopleQuery, location="query")
@people.output(People)
@people.doc(summary="Admins first, then reviewers, then members", responses=problems(401, 403, 422))
def accounts(query_data: dict[str, Any]) -> Response:
    like = storable(query_data.pop("name"))
    with here().database.read() as session:
        rows, total = service.listed(session, like=like, **query_data)
    return jsonify({"accounts": [_person(row) for row in rows], "total": total})


@people.post("/<name>/role")
@needs("admin")
@people.input(RoleIn)
@people.output(PersonOut)
@people.doc(summary="Give a role", responses=problems(400, 401, 403, 404, 409, 415, 422))
def set_role(name: str, json_data: dict[str, Any]) -> Response:
    standing.set_role(here().database, name=name, by=labeller(), now=utcnow(), **json_data)
    return _as_it_is(name)


@people.post("/<name>/disabled")
@needs("admin")
@people.input(DisabledIn)
@people.output(PersonOut)
@people.doc(
    summary="Disable an account, or enable it again", responses=problems(400, 401, 403, 404, 409, 415, 422)
)
def set_disabled(name: str, json_data: dict[str, Any]) -> Response:
    standing.set_disabled(here().database, name=name, by=labeller(), now=utcnow(), **json_data)
    return _as_it_is(name)


def _as_it_is(name: str) -> Response:
    with here().database.read() as session:
        account = service.by_name(session, name)
    assert account is not None  # nobody deletes any
    return jsonify(_person(account))


def _person(account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "role": account.role,
        "disabled": account.disabled_at is not None,
        "created_at": account.created_at.isoformat(timespec="seconds"),
    }


def _token(row: ApiToken) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "created_at": row.created_at.isoformat(timespec="seconds"),
        "used_at": row.used_at.isoformat(timespec="seconds") if row.used_at else None,
    }
