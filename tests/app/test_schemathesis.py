"""The API does what its document says, whatever is sent: no 5xx, statuses and bodies as described."""

from typing import Any

import pytest
import schemathesis
from apiflask import APIFlask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from app.jobs.worker import Worker
from tests.app.conftest import API, send

EXAMPLES = 200
OPERATIONS = [
    ("POST", ""),
    ("GET", ""),
    ("GET", "/{id}"),
    ("DELETE", "/{id}"),
    ("GET", "/{id}/spectrogram.png"),
    ("GET", "/{id}/picture.png"),
    ("GET", "/{id}/card.png"),
    ("POST", "/{id}/labels"),
    ("POST", "/{id}/cancel"),
    ("POST", "/{id}/withdraw"),
    ("POST", "/{id}/decision"),
    ("GET", "/api/v1/account"),
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


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_whatever_is_sent(
    app: APIFlask, owner: FlaskClient, admin: FlaskClient, worker: Worker, method: str, path: str
) -> None:
    operation = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)[_whole(path)][method]
    id = send(owner)["id"]
    worker.run_next()
    cookie = (admin if path.startswith("/api/v1/models") else owner).get_cookie("lineage")
    assert cookie is not None

    excluded = [positive_data_acceptance] if path == "" else []  # random bytes are no audio

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), ours=...)
    def run(case: Any, ours: bool) -> None:
        if ours and "id" in case.path_parameters and method != "DELETE":
            case.path_parameters["id"] = id
        case.call_and_validate(cookies={"lineage": cookie.value}, excluded_checks=excluded)
        worker.run_next()

    run()


def test_no_operation_is_left_out(owner: FlaskClient) -> None:
    paths = owner.get("/api/v1/openapi.json").get_json()["paths"]
    found = {(method.upper(), path) for path in paths for method in paths[path]}
    assert found == {(method, _whole(path)) for method, path in OPERATIONS}


def _whole(path: str) -> str:
    return path if path.startswith("/api/") else API + path
