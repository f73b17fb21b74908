"""Alembic from Python: up, down, and where we stand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from app.db import Database

_FOLDER = Path(__file__).resolve().parent.parent / "migrations"


def upgrade(database: Database, *, to: str = "head") -> None:
    """All steps in one transaction: the schema is old or new, nothing between."""
    _run(database, command.upgrade, to)


def downgrade(database: Database, *, to: str) -> None:
    _run(database, command.downgrade, to)


def revision(database: Database) -> str | None:
    """Of the database; none: never migrated."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def revisions() -> list[str]:
    """Oldest first."""
    return [step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions()][::-1]


def _run(database: Database, step: Callable[..., None], to: str) -> None:
    config = _config()
    engine = database.engine.execution_options(lineage_write=True)
    with engine.connect() as connection, _foreign_keys_off(connection), connection.begin():
        config.attributes["connection"] = connection
        step(config, to)


@contextmanager
def _foreign_keys_off(connection: Connection) -> Iterator[None]:
    """SQLite alters a table by dropping its old copy; foreign keys would then delete what refers to it."""
    if connection.dialect.name != "sqlite":
        yield
        return
    sqlite: Any = connection.connection.driver_connection
    sqlite.execute("PRAGMA foreign_keys=OFF").close()
    try:
        yield
    finally:
        sqlite.execute("PRAGMA foreign_keys=ON").close()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    return config
