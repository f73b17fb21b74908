"""The queue behind the job rows. A message only says "look": losing or doubling one harms nothing."""

import logging
import sqlite3
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from huey import Huey, PriorityRedisHuey, SqliteHuey
from redis import RedisError

log = logging.getLogger(__name__)
_DOWN = (sqlite3.Error, RedisError, OSError)


class Queue(Protocol):
    """What the rest of the application needs of a queue."""

    def wake(self, job_id: int) -> None:
        """Tell a worker. Never raises: the housekeeper tells again what was lost."""

    def depth(self) -> int:
        """Messages that nobody took yet."""


class HueyQueue:
    """SQLite by default, Redis when a URL is given."""

    def __init__(self, *, redis_url: str, state_dir: Path) -> None:
        self._redis_url = redis_url
        self._state_dir = state_dir
        self.work: Callable[[int], None] | None = None
        """Set in worker processes only."""

    @cached_property
    def huey(self) -> Huey:
        if self._redis_url:
            return PriorityRedisHuey("lineage", url=self._redis_url, results=False)
        self._state_dir.mkdir(parents=True, exist_ok=True)
        return SqliteHuey(
            "lineage", filename=str(self._state_dir / "queue.sqlite"), results=False, timeout=10
        )

    @cached_property
    def task(self) -> Any:
        return self.huey.task(name="work")(self._work)

    def wake(self, job_id: int) -> None:
        try:
            self.task(job_id)
        except _DOWN as error:
            log.warning("queue unreachable, job %s waits for the housekeeper: %s", job_id, error)

    def depth(self) -> int:
        return int(self.huey.pending_count())

    def _work(self, job_id: int) -> None:
        assert self.work is not None, "only workers run jobs"
        self.work(job_id)
