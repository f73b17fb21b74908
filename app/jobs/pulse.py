"""The heartbeat of one running job: renews the lease, reports progress, notices that it was taken away."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from app.db import Database
from app.jobs import service
from app.jobs.service import Claim
from app.jobs.tables import RUNNING

log = logging.getLogger(__name__)
BEAT_S: Final = 1.0


class Pulse:
    """``with Pulse(...) as pulse``: a thread beats until the block ends."""

    def __init__(self, database: Database, claim: Claim, *, clock: Callable[[], datetime]) -> None:
        self._database, self._claim, self._clock = database, claim, clock
        self._state, self._fraction = RUNNING[0], 0.0
        self._news, self._lost, self._over = threading.Event(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"pulse-{claim.job_id}", daemon=True)

    def progress(self, state: str, fraction: float) -> None:
        """How far we are; a new state is reported at once."""
        changed = state != self._state
        self._state, self._fraction = state, min(max(fraction, 0.0), 1.0)
        if changed:
            self._news.set()

    def lost(self) -> bool:
        """The job was cancelled, deleted, or its lease ended: stop soon."""
        return self._lost.is_set()

    def __enter__(self) -> "Pulse":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._news.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set() and not self._lost.is_set():
            self._news.wait(BEAT_S)
            self._news.clear()
            if not self._over.is_set():
                self._beat()

    def _beat(self) -> None:
        try:
            with self._database.write() as session:
                alive = service.beat(
                    session, self._claim, state=self._state, fraction=self._fraction, now=self._clock()
                )
        except SQLAlchemyError as error:  # the lease outlives a few missed beats
            log.warning("job %s: no heartbeat: %s", self._claim.job_id, error)
            return
        if not alive:
            self._lost.set()
