"""Owner, somebody else, an outsider, an admin: who may do what, route by route."""

import re

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from app.context import Context
from app.jobs.worker import Worker
from tests.app.conftest import API, get, send, token
from tests.app.fakes import wav

SAID = {"task": "quality", "label": "mp3-128", "basis": "agree"}
OWN = [
    ("post", "labels", 201),
    ("post", "cancel", 204),
    ("post", "withdraw", 204),
    ("delete", "", 204),
]
READ = ["", "/spectrogram.png", "/card.png"]


def act(client: FlaskClient, id: str, method: str, what: str) -> int:
    address = f"{API}/{id}" + (f"/{what}" if what else "")
    body = {"json": SAID} if what == "labels" else {}
    return int(getattr(client, method)(address, **body).status_code)


@pytest.mark.parametrize(("method", "what", "allowed"), OWN)
def test_only_the_owner_may_change_it(
    owner: FlaskClient, other: FlaskClient, outsider: FlaskClient, method: str, what: str, allowed: int
) -> None:
    id = send(owner)["id"]
    before = get(owner, id)
    assert act(other, id, method, what) == 403
    assert act(outsider, id, method, what) == 403
    assert get(outsider, id) == before
    assert act(owner, id, method, what) == allowed


@pytest.mark.parametrize(("method", "what", "allowed"), OWN)
def test_an_admin_may(owner: FlaskClient, admin: FlaskClient, method: str, what: str, allowed: int) -> None:
    assert act(admin, send(owner)["id"], method, what) == allowed


@pytest.mark.parametrize("what", READ)
def test_whoever_has_the_link_may_read(
    owner: FlaskClient, outsider: FlaskClient, worker: Worker, what: str
) -> None:
    id = send(owner)["id"]
    worker.run_next()
    assert outsider.get(f"{API}/{id}{what}").status_code == 200


def test_everybody_sees_only_their_own_list(
    owner: FlaskClient, other: FlaskClient, outsider: FlaskClient
) -> None:
    id = send(owner, wav(seed=5))["id"]
    listed = {name: c.get(API).get_json()["submissions"] for name, c in (("own", owner), ("other", other))}
    assert [row["id"] for row in listed["own"]] == [id]
    assert id not in [row["id"] for row in listed["other"]]
    assert len(listed["other"]) == 1
    assert outsider.get(API).get_json() == {"submissions": []}


def test_the_admin_page_is_for_admins(owner: FlaskClient, outsider: FlaskClient, admin: FlaskClient) -> None:
    send(owner)
    for client in (owner, outsider):
        answer = client.get("/admin/")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/login?next=/admin/")
    assert "waiting" in admin.get("/admin/").text
    admin.post("/logout", data={"csrf_token": token(admin, "/admin/")})
    assert admin.get("/admin/").status_code == 302


def test_a_wrong_password_is_refused_and_soon_throttled(app: APIFlask, context: Context) -> None:
    client = app.test_client()
    found = token(client, "/login")
    wrong = {"name": "root", "password": "wrong", "csrf_token": found}
    answers = [
        client.post("/login", data=wrong).status_code for _ in range(context.settings.logins_per_minute + 1)
    ]
    assert answers[:-1] == [403] * context.settings.logins_per_minute
    assert answers[-1] == 429


def test_a_forged_cookie_is_nobody(owner: FlaskClient, app: APIFlask) -> None:
    id = send(owner)["id"]
    stranger = app.test_client()
    cookie = owner.get_cookie("lineage")
    assert cookie is not None
    stranger.set_cookie("lineage", cookie.value[:-3] + "abc")
    assert stranger.delete(f"{API}/{id}").status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
    ids=str,
)
def test_a_foreign_page_can_do_nothing_with_our_cookie(owner: FlaskClient, headers: dict[str, str]) -> None:
    id = send(owner)["id"]
    before = get(owner, id)
    assert owner.delete(f"{API}/{id}", headers=headers).status_code == 403
    assert owner.post(f"{API}/{id}/labels", json=SAID, headers=headers).status_code == 403
    assert owner.post(f"{API}/{id}/cancel", headers=headers).status_code == 403
    assert owner.post(API, headers=headers).status_code == 403
    assert get(owner, id) == before


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}], ids=str
)
def test_our_own_page_may(owner: FlaskClient, headers: dict[str, str]) -> None:
    id = send(owner)["id"]
    assert owner.delete(f"{API}/{id}", headers=headers).status_code == 204


def test_every_form_without_its_token_is_refused(app: APIFlask, owner: FlaskClient) -> None:
    id = send(owner)["id"]
    before = get(owner, id)
    posts = [
        r for r in app.url_map.iter_rules() if "POST" in (r.methods or ()) and not r.rule.startswith("/api/")
    ]
    assert len(posts) >= 5
    for rule in posts:
        address = re.sub(r"<\w+>", id, re.sub(r"<int:\w+>", "1", rule.rule))
        assert owner.post(address, data={"name": "root", **SAID}).status_code == 400, rule
    assert get(owner, id) == before


def test_labels_are_added_never_changed(owner: FlaskClient, admin: FlaskClient, worker: Worker) -> None:
    id = send(owner)["id"]
    worker.run_next()
    for label in ("mp3-128", "mp3-160"):
        assert owner.post(f"{API}/{id}/labels", json=SAID | {"label": label}).status_code == 201
    admin.post(f"{API}/{id}/labels", json=SAID | {"label": "lossless", "basis": "own"})
    said = get(owner, id)["labels"]
    assert [(row["label"], row["basis"]) for row in said] == [("mp3-160", "agree"), ("lossless", "own")]
    assert "by" not in said[0]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"label": "mp3-13"}, "unknown_label"),
        ({"task": "mood"}, "unknown_task"),
        ({"basis": "hunch"}, "unknown_basis"),
    ],
)
def test_an_unknown_label_is_refused(owner: FlaskClient, wrong: dict[str, str], code: str) -> None:
    answer = owner.post(f"{API}/{send(owner)['id']}/labels", json=SAID | wrong)
    assert (answer.status_code, answer.get_json()["code"]) == (422, code)


def test_cancelling_twice_is_too_late(owner: FlaskClient, worker: Worker) -> None:
    id = send(owner)["id"]
    assert owner.post(f"{API}/{id}/cancel").status_code == 204
    assert get(owner, id)["status"] == "cancelled"
    answer = owner.post(f"{API}/{id}/cancel")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "too_late")
    assert worker.run_next() is None
