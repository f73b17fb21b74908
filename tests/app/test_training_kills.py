"""Real processes, really killed in the middle of a training: the champion is untouched, no half candidate listed."""

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app.config import Settings
from app.context import Context, open_context
from app.jobs.tables import Job
from app.registry import service as registry
from app.registry.loader import Models
from app.registry.tables import ModelVersion
from app.retraining import runs
from tests import learning
from tests.app import programs, training
from tests.app.programs import children, wait

LEASE_S = 3


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path / "state", lease_s=LEASE_S, workers=1)


@pytest.fixture
def context(settings: Settings) -> Iterator[Context]:
    programs.prepare(settings)
    made = open_context(settings)
    training.first_model(made, learning.task(settings.state_dir))
    training.label_songs(made.database, learning.songs(20))
    yield made
    made.database.close()


def intact(context: Context, champion: int) -> None:
    """What holds at any moment, whatever was killed."""
    with context.database.read() as session:
        versions = list(session.scalars(select(ModelVersion)))
        listed = registry.champions(session)["quality"]
        assert listed.id == champion
        models = Models(key=training.KEY, folder=training.folder_of(context))
        for version in versions:
            if version.path is not None:
                assert models.load(version).manifest["sha256"] == version.sha256
        candidate = registry.aliased(session, registry.CANDIDATE).get("quality")
        for run in runs.newest(session):
            done = runs.state(run) == "done"
            assert done is (run.candidate_id is not None), "whole or not at all"
            if done:
                assert candidate is not None


@pytest.mark.slow
def test_a_killed_training_begins_again_or_fails_in_words(context: Context, settings: Settings) -> None:
    with context.database.read() as session:
        champion = registry.champions(session)["quality"].id
    chance = random.Random(1)
    with programs.worker(settings, step_s=0.02) as consumer:
        for _ in range(2):
            _train_under_fire(context, consumer.pid, chance=chance, champion=champion)


def _train_under_fire(context: Context, pid: int, *, chance: random.Random, champion: int) -> None:
    number = training.begin(context)
    context.queue.wake(0)
    for _ in range(2):
        wait(lambda: _job(context, number).state in ("training", "done"), timeout_s=90)
        time.sleep(chance.uniform(0, 1.0))
        for victim in children(pid):
            os.kill(victim, signal.SIGKILL)
        intact(context, champion)
    wait(lambda: _job(context, number).ended_at is not None, timeout_s=120)
    intact(context, champion)
    job = _job(context, number)
    assert job.state == "done" or job.reason_code == "worker_lost"


def _job(context: Context, number: int) -> Job:
    with context.database.read() as session:
        job = runs.get(session, number).job
    assert job is not None
    return job
