"""Signing up, logging in and out, passwords, sessions, roles."""

import threading

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts import service as accounts
from app.accounts.tables import Account
from app.admin.tables import Act
from app.context import Context
from app.db import Database, utcnow
from app.errors import BadName, Conflict, LastAdmin, NameTaken, NoAccount, UnknownRole, WeakPassword
from tests.app.conftest import API, PASSWORD, fill, log_in, logged_in, send, token

OTHER = "another good password"


def role_of(context: Context, name: str) -> str | None:
    with context.database.read() as session:
        found = accounts.by_name(session, name)
        return found.role if found else None


def is_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def test_anybody_may_sign_up_and_is_a_member(app: APIFlask, context: Context) -> None:
    client = app.test_client()
    answer = fill(client, "/sign-up", name="mia", password=PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert "mia" in client.get("/account").text
    assert role_of(context, "mia") == "member"
    assert log_in(app.test_client(), name="mia").status_code == 303


@pytest.mark.parametrize(
    ("name", "password"),
    [("Mia", PASSWORD), ("m", PASSWORD), ("mi a", PASSWORD), ("<b>", PASSWORD), ("m" * 33, PASSWORD),
     ("mia", "short"), ("mia", "x" * 201), ("", PASSWORD), ("mia", "")],
)  # fmt: skip
def test_rules_are_said_in_words(app: APIFlask, context: Context, name: str, password: str) -> None:
    answer = fill(app.test_client(), "/sign-up", name=name, password=password)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert role_of(context, name) is None


def test_a_name_is_given_once(app: APIFlask, member: FlaskClient) -> None:
    answer = fill(app.test_client(), "/sign-up", name="mia", password=OTHER)
    assert answer.status_code == 409
    assert "already" in answer.text
    assert log_in(app.test_client(), name="mia", password=OTHER).status_code == 403


def test_sign_ups_and_logins_are_throttled_by_address(app: APIFlask, context: Context) -> None:
    client = app.test_client()
    form = {"name": "x", "password": "x", "csrf_token": token(client, "/sign-up")}
    most = context.settings.logins_per_minute
    assert [client.post("/sign-up", data=form).status_code for _ in range(most + 1)] == [422] * most + [429]
    assert client.get("/sign-up").status_code == 200


def test_logins_are_throttled_by_name_wherever_they_come_from(app: APIFlask, context: Context) -> None:
    most, statuses = context.settings.logins_per_minute, []
    for number in range(most + 1):
        client = app.test_client()
        form = {"name": "root", "password": "wrong", "csrf_token": token(client, "/login")}
        address = {"REMOTE_ADDR": f"10.0.0.{number}"}
        statuses.append(client.post("/login", data=form, environ_base=address).status_code)
    assert statuses == [403] * most + [429]
    other = {"name": "eva", "password": "wrong", "csrf_token": token(client, "/login")}
    assert client.post("/login", data=other, environ_base={"REMOTE_ADDR": "10.0.1.1"}).status_code == 403


def test_what_was_sent_before_stays_with_the_browser(app: APIFlask, owner: FlaskClient) -> None:
    id = send(owner)["id"]
    fill(owner, "/sign-up", name="mia", password=PASSWORD)
    assert [row["id"] for row in owner.get(API).get_json()["submissions"]] == [id]
    elsewhere = app.test_client()
    log_in(elsewhere, name="mia")
    assert elsewhere.get(API).get_json() == {"submissions": []}
    fill(owner, "/account", "/logout")
    assert [row["id"] for row in owner.get(API).get_json()["submissions"]] == [id]
    assert not is_in(owner)


def test_a_new_password_ends_other_sessions(app: APIFlask, member: FlaskClient) -> None:
    elsewhere = app.test_client()
    log_in(elsewhere, name="mia")
    wrong = fill(member, "/account", "/account/password", old="not it at all", new=OTHER)
    assert wrong.status_code == 403
    assert is_in(elsewhere)
    weak = fill(member, "/account", "/account/password", old=PASSWORD, new="short")
    assert weak.status_code == 422
    assert fill(member, "/account", "/account/password", old=PASSWORD, new=OTHER).status_code == 303
    assert (is_in(member), is_in(elsewhere)) == (True, False)
    assert log_in(app.test_client(), name="mia").status_code == 403
    assert log_in(app.test_client(), name="mia", password=OTHER).status_code == 303


def test_all_sessions_can_be_ended(app: APIFlask, member: FlaskClient, reviewer: FlaskClient) -> None:
    elsewhere = app.test_client()
    log_in(elsewhere, name="mia")
    assert fill(member, "/account", "/account/end-sessions").status_code == 303
    assert (is_in(member), is_in(elsewhere), is_in(reviewer)) == (False, False, True)


def test_a_disabled_account_is_out_at_once_and_cannot_log_in(
    app: APIFlask, context: Context, member: FlaskClient
) -> None:
    with context.database.write() as session:
        accounts.set_disabled(session, name="mia", disabled=True, by="account:root", now=utcnow())
    assert not is_in(member)
    assert log_in(app.test_client(), name="mia").status_code == 403
    with context.database.write() as session:
        accounts.set_disabled(session, name="mia", disabled=False, by="account:root", now=utcnow())
    assert not is_in(member), "an old session must not come back"
    assert log_in(app.test_client(), name="mia").status_code == 303


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [("/account", "/account"), ("/admin/?page=2", "/admin/?page=2"), ("//evil.example", "/mine"),
     ("https://evil.example/", "/mine"), ("/\\evil.example", "/mine"), ("javascript:alert(1)", "/mine"), ("", "/mine")],
)  # fmt: skip
def test_a_login_leads_back_but_never_away(
    app: APIFlask, member: FlaskClient, wanted: str, leads_to: str
) -> None:
    client = app.test_client()
    form = {"name": "mia", "password": PASSWORD, "csrf_token": token(client, "/login")}
    answer = client.post("/login", query_string={"next": wanted}, data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, leads_to)


def test_laws_of_names_passwords_and_roles(database: Database) -> None:
    now = utcnow()
    with database.write() as session:
        accounts.create(session, name="eva", password=PASSWORD, role="admin", now=now)
        for error, facts in (
            (NameTaken, {"name": "eva"}),
            (BadName, {"name": "Eva"}),
            (BadName, {"name": "eva\n"}),
            (WeakPassword, {"name": "ida", "password": "123456789"}),
            (WeakPassword, {"name": "ida-johanna", "password": "Ida-Johanna"}),
            (UnknownRole, {"name": "ida", "role": "owner"}),
        ):
            with pytest.raises(error):
                accounts.create(session, **{"password": PASSWORD, "role": "member", "now": now, **facts})
        assert accounts.check_password(session, name="eva\0", password=PASSWORD) is None
        with pytest.raises(NoAccount):
            accounts.set_role(session, name="ida", role="admin", by="command", now=now)
        assert session.scalar(select(func.count()).select_from(Account)) == 1


def test_there_is_always_an_admin(database: Database) -> None:
    now = utcnow()
    with database.write() as session:
        for name in ("eva", "ole"):
            accounts.create(session, name=name, password=PASSWORD, role="admin", now=now)
        accounts.set_disabled(session, name="ole", disabled=True, by="command", now=now)
        with pytest.raises(LastAdmin):
            accounts.set_role(session, name="eva", role="member", by="command", now=now)
        with pytest.raises(LastAdmin):
            accounts.set_disabled(session, name="eva", disabled=True, by="command", now=now)
        accounts.set_disabled(session, name="ole", disabled=False, by="command", now=now)
        accounts.set_role(session, name="eva", role="member", by="command", now=now)


def test_two_admins_who_remove_one_another_leave_one(database: Database) -> None:
    with database.write() as session:
        for name in ("eva", "ole"):
            accounts.create(session, name=name, password=PASSWORD, role="admin", now=utcnow())
    said: list[str] = []

    def remove(name: str) -> None:
        try:
            with database.write() as session:
                accounts.set_role(session, name=name, role="member", by="x", now=utcnow())
            said.append("done")
        except LastAdmin:
            said.append("last")

    both = [threading.Thread(target=remove, args=(name,)) for name in ("eva", "ole")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(said) == ["done", "last"]


def test_two_who_want_one_name_at_once(database: Database) -> None:
    said: list[str] = []

    def sign_up() -> None:
        try:
            with database.write() as session:
                accounts.sign_up(session, name="mia", password=PASSWORD, now=utcnow())
            said.append("done")
        except NameTaken:
            said.append("taken")

    both = [threading.Thread(target=sign_up) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(said) == ["done", "taken"]


def test_a_role_is_changed_from_what_was_seen(database: Database) -> None:
    now = utcnow()
    with database.write() as session:
        accounts.create(session, name="mia", password=PASSWORD, role="member", now=now)
        accounts.set_role(session, name="mia", role="reviewer", by="account:eva", seen="member", now=now)
        accounts.set_role(session, name="mia", role="reviewer", by="account:ole", seen="member", now=now)
        with pytest.raises(Conflict):
            accounts.set_role(session, name="mia", role="admin", by="account:ole", seen="member", now=now)
        acts = list(session.scalars(select(Act)))
    assert [(act.by, act.facts) for act in acts] == [("account:eva", {"from": "member", "to": "reviewer"})]


def test_a_smaller_role_counts_at_once(context: Context, app: APIFlask) -> None:
    one = logged_in(app, name="eva", role="admin")
    logged_in(app, name="ole", role="admin")
    assert one.get("/admin/").status_code == 200
    with context.database.write() as session:
        accounts.set_role(session, name="eva", role="reviewer", by="account:ole", now=utcnow())
    assert one.get("/admin/").status_code == 403
