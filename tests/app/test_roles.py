"""Roles x routes: what nobody listed is refused, and the list of today stands here."""

import re
from typing import Final

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from app.accounts.rights import Need, need_of, needs
from app.accounts.tables import ROLES
from tests.app.conftest import logged_in, send, token

MATRIX: Final[dict[Need, set[str]]] = {
    "anyone": {"static", "openapi.spec", "ops.healthz", "accounts.login", "accounts.logout", "accounts.sign_up",
               "pages.home", "pages.upload", "pages.example", "pages.mine", "pages.mine_csv", "pages.submission",
               "pages.submission_json", "submissions.create", "submissions.read", "submissions.mine",
               "submissions.spectrogram", "submissions.chromagram", "submissions.picture", "submissions.card"},
    "owner": {"pages.label", "pages.cancel", "pages.withdraw", "pages.delete",
              "submissions.label", "submissions.cancel", "submissions.withdraw", "submissions.delete"},
    "member": {"accounts.mine", "accounts.password", "accounts.end_sessions", "accounts.make_token",
               "accounts.revoke_token", "account.read", "account.list_tokens", "account.revoke_token"},
    "reviewer": {"labels.reviewing", "labels.answer", "labels.skip", "labels.undo", "labels.blind",
                 "labels_api.upcoming", "labels_api.skip", "labels_api.undo"},
    "admin": {"labels.settling", "labels.settle", "labels.accept_checked", "labels_api.unsettled", "labels_api.decide",
              "exchange.index", "exchange.bring_in", "exchange.take_out", "exchange_api.bring_in",
              "exchange_api.take_out", "admin.status", "admin.people", "admin.set_role", "admin.set_disabled",
              "admin.switchboard", "admin.set_switch", "admin.log",
              "people_api.accounts", "people_api.set_role", "people_api.set_disabled", "admin_api.overview",
              "admin_api.list_switches", "admin_api.set_switch", "admin_api.log",
              "models.index", "models.retrain", "models.run", "models.cancel", "models.choose", "models.two",
              "models.promote", "models.roll_back", "models_api.versions", "models_api.list_runs",
              "models_api.start", "models_api.read_run", "models_api.cancel", "models_api.promote",
              "models_api.roll_back", "models_api.compare_two"},
}  # fmt: skip
"""Endpoints by what they need. A new route is entered here and marked with ``@needs(...)``."""

PEOPLE: Final = ("anonymous", "owner", "other", "member", "reviewer", "admin")
REFUSED: Final = (302, 401, 403)
ENDS_IT: Final = {"accounts.logout", "accounts.end_sessions"}
"""Changes who asks, so it isn't tried with the others."""


def routes(app: APIFlask) -> list[tuple[str, str, str]]:
    """Endpoint, method, address pattern: all that there are."""
    return [
        (rule.endpoint, method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def test_every_route_says_what_it_needs(app: APIFlask) -> None:
    found = {endpoint: need_of(app, endpoint) for endpoint, _, _ in routes(app)}
    assert [endpoint for endpoint, need in found.items() if need is None] == []
    wanted = {endpoint: need for need, endpoints in MATRIX.items() for endpoint in endpoints}
    assert found == wanted


def test_a_route_that_nobody_listed_is_refused_to_all(app: APIFlask) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert need_of(app, "forgotten") is None
    for client in (app.test_client(), logged_in(app, name="root", role="admin")):
        answer = client.get("/forgotten")
        assert answer.status_code == 403
        assert "secret" not in answer.text


@pytest.mark.parametrize("who", PEOPLE)
def test_a_role_includes_the_smaller_ones(app: APIFlask, request: pytest.FixtureRequest, who: str) -> None:
    for need in ROLES:
        app.add_url_rule(f"/{need}", f"page_{need}", needs(need)(lambda: "secret"))
        app.add_url_rule(f"/api/{need}", f"api_{need}", needs(need)(lambda: "secret"))
    client = _browser(app, request, who)
    for need in ROLES:
        page, api = client.get(f"/{need}"), client.get(f"/api/{need}")
        allowed = _may(who, need)
        assert ("secret" in page.text, "secret" in api.text) == (allowed, allowed)
        if not allowed:
            assert (page.status_code, api.status_code) == ((403, 403) if who in ROLES else (302, 401))


@pytest.mark.parametrize("who", PEOPLE)
def test_each_route_lets_in_whom_it_should(
    app: APIFlask, owner: FlaskClient, request: pytest.FixtureRequest, who: str
) -> None:
    """Asked without the right content: what matters is whether the door opens."""
    id, client = send(owner)["id"], _browser(app, request, who)
    said = {"task": "quality", "label": "mp3-128", "basis": "agree"}
    form = said | {"csrf_token": token(client, "/")}
    for endpoint, method, rule in routes(app):
        if endpoint in ENDS_IT:
            continue
        need, address = need_of(app, endpoint), re.sub(r"<\w+>", id, re.sub(r"<int:\w+>", "1", rule))
        page = method == "POST" and not address.startswith("/api/")
        body = {"data": form} if page else {"json": said} if address.endswith("/labels") else {}
        status = client.open(address, method=method, **body).status_code
        assert (status in REFUSED) is not _may(who, need, endpoint), (who, method, rule, status)


def _browser(app: APIFlask, request: pytest.FixtureRequest, who: str) -> FlaskClient:
    found: FlaskClient = app.test_client() if who == "anonymous" else request.getfixturevalue(who)
    return found


def _may(who: str, need: Need | None, endpoint: str = "") -> bool:
    if need == "owner":
        return who in ("owner", "admin") or (who == "reviewer" and endpoint.endswith(".label"))
    return need == "anyone" or (who in ROLES and ROLES.index(who) >= ROLES.index(str(need)))
