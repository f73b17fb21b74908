"""Headers, reasons and the API's own description."""

import json
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from jsonschema_rs import validator_for

import app.errors
import ml.errors
from app import words
from app.accounts.rights import needs
from app.context import Context
from app.http_errors import status_of
from app.jobs.worker import Worker
from ml.errors import LineageError
from tests.app.conftest import API, get, send

PAGES = ["/", "/mine", "/login", "/nothing-here", "/healthz", "/static/nothing.css", f"{API}/nothing"]


@pytest.mark.parametrize("address", PAGES)
def test_every_answer_has_the_headers(outsider: FlaskClient, address: str) -> None:
    headers = outsider.get(address).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_the_cookie_is_out_of_reach_of_scripts(owner: FlaskClient) -> None:
    send(owner)
    cookie = owner.get_cookie("lineage")
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"


def test_an_api_error_is_a_problem_a_page_error_is_a_page(outsider: FlaskClient) -> None:
    api, page = outsider.get(f"{API}/nothing"), outsider.get("/s/nothing")
    assert (api.status_code, page.status_code) == (404, 404)
    assert api.mimetype == "application/problem+json"
    assert api.get_json()["code"] == "not_found"
    assert page.mimetype == "text/html"
    assert outsider.get("/s/nothing.json").mimetype == "application/problem+json"
    asked = outsider.get("/s/nothing", headers={"Accept": "application/json"})
    assert asked.mimetype == "application/problem+json"


def test_a_fault_of_ours_is_a_sentence_without_details(app: APIFlask) -> None:
    app.add_url_rule("/api/boom", view_func=needs("anyone")(lambda: 1 / 0))
    answer = app.test_client().get("/api/boom")
    assert (answer.status_code, answer.get_json()["code"]) == (500, "internal")
    assert "ZeroDivision" not in answer.text


def _classes(root: type[LineageError]) -> list[type[LineageError]]:
    return [root, *(found for kind in root.__subclasses__() for found in _classes(kind))]


@pytest.mark.parametrize(
    "kind",
    [k for k in _classes(LineageError) if k.__module__ in ("ml.errors", "app.errors")],
    ids=lambda k: k.code,
)
def test_every_reason_has_a_status_and_a_sentence(kind: type[LineageError]) -> None:
    error = kind()
    assert 400 <= status_of(error) < 600
    said = words.sentence(error)
    assert len(said) > 15
    assert said[-1] in ".?!"
    assert "{" not in said


def test_codes_are_unique() -> None:
    codes = [kind.code for kind in _classes(LineageError) if kind.__module__ in ("ml.errors", "app.errors")]
    assert len(codes) == len(set(codes))
    assert app.errors.Busy.code in words.codes()
    assert ml.errors.Silent.code not in words.codes()


@pytest.fixture
def document(owner: FlaskClient) -> dict[str, Any]:
    answer = owner.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def test_the_document_names_every_route_of_the_api(document: dict[str, Any], app: APIFlask) -> None:
    documented = {
        (path.replace("{", "<").replace("}", ">"), method.upper())
        for path, operations in document["paths"].items()
        for method in operations
    }
    served = {
        (rule.rule.replace("<int:", "<"), method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and rule.endpoint != "openapi.spec"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert documented == served
    assert document["openapi"].startswith("3.1")


def test_answers_are_as_described(document: dict[str, Any], owner: FlaskClient, worker: Worker) -> None:
    schema = {"$ref": "#/components/schemas/SubmissionOut", "components": document["components"]}
    described = validator_for(schema)
    id = send(owner, claim="lossless")["id"]
    described.validate(get(owner, id))
    worker.run_next()
    done = get(owner, id)
    described.validate(done)
    assert set(done) == set(document["components"]["schemas"]["SubmissionOut"]["properties"])


def test_health(outsider: FlaskClient, context: Context) -> None:
    assert outsider.get("/healthz").get_json() == {"status": "ok"}


def test_json_keeps_the_order_of_the_contract(owner: FlaskClient) -> None:
    text = owner.get(f"{API}/{send(owner)['id']}").text
    assert list(json.loads(text))[:3] == ["id", "url", "status"]


def test_nothing_heavy_is_needed_for_templates(root: Path) -> None:
    scripts = [path for path in (root / "templates").rglob("*.html") if "<script>" in path.read_text()]
    styles = [path for path in (root / "templates").rglob("*.html") if ' style="' in path.read_text()]
    assert scripts == []
    assert styles == []
