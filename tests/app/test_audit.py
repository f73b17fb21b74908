"""Every act of an admin is in the log, with the change or not at all."""

import re

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts import service as accounts
from app.admin import service as audit
from app.admin import switches
from app.admin.tables import Act
from app.context import Context
from app.db import Database, utcnow
from tests.app.conftest import PASSWORD, fill, logged_in


def acts(context: Context) -> list[tuple[str, str, str]]:
    with context.database.read() as session:
        return [(act.by, act.act, act.on) for act in session.scalars(select(Act).order_by(Act.id))]


def test_what_an_admin_does_by_form_is_logged(
    context: Context, member: FlaskClient, admin: FlaskClient
) -> None:
    fill(admin, "/admin/people", "/admin/people/mia/role", role="reviewer", seen="member")
    fill(admin, "/admin/people", "/admin/people/mia/disabled", disabled="yes")
    fill(admin, "/admin/people", "/admin/people/mia/disabled", disabled="no")
    fill(admin, "/admin/switches", "/admin/switches/read_only", value="on", seen="off")
    assert acts(context) == [
        ("account:root", "account.role", "mia"),
        ("account:root", "account.disable", "mia"),
        ("account:root", "account.enable", "mia"),
        ("account:root", "switch.set", "read_only"),
    ]


def test_what_changes_nothing_or_is_refused_is_not(context: Context, admin: FlaskClient) -> None:
    for page, to, fields in (
        ("people", "people/root/role", {"role": "admin", "seen": "admin"}),
        ("people", "people/root/role", {"role": "member", "seen": "admin"}),
        ("people", "people/nobody/role", {"role": "member", "seen": "admin"}),
        ("people", "people/root/role", {"role": "king", "seen": "admin"}),
        ("switches", "switches/read_only", {"value": "off", "seen": "off"}),
        ("switches", "switches/read_only", {"value": "maybe", "seen": "off"}),
        ("switches", "switches/gravity", {"value": "off", "seen": "on"}),
    ):
        assert fill(admin, f"/admin/{page}", f"/admin/{to}", **fields).status_code in (303, 404, 409, 422)
    assert acts(context) == []


def test_the_log_and_the_change_are_one(database: Database) -> None:
    now = utcnow()
    with database.write() as session:
        accounts.create(session, name="mia", password=PASSWORD, role="member", now=now)

    def fail_late() -> None:
        with database.write() as session:
            accounts.set_role(session, name="mia", role="admin", by="account:eva", now=now)
            switches.change(session, "read_only", "on", seen="off", by="account:eva", now=now)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_late()
    with database.read() as session:
        assert session.scalars(select(Act)).all() == []
        mia = accounts.by_name(session, "mia")
        assert mia is not None
        assert mia.role == "member"
        assert switches.value(session, "read_only") is False


def test_it_is_read_newest_first_page_by_page_and_narrowed(database: Database) -> None:
    with database.write() as session:
        for number in range(7):
            by = "account:eva" if number % 2 else "command"
            act = "model.promote" if number < 3 else "switch.set"
            audit.record(session, by=by, act=act, on=str(number), facts={"n": number}, now=utcnow())
    with database.read() as session:
        first = audit.acts(session, limit=3)
        second = audit.acts(session, limit=3, offset=3)
        assert ([act.on for act in first.acts], first.total) == (["6", "5", "4"], 7)
        assert [act.on for act in second.acts] == ["3", "2", "1"]
        assert [act.on for act in audit.acts(session, by="account:eva").acts] == ["5", "3", "1"]
        assert audit.acts(session, act="model.").total == 3
        assert audit.acts(session, act="%").total == 0
        assert audit.kinds(session) == ["model.promote", "switch.set"]
        assert audit.people(session) == ["account:eva", "command"]


def test_the_page_shows_it_in_words_and_escapes(context: Context, admin: FlaskClient) -> None:
    with context.database.write() as session:
        for number in range(60):
            audit.record(session, by="command", act="model.promote", on=f"q{number}", now=utcnow())
        audit.record(session, by="account:<b>", act="x.y", on="<script>", facts={"<i>": "<u>"}, now=utcnow())
        facts = {"from": False, "to": True}
        audit.record(session, by="account:eva", act="switch.set", on="read_only", facts=facts, now=utcnow())
    page = admin.get("/admin/log").text
    assert "changed the switch from off to on" in page
    assert "Read-only" in page
    assert not re.search(r"<(script|i|u)>", page)
    assert ">q58<" in page
    assert ">q3<" not in page
    older = re.search(r'href="(/admin/log\?[^"]*page=2[^"]*)"', page)
    assert older is not None
    assert ">q3<" in admin.get(older[1]).text
    narrowed = admin.get("/admin/log?by=account:eva").text
    assert "read_only" not in narrowed
    assert ">q58<" not in narrowed
    for nonsense in ("page=-3", "page=x", "page=99999999999", "by=%00"):
        assert admin.get(f"/admin/log?{nonsense}").status_code == 200


def test_members_are_noted_where_it_concerns_security(app: APIFlask, context: Context) -> None:
    client = logged_in(app, name="mia", role="member")
    fill(client, "/account", "/account/tokens", name="script")
    fill(client, "/account", "/account/password", old=PASSWORD, new=PASSWORD + "!")
    assert acts(context) == [
        ("account:mia", "token.create", "script"),
        ("account:mia", "account.password", "mia"),
    ]
