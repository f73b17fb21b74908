"""Two web processes and two workers under load: a promotion and a roll back reach all, and no request fails."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import select

from app.accounts import service as accounts
from app.accounts import tokens
from app.config import Settings
from app.context import Context, open_context
from app.db import utcnow
from app.jobs.tables import Job
from tests import learning
from tests.app import programs, training
from tests.app.conftest import API, PASSWORD, form
from tests.app.fakes import wav
from tests.app.programs import wait
from tests.services import free_port

WITHIN_S = 5.0
CLIENTS = 2
"""For each web process."""


@dataclass(frozen=True)
class Answer:
    """When a file was sent and its answer read, and which version had answered."""

    sent: float
    read: float
    version: str


@dataclass
class Clients:
    """Programs that send a file, wait for its answer, and send the next one; to each of the web processes."""

    ports: tuple[int, ...]
    secret: str
    answers: dict[int, list[Answer]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    ended: Event = field(default_factory=Event)

    def start(self) -> list[Thread]:
        seeds = iter(range(1, 1_000_000, 10_000))
        self.answers = {port: [] for port in self.ports}
        made = [
            Thread(target=self._go, args=(port, next(seeds))) for port in self.ports for _ in range(CLIENTS)
        ]
        for one in made:
            one.start()
        return made

    def ask(self, port: int, path: str, data: bytes | None = None, kind: str = "application/json") -> Any:
        """The JSON of an answer below 400; every other one is written down."""
        headers = {"Authorization": f"Bearer {self.secret}", "Content-Type": kind}
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return json.load(reply)
        except OSError as error:
            said = error.read().decode() if isinstance(error, urllib.error.HTTPError) else repr(error)
            self.failed.append(f"{path}: {said}")
            raise

    def _go(self, port: int, seed: int) -> None:
        while not self.ended.is_set():
            seed, sent = seed + 1, time.monotonic()
            body, kind = form(("a.wav", wav(seed=seed))), "multipart/form-data; boundary=x"
            id = self.ask(port, API, body, kind)["id"]
            while (found := self.ask(port, f"{API}/{id}"))["status"] != "done" and not self.ended.is_set():
                time.sleep(0.05)
            if found["status"] == "done":
                self.answers[port].append(
                    Answer(sent, time.monotonic(), found["model"]["quality"]["version"])
                )


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    """With a champion v0 and a candidate."""
    settings = Settings(state_dir=tmp_path / "state", port=free_port(), web_threads=8, workers=2)
    programs.prepare(settings)
    made = open_context(settings)
    task = learning.task(settings.state_dir)
    training.first_model(made, task)
    training.label_songs(made.database, learning.songs(20))
    assert training.train(made, task).candidate_id is not None
    yield made
    made.database.close()


@pytest.fixture
def clients(context: Context) -> Iterator[Clients]:
    with context.database.write() as session:
        root = accounts.create(session, name="root", password=PASSWORD, role="admin", now=utcnow())
        secret = tokens.make(session, root, name="test", now=utcnow())
    settings = context.settings
    other = replace(settings, port=free_port())
    with ExitStack() as running:
        for one in (settings, other):
            running.enter_context(programs.web(one))
        running.enter_context(programs.worker(settings))
        made = Clients((settings.port, other.port), secret)
        wait(lambda: all(map(listening, made.ports)), timeout_s=90)
        threads = made.start()
        try:
            yield made
        finally:
            made.ended.set()
            for thread in threads:
                thread.join()


@pytest.mark.slow
def test_a_promotion_and_a_roll_back_reach_all_within_five_seconds(
    context: Context, clients: Clients
) -> None:
    here, there = clients.ports
    wait(lambda: all(len(clients.answers[port]) >= 4 for port in clients.ports), timeout_s=90)
    candidate = next(
        one for one in clients.ask(here, "/api/v1/models")["versions"] if one["aliases"] == ["candidate"]
    )
    old, new = champion(clients, here), candidate["version"]
    assert old["version"] == "v0"
    move = {"champion_id": old["id"]}
    promoted = moved(clients, f"/api/v1/models/{candidate['id']}/promote", move, to=new)
    leaves, back = time.monotonic(), {"champion_id": candidate["id"], "task": "quality"}
    rolled_back = moved(clients, "/api/v1/models/rollback", back, to="v0")
    clients.ended.set()
    assert clients.failed == []
    for port in (here, there):
        for answer in clients.answers[port]:
            if promoted + WITHIN_S < answer.sent and answer.read < leaves:
                assert answer.version == new
            if answer.sent > rolled_back + WITHIN_S:
                assert answer.version == "v0"
    with context.database.read() as session:
        workers = set(session.scalars(select(Job.worker).where(Job.kind == "analysis")))
    assert len(workers - {None}) == 2, "both workers took part"


def moved(clients: Clients, path: str, said: dict[str, Any], *, to: str) -> float:
    """Move the champion by the first web process; when its answer came. Both soon say so, and so do files sent since."""
    here, there = clients.ports
    clients.ask(here, path, json.dumps(said).encode())
    at = time.monotonic()
    wait(lambda: champion(clients, there)["version"] == to, timeout_s=WITHIN_S)
    assert champion(clients, here)["version"] == to
    late = at + WITHIN_S
    wait(
        lambda: all(sum(one.sent > late for one in clients.answers[port]) >= 4 for port in clients.ports),
        timeout_s=120,
    )
    return at


def champion(clients: Clients, port: int) -> dict[str, Any]:
    versions: list[dict[str, Any]] = clients.ask(port, "/api/v1/models")["versions"]
    return next(one for one in versions if "champion" in one["aliases"])


def listening(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
            return True
    except OSError:
        return False
