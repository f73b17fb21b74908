"""What an admin does on a page, a program can do with an admin's token; others' tokens can't."""

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from app.admin.switches import KINDS
from app.context import Context
from tests.app.conftest import logged_in, send
from tests.app.test_tokens import make_token, program

ADMIN = "/api/v1/admin"
PEOPLE = "/api/v1/accounts"


@pytest.fixture
def script(app: APIFlask, admin: FlaskClient) -> FlaskClient:
    return program(app, make_token(admin))


def test_roles(script: FlaskClient, member: FlaskClient) -> None:
    changed = script.post(f"{PEOPLE}/mia/role", json={"role": "reviewer", "seen": "member"})
    assert (changed.status_code, changed.get_json()["role"]) == (200, "reviewer")
    assert member.get("/review").status_code == 200
    late = script.post(f"{PEOPLE}/mia/role", json={"role": "admin", "seen": "member"})
    assert (late.status_code, late.get_json()["code"]) == (409, "conflict")
    assert script.post(f"{PEOPLE}/mia/role", json={"role": "king"}).status_code == 422
    assert script.post(f"{PEOPLE}/nobody/role", json={"role": "member"}).status_code == 404


def test_disabled_accounts(app: APIFlask, script: FlaskClient, member: FlaskClient) -> None:
    theirs = program(app, make_token(member))
    answer = script.post(f"{PEOPLE}/mia/disabled", json={"disabled": True}).get_json()
    assert (answer["name"], answer["disabled"]) == ("mia", True)
    assert theirs.get("/api/v1/account").status_code == 401
    assert script.post(f"{PEOPLE}/mia/disabled", json={"disabled": False}).get_json()["disabled"] is False
    assert theirs.get("/api/v1/account").status_code == 200
    last = script.post(f"{PEOPLE}/root/disabled", json={"disabled": True})
    assert (last.status_code, last.get_json()["code"]) == (409, "last_admin")


def test_the_list_of_accounts(app: APIFlask, script: FlaskClient, member: FlaskClient) -> None:
    logged_in(app, name="mio", role="reviewer")
    found = script.get(f"{PEOPLE}?name=mi&limit=1").get_json()
    assert ([row["name"] for row in found["accounts"]], found["total"]) == (["mio"], 2)
    rows = script.get(PEOPLE).get_json()["accounts"]
    assert [(row["name"], row["role"]) for row in rows] == [
        ("root", "admin"), ("mio", "reviewer"), ("mia", "member")
    ]  # fmt: skip
    assert all(set(row) == {"name", "role", "disabled", "created_at"} for row in rows)  # no hash, no key


def test_switches(context: Context, script: FlaskClient) -> None:
    rows = {row["name"]: row for row in script.get(f"{ADMIN}/switches").get_json()["switches"]}
    assert rows.keys() == KINDS.keys()
    assert (rows["audio_days"]["value"], rows["audio_days"]["by"]) == (0, None)
    changed = script.put(f"{ADMIN}/switches/audio_days", json={"value": 30, "seen": 0}).get_json()
    assert (changed["value"], changed["by"]) == (30, "account:root")
    assert context.switches["audio_days"] == 30
    assert script.put(f"{ADMIN}/switches/audio_days", json={"value": 5, "seen": 0}).status_code == 409
    assert (
        script.put(f"{ADMIN}/switches/uploads_paused", json={"value": True, "seen": False}).status_code == 200
    )
    assert context.switches["uploads_paused"] is True
    assert script.put(f"{ADMIN}/switches/accuse", json={"value": 0.95, "seen": 0}).get_json()["value"] == 0.95
    for bad in ([], {}, None, "perhaps", -1, 1.5):
        answer = script.put(f"{ADMIN}/switches/audio_days", json={"value": bad, "seen": 30})
        assert answer.status_code == 422, bad
    assert script.put(f"{ADMIN}/switches/nothing", json={"value": 1, "seen": 1}).status_code == 404


def test_the_log(script: FlaskClient, member: FlaskClient) -> None:
    script.post(f"{PEOPLE}/mia/role", json={"role": "reviewer"})
    script.put(f"{ADMIN}/switches/audio_days", json={"value": 30, "seen": 0})
    found = script.get(f"{ADMIN}/log?by=account:root&limit=2").get_json()
    assert [(act["act"], act["on"], act["facts"]) for act in found["acts"]] == [
        ("switch.set", "audio_days", {"from": 0, "to": 30}),
        ("account.role", "mia", {"from": "member", "to": "reviewer"}),
    ]
    assert found["total"] == 3  # and the token
    assert script.get(f"{ADMIN}/log?act=account.role").get_json()["total"] == 1


def test_the_overview(script: FlaskClient, owner: FlaskClient) -> None:
    send(owner)
    found = script.get(f"{ADMIN}/overview").get_json()
    assert (found["submissions"], found["queue"]["waiting"]) == (1, 1)
    assert found["days"][0]["audio"] == 1
    assert [(one["version"], one["is_champion"]) for one in found["models"]] == [("q1", True)]


def test_ones_tokens(app: APIFlask, script: FlaskClient, member: FlaskClient) -> None:
    other, theirs = make_token(member, "old laptop"), make_token(member, "here")
    mine = program(app, theirs)
    rows = mine.get("/api/v1/account/tokens").get_json()["tokens"]
    assert [row["name"] for row in rows] == ["here", "old laptop"]
    assert all(secret not in str(rows) for secret in (other, theirs))
    assert script.delete(f"/api/v1/account/tokens/{rows[1]['id']}").status_code == 404, "another's"
    assert mine.delete(f"/api/v1/account/tokens/{rows[1]['id']}").status_code == 204
    assert program(app, other).get("/api/v1/account").status_code == 401
    assert mine.get("/api/v1/account").status_code == 200
