"""The API does what its document says, whatever is sent: no 5xx, statuses and bodies as described."""

import os
from typing import Any

import pytest
import schemathesis
from apiflask import APIFlask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from app.jobs.worker import Worker
from tests.app.conftest import API, send
from tests.app.test_tokens import make_token, program

EXAMPLES = 200
ADMINS_EXAMPLES = int(os.environ.get("EXAMPLES", "30"))
OPERATIONS = [
    ("POST", ""),
    ("GET", ""),
    ("GET", "/{id}"),
    ("DELETE", "/{id}"),
    ("GET", "/{id}/spectrogram.png"),
    ("GET", "/{id}/chromagram.png"),
    ("GET", "/{id}/picture.png"),
    ("GET", "/{id}/card.png"),
    ("POST", "/{id}/labels"),
    ("POST", "/{id}/cancel"),
    ("POST", "/{id}/withdraw"),
    ("POST", "/{id}/decision"),
    ("GET", "/api/v1/account"),
    ("GET", "/api/v1/account/tokens"),
    ("DELETE", "/api/v1/account/tokens/{number}"),
    ("GET", "/api/v1/accounts"),
    ("POST", "/api/v1/accounts/{name}/role"),
    ("POST", "/api/v1/accounts/{name}/disabled"),
    ("GET", "/api/v1/admin/overview"),
    ("GET", "/api/v1/admin/switches"),
    ("PUT", "/api/v1/admin/switches/{name}"),
    ("GET", "/api/v1/admin/log"),
    ("GET", "/api/v1/review"),
    ("POST", "/api/v1/review/{id}/skip"),
    ("POST", "/api/v1/review/undo"),
    ("GET", "/api/v1/decisions/open"),
    ("POST", "/api/v1/import"),
    ("GET", "/api/v1/export/{what}"),
    ("GET", "/api/v1/models"),
    ("GET", "/api/v1/models/runs"),
    ("POST", "/api/v1/models/runs"),
    ("GET", "/api/v1/models/runs/{number}"),
    ("POST", "/api/v1/models/runs/{number}/cancel"),
    ("POST", "/api/v1/models/{number}/promote"),
    ("POST", "/api/v1/models/rollback"),
    ("GET", "/api/v1/models/compare/{before}/{after}"),
]
"""With the address under API, or a whole one."""
PICKY = {
    ("POST", ""),
    ("POST", "/{id}/labels"),
    ("POST", "/{id}/decision"),
    ("POST", "/api/v1/import"),
    ("PUT", "/api/v1/admin/switches/{name}"),
}
"""Random bytes are neither audio nor a sheet, a label belongs to its task, leaving a song out takes a reason, and a
switch its own values."""
pytestmark = pytest.mark.usefixtures("genre")


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_whatever_is_sent_by_a_browser(
    app: APIFlask, owner: FlaskClient, admin: FlaskClient, worker: Worker, method: str, path: str
) -> None:
    id = send(owner, tasks="quality,genre")["id"]
    cookie = (admin if path.startswith("/api/v1/models") else owner).get_cookie("lineage")
    assert cookie is not None
    attack(app, worker, method, path, id=id, examples=EXAMPLES, cookies={"lineage": cookie.value})


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_whatever_is_sent_with_an_admins_token(
    app: APIFlask, admin: FlaskClient, member: FlaskClient, worker: Worker, method: str, path: str
) -> None:
    secret = make_token(admin)
    id = send(program(app, secret))["id"]
    headers = {"Authorization": f"Bearer {secret}"}
    attack(app, worker, method, path, id=id, examples=ADMINS_EXAMPLES, headers=headers)


def attack(
    app: APIFlask, worker: Worker, method: str, path: str, *, id: str, examples: int, **who: Any
) -> None:
    """``id``: of a song that is asked about in half of the cases."""
    operation = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)[_whole(path)][method]
    worker.run_next()
    excluded = [positive_data_acceptance] if (method, path) in PICKY else []

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), ours=...)
    def run(case: Any, ours: bool) -> None:
        if ours and method != "DELETE":
            case.path_parameters |= {
                name: value for name, value in known.items() if name in case.path_parameters
            }
        case.call_and_validate(excluded_checks=excluded, **who)
        worker.run_next()

    known = {"id": id, "name": "mia" if "accounts" in path else "audio_days"}
    run()


def test_no_operation_is_left_out(owner: FlaskClient) -> None:
    paths = owner.get("/api/v1/openapi.json").get_json()["paths"]
    found = {(method.upper(), path) for path in paths for method in paths[path]}
    assert found == {(method, _whole(path)) for method, path in OPERATIONS}


def _whole(path: str) -> str:
    return path if path.startswith("/api/") else API + path
