"""What a worker makes of whatever happens to it."""

import logging
import threading
import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.context import Context
from app.db import utcnow
from app.jobs.housekeeper import Chore, Housekeeper, requeue_lost
from app.jobs.tables import Job
from app.jobs.worker import Worker
from app.schema import StoredBlob, Submission
from app.submissions import service
from app.submissions.analyst import Analyst
from app.submissions.findings import Record
from ml.errors import DecoderCrashed, ModelTampered, Silent
from ml.words import error_sentence
from tests.app.conftest import API, get, send
from tests.app.fakes import DECLARED, FakeEngine

DRAWN = ["chromagram", *(f"spectrogram-{channel}" for channel in "LMRS")]


def job(context: Context) -> Job:
    with context.database.read() as session:
        return session.scalars(select(Job)).one()


@pytest.mark.parametrize("error", [Silent(peak_db=-99.0), DecoderCrashed(signal=11)], ids=lambda e: e.code)
def test_the_files_own_fault_is_told_at_once_and_its_audio_goes(
    owner: FlaskClient, worker: Worker, engine: FakeEngine, context: Context, error: Exception
) -> None:
    id = send(owner, keep_audio="true")["id"]
    engine.error = error
    worker.run_next()
    failed = get(owner, id)
    assert (failed["status"], failed["error"]["code"]) == ("failed", error.code)  # type: ignore[attr-defined]
    assert failed["error"]["message"] == error_sentence(error)  # type: ignore[arg-type]
    assert failed["declared"] == DECLARED
    assert job(context).attempts == 1
    service.forget_audio(context.database, blobs=context.blobs)
    with context.database.read() as session:
        assert session.scalars(select(StoredBlob)).all() == []


@pytest.mark.parametrize(
    ("error", "code"), [(RuntimeError("?"), "internal"), (ModelTampered(path="x"), "model_tampered")]
)
def test_a_fault_of_ours_is_tried_three_times(
    owner: FlaskClient,
    worker: Worker,
    engine: FakeEngine,
    context: Context,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    code: str,
) -> None:
    caplog.set_level(logging.CRITICAL)
    id = send(owner)["id"]
    engine.error = error
    for attempt in (1, 2, 3):
        assert worker.run_next() is not None
        assert job(context).attempts == attempt
        _due_now(context)
    assert worker.run_next() is None
    assert get(owner, id)["error"]["code"] == code


def test_cancelling_stops_the_work_soon(
    owner: FlaskClient, worker: Worker, engine: FakeEngine, context: Context
) -> None:
    id = send(owner)["id"]
    engine.step_s = 20
    thread = threading.Thread(target=worker.run_next)
    thread.start()
    while get(owner, id)["status"] == "queued":
        time.sleep(0.02)
    start = time.monotonic()
    assert owner.post(f"{API}/{id}/cancel").status_code == 204
    thread.join()
    assert time.monotonic() - start < 3
    assert get(owner, id)["status"] == "cancelled"
    assert not (context.settings.state_dir / "blobs").exists() or _blobs(context) == []


def test_deleting_stops_the_work_and_leaves_nothing(
    owner: FlaskClient, worker: Worker, engine: FakeEngine, context: Context
) -> None:
    id = send(owner)["id"]
    engine.step_s = 0.7
    thread = threading.Thread(target=worker.run_next)
    thread.start()
    while get(owner, id)["status"] == "queued":
        time.sleep(0.02)
    assert owner.delete(f"{API}/{id}").status_code == 204
    thread.join()
    assert _blobs(context) == []
    with context.database.read() as session:
        assert session.scalars(select(Submission)).all() == []


def test_the_claims_are_shown_before_the_answer(
    owner: FlaskClient, worker: Worker, engine: FakeEngine
) -> None:
    id = send(owner)["id"]
    engine.step_s = 1
    thread = threading.Thread(target=worker.run_next)
    thread.start()
    seen = {}
    while (now := get(owner, id))["status"] != "done":
        seen[now["status"]] = now["declared"]
        time.sleep(0.05)
    thread.join()
    assert seen["decoding"] == seen["measuring"] == DECLARED


def test_the_spectrogram_is_shown_before_the_answer(
    owner: FlaskClient, worker: Worker, engine: FakeEngine
) -> None:
    id = send(owner)["id"]
    engine.step_s = 1
    thread = threading.Thread(target=worker.run_next)
    thread.start()
    etags: dict[bool, set[str]] = {False: set(), True: set()}
    while (now := owner.get(f"{API}/{id}").get_json())["status"] != "done":
        answer = owner.get(f"{API}/{id}")
        drawn = bool(answer.get_json()["spectrogram"])
        etags[drawn].add(answer.headers["ETag"])
        if now["spectrogram"]:
            assert now["quality"] is None
            assert owner.get(f"{API}/{id}/spectrogram.png?channel=S").status_code == 200
            assert "data-viewer" in owner.get(f"/s/{id}").text
        time.sleep(0.05)
    thread.join()
    assert etags[True]
    assert not etags[True] & etags[False]
    assert owner.get(f"{API}/{id}/spectrogram.png?channel=S").status_code == 200


def test_what_was_drawn_before_a_fault_is_drawn_again(
    owner: FlaskClient, worker: Worker, engine: FakeEngine, context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    id = send(owner)["id"]
    engine.error = RuntimeError("after drawing")
    worker.run_next()
    pictures = _blobs(context)
    assert get(owner, id)["spectrogram"]
    engine.error = None
    _due_now(context)
    worker.run_next()
    assert get(owner, id)["status"] == "done"
    assert len([blob for blob in _blobs(context) if blob in pictures]) == len(DRAWN)


def test_cancelling_takes_the_drawn_spectrogram_along(
    owner: FlaskClient, worker: Worker, engine: FakeEngine, context: Context
) -> None:
    id = send(owner)["id"]
    engine.step_s = 2
    thread = threading.Thread(target=worker.run_next)
    thread.start()
    while not get(owner, id)["spectrogram"]:
        time.sleep(0.05)
    assert owner.post(f"{API}/{id}/cancel").status_code == 204
    thread.join()
    assert get(owner, id)["spectrogram"] is None
    assert _blobs(context) == []


def test_a_stopping_worker_gives_its_job_back(
    owner: FlaskClient, worker: Worker, engine: FakeEngine, context: Context
) -> None:
    send(owner)
    engine.error = KeyboardInterrupt()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        worker.run_next()
    assert (job(context).state, job(context).attempts) == ("queued", 0)


def test_a_worker_that_lost_its_lease_stores_nothing(
    owner: FlaskClient, context: Context, engine: FakeEngine
) -> None:
    id = send(owner)["id"]

    class Slow(Analyst):
        """Measures so long that the job is given to somebody else."""

        def __call__(self, claim, **how):  # type: ignore[no-untyped-def]
            result = super().__call__(claim, **how)
            with context.database.write() as session:
                session.get_one(Job, claim.job_id).worker = "somebody else"
            return result

    slow = Slow(context.database, blobs=context.blobs, engine=engine)
    Worker(context.database, name="slow", perform=slow).run_next()
    assert get(owner, id)["quality"] is None
    assert {use.name for use in _uses(context)} == {"original", *DRAWN}  # drawn while it was ours; no card


def test_what_is_drawn_after_the_lease_was_lost_is_not_stored(
    owner: FlaskClient, engine: FakeEngine, context: Context
) -> None:
    id = send(owner)["id"]

    class Slow(FakeEngine):
        """Decodes so long that the job is given to somebody else."""

        def probe(self, path: Path) -> Record:
            with context.database.write() as session:
                session.scalars(select(Job)).one().worker = "somebody else"
            return super().probe(path)

    slow = Analyst(context.database, blobs=context.blobs, engine=Slow(version_id=engine.version_id))
    Worker(context.database, name="slow", perform=slow).run_next()
    assert get(owner, id)["spectrogram"] is None
    assert [use.name for use in _uses(context)] == ["original"]


def test_a_new_champion_means_measuring_again(
    owner: FlaskClient, worker: Worker, engine: FakeEngine, context: Context
) -> None:
    send(owner)
    worker.run_next()
    send(owner)
    worker.run_next()
    assert len(engine.heard) == 1
    engine.version_id = _promote(context)
    id = send(owner)["id"]
    worker.run_next()
    assert len(engine.heard) == 2
    assert get(owner, id)["model"]["quality"]["version"] == "q2"


def test_the_housekeeper_survives_a_failing_chore(caplog: pytest.LogCaptureFixture) -> None:
    done = []

    def fail() -> None:
        raise OSError("disk")

    keeper = Housekeeper([Chore(5, fail), Chore(5, lambda: done.append(1))])
    keeper.tick(10.0)
    keeper.tick(14.0)
    keeper.tick(15.0)
    assert done == [1, 1]


def test_lost_messages_are_sent_once_each(owner: FlaskClient, context: Context) -> None:
    for _ in range(3):
        send(owner)
    context.queue.huey.flush()  # type: ignore[attr-defined]
    for _ in range(2):
        requeue_lost(context.database, queue=context.queue)
        assert context.queue.depth() == 3


def _promote(context: Context) -> int:
    from app.registry import service as registry

    manifest = {"feature_version": "f1", "sha256": "1" * 64}
    with context.database.write() as session:
        old = registry.champions(session)["quality"]
        new = registry.register(
            session, task="quality", version="q2", manifest=manifest, path=None, now=utcnow()
        )
        registry.promote(session, new, by="admin", why="better", expected_id=old.id, now=utcnow())
        return new.id


def _due_now(context: Context) -> None:
    with context.database.write() as session:
        session.scalars(select(Job)).one().not_before = None


def _blobs(context: Context) -> list[str]:
    return [path.name for path in (context.settings.state_dir / "blobs").glob("*/*")]


def _uses(context: Context) -> list[StoredBlob]:
    with context.database.read() as session:
        return list(session.scalars(select(StoredBlob)))
