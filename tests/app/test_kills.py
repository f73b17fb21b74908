"""Real processes, really killed: what was accepted ends, once."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.config import Settings
from app.context import Context, open_context
from app.db import utcnow
from app.schema import Job, Prediction, Submission
from app.submissions import service
from tests.app import programs
from tests.app.fakes import wav
from tests.app.programs import children, wait

LEASE_S = 3


@pytest.fixture(params=["sqlite", "redis"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    redis_url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    return Settings(state_dir=tmp_path / "state", lease_s=LEASE_S, workers=2, redis_url=redis_url)


@pytest.fixture
def context(settings: Settings) -> Iterator[Context]:
    programs.prepare(settings)
    made = open_context(settings)
    yield made
    made.database.close()
    made.queue.huey.storage.close()  # type: ignore[attr-defined]


def send(context: Context, *, seed: int) -> str:
    upload = context.blobs.begin(limit_bytes=2**20)
    try:
        upload.write(wav(seed=seed))
        return service.submit(
            context.database,
            upload,
            blobs=context.blobs,
            queue=context.queue,
            filename="a.wav",
            owner_id="o",
            claim=None,
            tasks=[],
            keep_audio=False,
            max_waiting=200,
            now=utcnow(),
        ).id
    finally:
        upload.discard()


def states(context: Context) -> Counter[str]:
    with context.database.read() as session:
        return Counter(session.scalars(select(Job.state)))


def results(context: Context) -> dict[str, int]:
    """How many result rows each submission has."""
    with context.database.read() as session:
        counted = (
            select(Submission.id, func.count(Prediction.id)).outerjoin(Prediction).group_by(Submission.id)
        )
        return dict(session.execute(counted).all())


def test_workers_take_what_is_sent(context: Context, settings: Settings) -> None:
    with programs.worker(settings):
        ids = [send(context, seed=seed) for seed in range(4)]
        wait(lambda: states(context) == {"done": 4})
    assert results(context) == dict.fromkeys(ids, 1)
    assert list(context.blobs.recent(seconds=1e9)) != []


@pytest.mark.slow
def test_every_accepted_job_ends_once_though_its_workers_are_killed(
    context: Context, settings: Settings
) -> None:
    with programs.worker(settings, step_s=0.6) as consumer:
        ids = [send(context, seed=seed) for seed in range(12)]
        chance = random.Random(1)
        for _ in range(6):
            wait(lambda: states(context)["decoding"] + states(context)["measuring"] > 0 or ended(context, 12))
            time.sleep(chance.uniform(0, 0.5))
            victims = children(consumer.pid)
            os.kill(chance.choice(victims), signal.SIGKILL)
            time.sleep(1.5)
        wait(lambda: ended(context, 12), timeout_s=90)
    found = results(context)
    with context.database.read() as session:
        for job in session.scalars(select(Job)):
            assert job.attempts <= 3
            assert found[job.submission_id or ""] == (1 if job.state == "done" else 0)
            assert job.state == "done" or job.reason_code == "worker_lost"
    assert sorted(found) == sorted(ids)


def test_a_killed_workers_job_starts_again_soon(context: Context, settings: Settings) -> None:
    with programs.worker(settings, step_s=1) as consumer:
        send(context, seed=1)
        wait(lambda: states(context)["measuring"] == 1)
        with context.database.read() as session:
            name = session.scalars(select(Job.worker)).one()
        assert name is not None
        os.kill(int(name.rpartition("-")[2]), signal.SIGKILL)
        killed_at = time.monotonic()
        wait(lambda: _attempts(context) == 2)
        assert time.monotonic() - killed_at < LEASE_S + 10
        wait(lambda: states(context) == {"done": 1})
        assert consumer.poll() is None


@pytest.mark.slow
def test_term_drains(context: Context, settings: Settings) -> None:
    with programs.worker(settings, step_s=2) as consumer:
        for seed in range(4):
            send(context, seed=seed)
        wait(lambda: states(context)["queued"] == 2)
        consumer.send_signal(signal.SIGTERM)
        assert consumer.wait(timeout=30) == 0
        assert states(context) == {"done": 2, "queued": 2}
    with programs.worker(settings):
        wait(lambda: states(context) == {"done": 4})


@pytest.mark.slow
def test_workers_die_with_their_consumer(context: Context, settings: Settings) -> None:
    with programs.worker(settings) as consumer:
        wait(lambda: len(children(consumer.pid)) >= settings.workers)
        time.sleep(1)
        pids = children(consumer.pid)
        os.kill(consumer.pid, signal.SIGKILL)
        consumer.wait()
        wait(lambda: not any(_alive(pid) for pid in pids))


@pytest.mark.slow
def test_a_message_that_got_lost_is_told_again(context: Context, settings: Settings) -> None:
    send(context, seed=1)
    context.queue.huey.flush()  # type: ignore[attr-defined]
    assert context.queue.depth() == 0
    with programs.worker(settings):
        wait(lambda: states(context) == {"done": 1})


def ended(context: Context, n: int) -> bool:
    now = states(context)
    return now["done"] + now["failed"] == n


def _attempts(context: Context) -> int:
    with context.database.read() as session:
        return session.scalars(select(Job.attempts)).one()


def _alive(pid: int) -> bool:
    status = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return status.stdout.strip()[:1] not in ("", "Z")
