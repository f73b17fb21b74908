"""The migrated schema is the declared one; going down and up again keeps what both versions know."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, inspect, select

from app import migrate
from app.db import Database, utcnow
from app.jobs.service import enqueue
from app.schema import Job, Submission, metadata

ROWS = 10_000


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path}/t.sqlite"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    made = Database(url)
    yield made
    made.close()


def test_the_migrated_schema_is_the_declared_one(database: Database) -> None:
    migrate.upgrade(database)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_each_step_goes_up_and_down(database: Database) -> None:
    steps = migrate.revisions()
    for step in steps:
        migrate.upgrade(database, to=step)
        assert migrate.revision(database) == step
    for step in ["base", *steps][-2::-1]:
        migrate.downgrade(database, to=step)
    assert migrate.revision(database) is None
    assert inspect(database.engine).get_table_names() == ["alembic_version"]
    migrate.upgrade(database)
    assert migrate.revision(database) == steps[-1]


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    migrate.upgrade(database)
    migrate.upgrade(database)
    assert migrate.revision(database) == migrate.revisions()[-1]


def test_later_steps_keep_ten_thousand_rows(database: Database) -> None:
    migrate.upgrade(database)
    _fill(database)
    for step in migrate.revisions()[-2:0:-1]:  # the first step can only drop everything
        migrate.downgrade(database, to=step)
    migrate.upgrade(database)
    with database.read() as session:
        for table in (Submission, Job):
            assert session.scalar(select(func.count()).select_from(table)) == ROWS
        assert session.get_one(Submission, "s7").tasks == ["quality"]


def _fill(database: Database) -> None:
    now = utcnow()
    with database.write() as session:
        session.add_all(
            Submission(
                id=f"s{n}",
                owner_id="o",
                file=f"{n}.wav",
                size_bytes=n,
                sha256=f"{n:064x}",
                kind="audio",
                claim=None,
                tasks=["quality"],
                keep_audio=False,
                created_at=now,
            )
            for n in range(ROWS)
        )
        session.flush()
        for n in range(ROWS):
            enqueue(session, kind="analysis", submission_id=f"s{n}", size_bytes=n, now=now)
