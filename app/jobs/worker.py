"""Takes one job, does it, writes down how it ended. What "doing" means is given from outside."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from sqlalchemy.orm import Session

from app.db import Database, utcnow
from app.errors import Internal
from app.jobs import service
from app.jobs.pulse import Pulse
from app.jobs.service import MAX_ATTEMPTS, Claim
from app.words import sentence
from ml.errors import Cancelled, InputError, LineageError, SandboxError

log = logging.getLogger(__name__)
RETRY_DELAY: Final = timedelta(seconds=5)


class Result(Protocol):
    """What a job brought, not yet stored."""

    def store(self, session: Session) -> None:
        """Called at most once, in the transaction that ends the job."""

    def close(self) -> None:
        """Called in any case: throw away what was not stored."""


class Perform(Protocol):
    """Does the work of one claim. It may be interrupted anywhere and called again."""

    def __call__(
        self, claim: Claim, *, on_progress: Callable[[str, float], None], cancelled: Callable[[], bool]
    ) -> Result: ...


def by_kind(performs: Mapping[str, Perform]) -> Perform:
    """One that leaves each claim to the one of its kind."""

    def perform(
        claim: Claim, *, on_progress: Callable[[str, float], None], cancelled: Callable[[], bool]
    ) -> Result:
        return performs[claim.kind](claim, on_progress=on_progress, cancelled=cancelled)

    return perform


class Worker:
    """One process's share of the work."""

    def __init__(
        self,
        database: Database,
        *,
        name: str,
        perform: Perform,
        long_lanes: int = 1,
        lease: timedelta = timedelta(seconds=20),
        clock: Callable[[], datetime] = utcnow,
    ) -> None:
        self._database, self._name, self._perform = database, name, perform
        self._long_lanes, self._lease, self._clock = long_lanes, lease, clock

    def run_next(self) -> Claim | None:
        """The claim that was worked on; None: nothing to do."""
        with self._database.write() as session:
            claim = service.claim_next(
                session,
                worker=self._name,
                long_lanes=self._long_lanes,
                lease=self._lease,
                now=self._clock(),
            )
        if claim is not None:
            self._run(claim)
        return claim

    def _run(self, claim: Claim) -> None:
        try:
            with Pulse(self._database, claim, clock=self._clock) as pulse:
                result = self._perform(claim, on_progress=pulse.progress, cancelled=pulse.lost)
                self._finish(claim, result)
        except Cancelled:
            log.info("job %s: stopped on request", claim.job_id)
        except (InputError, SandboxError) as error:
            self._fail(claim, error)
        except Exception as error:  # noqa: BLE001  the worker loop must outlive any job
            self._again(claim, error)
        except BaseException:
            with self._database.write() as session:
                service.release(session, claim)
            raise

    def _finish(self, claim: Claim, result: Result) -> None:
        try:
            with self._database.write() as session:
                if service.finish(session, claim, now=self._clock()):
                    result.store(session)
                else:
                    log.info("job %s: no longer ours, result dropped", claim.job_id)
        finally:
            result.close()

    def _fail(self, claim: Claim, error: LineageError) -> None:
        log.info("job %s failed: %s %s", claim.job_id, error.code, error)
        facts: dict[str, Any] = {key: _plain(value) for key, value in error.facts.items()}
        with self._database.write() as session:
            service.fail(
                session, claim, code=error.code, facts=facts, reason=sentence(error), now=self._clock()
            )

    def _again(self, claim: Claim, error: Exception) -> None:
        log.exception("job %s, attempt %s", claim.job_id, claim.attempt, exc_info=error)
        if claim.attempt >= MAX_ATTEMPTS:
            ours = isinstance(error, LineageError)
            self._fail(claim, error if ours else Internal(attempts=claim.attempt))  # type: ignore[arg-type]
            return
        with self._database.write() as session:
            service.retry(session, claim, delay=RETRY_DELAY * claim.attempt, now=self._clock())


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | None) else str(value)
