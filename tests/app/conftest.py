"""An application of its own for each test, and its people: owner, somebody else, an outsider; member, reviewer, admin."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from app import migrate
from app.accounts import service as accounts
from app.config import Settings
from app.context import KEY, Context
from app.db import Database, utcnow
from app.factory import create_app
from app.jobs.worker import Worker
from app.registry import service as registry
from app.registry.tables import ModelVersion
from app.submissions.analyst import Analyst
from tests.app.fakes import FakeEngine, wav

API = "/api/v1/submissions"


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty one without an application, on each kind of server."""
    url = f"sqlite:///{tmp_path}/t.sqlite"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    made = Database(url)
    migrate.upgrade(made)
    yield made
    made.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path / "state", max_upload_mib=1, max_waiting=5, busy_timeout_s=2)


@pytest.fixture
def app(settings: Settings) -> Iterator[APIFlask]:
    settings.state_dir.mkdir()
    made = create_app(settings)
    made.testing = False  # errors must be answered, not raised
    context = made.extensions[KEY]
    migrate.upgrade(context.database)
    register_model(context)
    yield made
    context.queue.huey.storage.close()
    context.database.close()


@pytest.fixture
def context(app: APIFlask) -> Context:
    found: Context = app.extensions[KEY]
    return found


@pytest.fixture
def owner(app: APIFlask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def other(app: APIFlask) -> FlaskClient:
    """Somebody else, who has sent something too and so has a cookie."""
    client = app.test_client()
    send(client, wav(seed=999))
    return client


@pytest.fixture
def outsider(app: APIFlask) -> FlaskClient:
    """Never seen before, and keeps no cookie."""
    return app.test_client(use_cookies=False)


@pytest.fixture
def member(app: APIFlask) -> FlaskClient:
    return logged_in(app, name="mia", role="member")


@pytest.fixture
def reviewer(app: APIFlask) -> FlaskClient:
    return logged_in(app, name="rita", role="reviewer")


@pytest.fixture
def admin(app: APIFlask) -> FlaskClient:
    return logged_in(app, name="root", role="admin")


@pytest.fixture
def engine(context: Context) -> FakeEngine:
    with context.database.read() as session:
        return FakeEngine(version_id=registry.champions(session)["quality"].id)


@pytest.fixture
def worker(context: Context, engine: FakeEngine) -> Worker:
    analyst = Analyst(context.database, blobs=context.blobs, engine=engine)
    return Worker(context.database, name="test", perform=analyst)


@pytest.fixture
def genre(context: Context, engine: FakeEngine) -> Context:
    """A site that answers the genre, too."""
    register_model(context, task="genre", version="g1", **GENRE_FACTS)
    with context.database.read() as session:
        engine.others["genre"] = registry.champions(session)["genre"].id
    return context


GENRE_FACTS: dict[str, Any] = {
    "training": {"rows": 1000, "heard": 416},
    "metrics": {
        "accuracy": {"value": 0.85, "low": 0.81, "high": 0.88, "n": 416},
        "mean_recall": {"value": 0.81, "low": 0.73, "high": 0.88, "n": 416},
        "classes": {
            "jazz": {"recall": {"value": 0.9, "low": 0.82, "high": 0.95, "n": 95}},
            "hiphop": {"recall": {"value": 0.75, "low": 0.5, "high": 0.9, "n": 16}},
        },
    },
}
"""What the manifest of a genre model says."""


def register_model(
    context: Context, *, task: str = "quality", version: str = "q1", **facts: Any
) -> ModelVersion:
    manifest = {"feature_version": "f1", "sha256": "0" * 64} | facts
    with context.database.write() as session:
        return registry.register(
            session, task=task, version=version, manifest=manifest, path=None, now=utcnow()
        )


PASSWORD = "correct horse battery"


def logged_in(app: APIFlask, *, name: str, role: str) -> FlaskClient:
    """A browser in which a new account of this role has logged in; its password is PASSWORD."""
    with app.extensions[KEY].database.write() as session:
        accounts.create(session, name=name, password=PASSWORD, role=role, now=utcnow())
    client = app.test_client()
    assert log_in(client, name=name).status_code == 303
    return client


def log_in(client: FlaskClient, *, name: str, password: str = PASSWORD) -> Any:
    return fill(client, "/login", name=name, password=password)


def fill(client: FlaskClient, page: str, to: str | None = None, **fields: str) -> Any:
    """Send a form of ``page`` with its token; ``to``: where the form goes, if not back."""
    return client.post(to or page, data={**fields, "csrf_token": token(client, page)})


def token(client: FlaskClient, page: str) -> str:
    found = re.search(r'name="csrf[_-]token"[^>]* (?:value|content)="([^"]+)"', client.get(page).text)
    assert found is not None
    return found[1]


def send(
    client: FlaskClient, data: bytes | None = None, *, name: str = "a.wav", **fields: str
) -> dict[str, Any]:
    """The API's answer, which must be 202."""
    answer = post(client, wav() if data is None else data, name=name, **fields)
    assert answer.status_code == 202, answer.text
    body: dict[str, Any] = answer.get_json()
    return body


def post(client: FlaskClient, data: bytes, *, name: str = "a.wav", **fields: str) -> Any:
    return client.post(API, data=form((name, data), **fields), content_type="multipart/form-data; boundary=x")


def form(*files: tuple[str, bytes], **fields: str) -> bytes:
    """Multipart with the boundary x."""
    parts = [f'Content-Disposition: form-data; name="{key}"\r\n\r\n{fields[key]}'.encode() for key in fields]
    for name, data in files:
        head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        parts.append(head.encode() + data)
    return b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + b"--x--\r\n"


def get(client: FlaskClient, id: str) -> dict[str, Any]:
    answer = client.get(f"{API}/{id}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.get_json()
    return body
