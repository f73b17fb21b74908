"""Alembic's entry: uses the caller's connection, or the database that the environment names."""

import os

from alembic import context
from sqlalchemy import Connection

from app.config import Settings
from app.db import Database
from app.schema import metadata


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,  # SQLite can't ALTER most things
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    _migrate(given)
else:
    database = Database(Settings.from_env(os.environ).database)
    with database.engine.connect() as own:
        _migrate(own)
        own.commit()
    database.close()
