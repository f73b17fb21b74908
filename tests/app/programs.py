"""Whole processes for tests that kill: ``python -m tests.app.programs worker`` measures with a stand-in."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from app import cli, migrate
from app.config import Settings
from app.context import Context, open_context
from app.db import utcnow
from app.jobs import consumer
from app.jobs.queue import HueyQueue
from app.registry import service as registry
from app.registry.loader import Models
from app.submissions.findings import Finding
from tests import learning
from tests.app import training
from tests.app.fakes import FakeEngine

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running(*command: str, settings: Settings, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own group with these settings, its log in the state folder; killed at the end."""
    with (settings.state_dir / "log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(settings) | env, start_new_session=True, stderr=log
        )
    try:
        yield process
    finally:
        kill_group(process)
        process.wait()


@contextmanager
def worker(settings: Settings, *, step_s: float = 0.0) -> Iterator[subprocess.Popen[bytes]]:
    with running(
        sys.executable, "-m", "tests.app.programs", "worker", settings=settings, STEP_S=str(step_s)
    ) as process:
        yield process


@contextmanager
def web(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    command = (sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app")
    with running(*command, settings=settings) as process:
        yield process


def environment(settings: Settings) -> dict[str, str]:
    """Of a process with these settings."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("LINEAGE_")}
    fields = {name: str(getattr(settings, name)) for name in settings.__dataclass_fields__}
    return own | {f"LINEAGE_{name.upper()}": value for name, value in fields.items() if value}


def kill_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def children(pid: int) -> list[int]:
    """Of one process, by /proc."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []


def wait(true, *, timeout_s: float = 30.0) -> None:  # type: ignore[no-untyped-def]
    """Asks ten times a second; AssertionError when it never came true."""
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.1)


def prepare(settings: Settings) -> int:
    """Schema and one model; the id of its version."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    context = open_context(settings)
    migrate.upgrade(context.database)
    manifest = {"feature_version": "f1", "sha256": "0" * 64}
    with context.database.write() as session:
        row = registry.register(
            session, task="quality", version="q1", manifest=manifest, path=None, now=utcnow()
        )
        number = row.id
    context.database.close()
    return number


class _Follower(FakeEngine):
    """Says what the stand-in says, in the name of the champion, which it loads as the real engine does."""

    def __init__(self, context: Context) -> None:
        super().__init__(version_id=0)
        self._database = context.database
        self._models = Models(key=training.KEY, folder=training.folder_of(context))

    def listen(self, path: Path, **how: Any) -> Finding:
        with self._database.read() as session:
            self.version_id = self._models.refresh(session)["quality"].version_id
        return super().listen(path, **how)


def _worker() -> None:
    settings = Settings.from_env(os.environ)
    queue = HueyQueue(redis_url=settings.redis_url, state_dir=settings.state_dir)

    def start(name: str):  # type: ignore[no-untyped-def]
        context, step_s = open_context(settings), float(os.environ["STEP_S"])
        if not _has_table(settings):
            return cli.run_jobs(context, engine=FakeEngine(version_id=1, step_s=step_s / 2), name=name)
        task = learning.task(settings.state_dir, step_s=step_s)
        trainer = training.trainer(context, task)
        return cli.run_jobs(context, engine=_Follower(context), name=name, trainer=trainer)

    consumer.run(queue, workers=settings.workers, start=start)


def _has_table(settings: Settings) -> bool:
    return (settings.state_dir / "table.npz").exists()


if __name__ == "__main__":
    assert sys.argv[1:] == ["worker"]
    _worker()
