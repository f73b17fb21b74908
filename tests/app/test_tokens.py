"""A program acts as an account, until its token is revoked."""

import re
from datetime import timedelta

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts import service as accounts
from app.accounts import tokens
from app.accounts.tables import Account, ApiToken
from app.context import Context
from app.db import Database, utcnow
from app.errors import NotFound, TooManyTokens
from tests.app.conftest import API, PASSWORD, fill, get, logged_in, post, send
from tests.app.fakes import wav

SAID = {"task": "quality", "label": "mp3-128", "basis": "own"}


def make_token(client: FlaskClient, name: str = "script") -> str:
    page = fill(client, "/account", "/account/tokens", name=name)
    assert page.status_code == 201
    found = re.search(r"<code>(lineage_[\w-]+)</code>", page.text)
    assert found is not None
    return found[1]


def program(app: APIFlask, secret: str) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return client


@pytest.fixture
def script(app: APIFlask, member: FlaskClient) -> FlaskClient:
    """A program of the member's."""
    return program(app, make_token(member))


def test_it_is_shown_once_and_kept_as_a_hash(context: Context, member: FlaskClient) -> None:
    secret = make_token(member, "laptop")
    page = member.get("/account").text
    assert "laptop" in page
    assert "never" in page
    assert secret not in page
    with context.database.read() as session:
        row = session.scalars(select(ApiToken)).one()
    assert secret not in str(vars(row))
    assert len(row.sha256) == 64


def test_it_acts_as_its_account_with_its_role(app: APIFlask) -> None:
    for role in ("member", "reviewer", "admin"):
        found = program(app, make_token(logged_in(app, name=f"a-{role}", role=role)))
        assert found.get("/api/v1/account").get_json() == {"name": f"a-{role}", "role": role}


def test_what_it_sends_is_its_accounts_and_nobody_elses(
    app: APIFlask, script: FlaskClient, member: FlaskClient, owner: FlaskClient, reviewer: FlaskClient
) -> None:
    id = send(script)["id"]
    second = program(app, make_token(member, "another"))
    assert [row["id"] for row in second.get(API).get_json()["submissions"]] == [id]
    strangers = [owner, reviewer, app.test_client(), program(app, make_token(reviewer))]
    for stranger in strangers:
        assert stranger.delete(f"{API}/{id}").status_code == 403
        assert stranger.get(API).get_json() == {"submissions": []}
    assert second.delete(f"{API}/{id}").status_code == 204


def test_an_admins_program_may_what_an_admin_may(
    app: APIFlask, owner: FlaskClient, admin: FlaskClient
) -> None:
    assert program(app, make_token(admin)).delete(f"{API}/{send(owner)['id']}").status_code == 204


def test_it_needs_no_origin_and_no_cookie(script: FlaskClient, owner: FlaskClient) -> None:
    foreign = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    id = send(script)["id"]
    answer = script.post(f"{API}/{id}/labels", json=SAID, headers=foreign)
    assert answer.status_code == 201
    assert "Set-Cookie" not in answer.headers
    assert script.get_cookie("lineage") is None
    assert get(owner, id)["labels"][0]["label"] == "mp3-128"


def test_a_cookie_beside_it_is_not_read(owner: FlaskClient, script: FlaskClient) -> None:
    """Else a page elsewhere could make a browser send both."""
    id = send(owner)["id"]
    header = {"Authorization": script.environ_base["HTTP_AUTHORIZATION"]}
    assert owner.delete(f"{API}/{id}", headers=header).status_code == 403
    wrong = {"Authorization": "Bearer lineage_wrong", "Origin": "https://elsewhere.example"}
    assert owner.delete(f"{API}/{id}", headers=wrong).status_code == 401
    assert get(owner, id)["id"] == id


def test_pages_know_no_tokens(app: APIFlask, admin: FlaskClient) -> None:
    assert program(app, make_token(admin)).get("/admin/").status_code == 302


@pytest.mark.parametrize("secret", ["", "x", "lineage_", "lineage_" + "a" * 43])
def test_a_wrong_one_is_refused_everywhere_on_the_api(app: APIFlask, owner: FlaskClient, secret: str) -> None:
    id = send(owner)["id"]
    wrong = program(app, secret)
    for answer in (wrong.get(f"{API}/{id}"), post(wrong, wav()), wrong.get("/api/v1/account")):
        assert (answer.status_code, answer.get_json()["code"]) == (401, "login_needed")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_revoked_one_is_nobodys(context: Context, member: FlaskClient, script: FlaskClient) -> None:
    id = send(script)["id"]
    with context.database.read() as session:
        number = session.scalars(select(ApiToken.id)).one()
    assert fill(member, "/account", f"/account/tokens/{number}/revoke").status_code == 303
    assert script.delete(f"{API}/{id}").status_code == 401
    assert fill(member, "/account", f"/account/tokens/{number}/revoke").status_code == 404


def test_nobody_revokes_anothers(context: Context, reviewer: FlaskClient, script: FlaskClient) -> None:
    with context.database.read() as session:
        number = session.scalars(select(ApiToken.id)).one()
    assert fill(reviewer, "/account", f"/account/tokens/{number}/revoke").status_code == 404
    assert script.get("/api/v1/account").status_code == 200


def test_those_of_a_disabled_account_count_no_longer(context: Context, script: FlaskClient) -> None:
    with context.database.write() as session:
        accounts.set_disabled(session, name="mia", disabled=True, by="command", now=utcnow())
    assert script.get("/api/v1/account").status_code == 401


def test_the_last_use_is_shown(context: Context, member: FlaskClient, script: FlaskClient) -> None:
    script.get("/api/v1/account")
    with context.database.read() as session:
        used = session.scalars(select(ApiToken.used_at)).one()
    assert used is not None
    assert utcnow() - used < timedelta(minutes=1)
    assert "never" not in member.get("/account").text
    script.get("/api/v1/account")
    with context.database.read() as session:
        assert session.scalars(select(ApiToken.used_at)).one() == used  # not each request writes


def test_the_document_says_how(owner: FlaskClient) -> None:
    document = owner.get("/api/v1/openapi.json").get_json()
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert document["security"] == [{}, {"token": []}]
    assert document["paths"]["/api/v1/account"]["get"]["security"] == [{"token": []}]


def test_laws_of_the_service(database: Database) -> None:
    now = utcnow()
    with database.write() as session:
        mia, ole = (
            accounts.create(session, name=name, password=PASSWORD, role="member", now=now)
            for name in ("mia", "ole")
        )
        secrets = [tokens.make(session, mia, name="x", now=now) for _ in range(tokens.MOST)]
        assert len(set(secrets)) == tokens.MOST
        with pytest.raises(TooManyTokens):
            tokens.make(session, mia, name="x", now=now)
        found = tokens.find(session, secrets[0])
        assert found is not None
        assert found[1].id == mia.id
        with pytest.raises(NotFound):
            tokens.revoke(session, ole, found[0].id, now=now)
        tokens.revoke(session, mia, found[0].id, now=now)
        assert tokens.find(session, secrets[0]) is None
        tokens.make(session, mia, name="y", now=now)
        assert session.get_one(Account, mia.id).name == "mia"
