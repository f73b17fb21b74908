"""PostgreSQL and Redis go away under load and come back: what was accepted is not lost."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from app.config import Settings
from app.context import Context, open_context
from tests.app import programs
from tests.app.programs import wait
from tests.app.test_kills import results, send, states
from tests.services import Postgres, Redis

TIMES = 3


@pytest.fixture
def settings(postgres_server: Postgres, redis_server: Redis, tmp_path: Path) -> Settings:
    return Settings(
        state_dir=tmp_path / "state",
        database_url=postgres_server.create_database(),
        redis_url=redis_server.url,
        secret_key="k" * 32,
        lease_s=4,
    )


@pytest.fixture
def context(settings: Settings) -> Iterator[Context]:
    programs.prepare(settings)
    made = open_context(settings)
    yield made
    made.database.close()


@pytest.mark.slow
def test_outages_lose_no_accepted_job(
    context: Context, settings: Settings, postgres_server: Postgres, redis_server: Redis
) -> None:
    accepted = []
    with programs.worker(settings, step_s=0.4):
        for time in range(TIMES):
            accepted += [_sent(context, seed=4 * time + n) for n in range(2)]
            redis_server.stop(how=signal.SIGKILL)
            accepted += [_sent(context, seed=4 * time + 2)]
            redis_server.start()
            postgres_server.stop(how=signal.SIGINT)
            accepted += [_sent(context, seed=4 * time + 3)]
            postgres_server.start()
        ids = {id for id in accepted if id is not None}
        assert len(ids) == 3 * TIMES, "only what was sent while the database was away is refused"
        wait(lambda: states(context)["done"] >= len(ids), timeout_s=90)
    found = results(context)
    assert {id: found[id] for id in ids} == dict.fromkeys(ids, 1)


def _sent(context: Context, *, seed: int) -> str | None:
    try:
        return send(context, seed=seed)
    except SQLAlchemyError:
        return None
