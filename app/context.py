"""The few long-lived things that views and workers need."""

from dataclasses import dataclass
from typing import Final

from flask import current_app

from app.admin.switches import Switches
from app.config import Settings
from app.db import Database
from app.jobs.queue import HueyQueue, Queue
from app.storage.blobs import BlobStore, DirectoryStore

KEY: Final = "lineage"
"""Where an application keeps its context: ``app.extensions[KEY]``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One for each process."""

    settings: Settings
    database: Database
    blobs: BlobStore
    queue: Queue
    switches: Switches


def open_context(settings: Settings) -> Context:
    """Connections are made on first use."""
    database = Database(settings.database, busy_timeout_s=settings.busy_timeout_s)
    return Context(
        settings=settings,
        database=database,
        blobs=DirectoryStore(settings.state_dir),
        queue=HueyQueue(redis_url=settings.redis_url, state_dir=settings.state_dir),
        switches=Switches(database),
    )


def here() -> Context:
    """Of the application that answers now."""
    context = current_app.extensions[KEY]
    assert isinstance(context, Context)
    return context
