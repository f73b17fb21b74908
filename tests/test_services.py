"""The servers that other tests stand on: they start, keep what they acknowledged, and come back."""

import signal

import psycopg
import pytest
import redis
import sqlalchemy as sa

from tests.services import Postgres, Redis


def test_each_postgres_database_is_empty_and_of_its_own(postgres_url: str) -> None:
    engine = sa.create_engine(postgres_url)
    with engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == []
        connection.execute(sa.text("CREATE TABLE left_behind (id int)"))
    engine.dispose()


test_and_again = test_each_postgres_database_is_empty_and_of_its_own


def test_postgres_keeps_a_committed_row_when_killed(postgres_server: Postgres) -> None:
    url = postgres_server.create_database().replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
    postgres_server.restart(how=signal.SIGQUIT)  # "immediate": recovers from its log at the next start
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT value FROM kept").fetchall() == [(7,)]


def test_redis_keeps_an_acknowledged_write_when_killed(redis_server: Redis) -> None:
    with redis.Redis.from_url(redis_server.url) as client:
        client.set("job", "7")
    redis_server.restart(how=signal.SIGKILL)
    with redis.Redis.from_url(redis_server.url) as client:
        assert client.get("job") == b"7"


@pytest.mark.parametrize("attempt", ["first", "second"])
def test_each_test_finds_redis_empty(redis_url: str, attempt: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set(attempt, "x")
