"""Chores that must happen now and then in some worker process, each harmless when done twice."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.db import Database, utcnow
from app.errors import AppError, WorkerLost
from app.jobs import service
from app.jobs.queue import Queue
from app.words import sentence

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chore:
    every_s: float
    do: Callable[[], object]


class Housekeeper(threading.Thread):
    """Does each chore at its interval until the process ends."""

    def __init__(self, chores: Sequence[Chore]) -> None:
        super().__init__(name="housekeeper", daemon=True)
        self._chores = chores
        self._due = dict.fromkeys(chores, 0.0)

    def run(self) -> None:
        while True:
            self.tick(time.monotonic())
            time.sleep(1)

    def tick(self, now: float) -> None:
        for chore in self._chores:
            if now >= self._due[chore]:
                self._due[chore] = now + chore.every_s
                _try(chore.do)


def requeue_lost(database: Database, *, queue: Queue) -> None:
    """Jobs of dead workers go back, and messages that got lost are sent again."""
    now = utcnow()
    with database.read() as session:
        lost = service.has_lost(session, now=now)
    if lost:
        error = WorkerLost(attempts=service.MAX_ATTEMPTS)
        with database.write() as session:
            service.reap(session, code=error.code, reason=sentence(error), now=now)
    with database.read() as session:
        ready = service.ready(session, now=now, limit=500)
    for job_id in ready[queue.depth() :]:
        queue.wake(job_id)


def _try(do: Callable[[], object]) -> None:
    try:
        do()
    except (SQLAlchemyError, RedisError, AppError, OSError):
        log.warning("a chore failed and will be tried again", exc_info=True)
