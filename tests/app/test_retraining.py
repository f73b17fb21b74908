"""Accepted labels become a candidate: once, whole, from what was written down before it began."""

from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.admin.tables import Act, Switch
from app.context import Context
from app.db import utcnow
from app.errors import TooLate, TrainingAlready, UnknownTask
from app.jobs import service as jobs
from app.jobs.tables import Job
from app.registry import service as registry
from app.registry.loader import Models
from app.registry.tables import ModelVersion
from app.retraining import runs
from app.retraining.songs import NOT_KEPT, Song, as_rows
from app.retraining.tables import TrainingRow, TrainingRun
from app.submissions import service as submissions
from ml.errors import Cancelled
from ml.features.spec import FeatureSpec
from ml.retraining import Songs
from ml.tasks import Task
from tests import learning
from tests.app import training
from tests.app.conftest import send
from tests.app.fakes import wav


@pytest.fixture
def task(tmp_path: Path, context: Context) -> Task:
    made = learning.task(tmp_path)
    training.first_model(context, made)
    return made


def says(context: Context, number: int) -> list[str]:
    with context.database.read() as session:
        return [note.says for note in runs.notes(session, number)]


def switch(context: Context, name: str, value: object) -> None:
    with context.database.write() as session:
        session.merge(Switch(name=name, value={"value": value}, by="test", changed_at=utcnow()))


def test_a_run_makes_a_candidate_that_has_learnt(context: Context, task: Task) -> None:
    ids = training.label_songs(context.database, learning.songs(40))
    run = training.train(context, task)
    assert runs.state(run) == "done", (run.job and run.job.reason, says(context, run.id))
    assert run.candidate is not None
    assert run.snapshot is not None
    assert run.comparison is not None
    assert run.snapshot["songs"] == 40
    with context.database.read() as session:
        assert registry.aliased(session, registry.CANDIDATE)["quality"].id == run.candidate_id
        assert registry.champions(session)["quality"].id == run.champion_id != run.candidate_id
        rows = list(session.scalars(select(TrainingRow).where(TrainingRow.run_id == run.id)))
        loaded = Models(key=training.KEY, folder=training.folder_of(context)).load(run.candidate)
    assert {row.submission_id for row in rows} == set(ids)
    assert {row.champion_says for row in rows} == {"lossless"}
    assert sum(row.candidate_says == "mp3-128" for row in rows) > 30
    assert loaded.manifest["sha256"] == run.candidate.sha256
    assert loaded.version == run.candidate.version
    assert run.comparison["champion"]["stand_in"]
    assert run.comparison["gate"]["passes"]
    assert [path.name for path in (training.folder_of(context) / "quality").iterdir()] != []
    assert not [p for p in (training.folder_of(context) / "quality").iterdir() if p.name.startswith(".")]


def test_the_same_labels_have_the_same_snapshot(context: Context, task: Task) -> None:
    training.label_songs(context.database, learning.songs(5))
    one, other = (training.train(context, task) for _ in range(2))
    assert one.snapshot_sha256 == other.snapshot_sha256
    training.label_songs(context.database, learning.songs(1, seed=5))
    assert training.train(context, task).snapshot_sha256 != one.snapshot_sha256


def test_a_stand_in_is_made_once_for_a_base_table(context: Context, task: Task) -> None:
    first, second = (training.train(context, task) for _ in range(2))
    assert any("stands in" in line for line in says(context, first.id))
    assert not any("stands in" in line for line in says(context, second.id))
    assert first.comparison is not None
    assert second.comparison is not None
    assert first.comparison["champion"]["said"] == second.comparison["champion"]["said"]


def test_features_of_another_version_are_measured_again_or_left_out(
    context: Context, task: Task, owner: FlaskClient, worker: object
) -> None:
    kept = send(owner, wav(seed=3), keep_audio="true")["id"]
    worker.run_next()  # type: ignore[attr-defined]  # stores features of version f1
    with context.database.write() as session:
        from app.labels.tables import Decision

        session.add(
            Decision(
                submission_id=kept, task="quality", label="mp3-320", weight=1.0, by="c", why="", at=utcnow()
            )
        )
    training.label_songs(context.database, learning.songs(3), feature_version="old")
    fine = training.label_songs(context.database, learning.songs(2, seed=9))
    run = training.train(context, task)
    assert run.snapshot is not None
    assert run.snapshot["left_out"] == {NOT_KEPT: 3}
    assert run.snapshot["songs"] == 3
    with context.database.read() as session:
        learnt = set(session.scalars(select(TrainingRow.submission_id)))
    assert learnt == {kept, *fine}
    with context.database.read() as session:
        song = submissions.get(session, kept)
    submissions.withdraw_audio(context.database, song, blobs=context.blobs)
    again = training.train(context, task)
    assert again.snapshot is not None
    assert again.snapshot["songs"] == 3, "what was measured again is kept"
    assert again.snapshot_sha256 == run.snapshot_sha256


def test_the_same_bytes_count_as_one_song(context: Context, task: Task) -> None:
    """A careless account that sends one file twenty times moves no more than one who sends it once."""
    from app.labels.decisions import Accepted

    x = np.zeros(len(learning.SPEC.names), dtype=np.float32)
    many = [Song(Accepted(i, f"s{i}", "mp3-128", 1.0), "same", x) for i in range(20)]
    made = as_rows([*many, Song(Accepted(99, "t", "lossless", 1.0), "other", x)], learning.SPEC)
    assert made.weights[:20].sum() == pytest.approx(1.0)
    assert made.weights[20] == 1.0
    assert len(set(made.groups)) == 2
    assert len(as_rows([], learning.SPEC)) == 0


def test_a_deleted_song_teaches_nothing(context: Context, task: Task) -> None:
    ids = training.label_songs(context.database, learning.songs(4))
    with context.database.read() as session:
        gone = submissions.get(session, ids[0])
    submissions.delete(context.database, gone, blobs=context.blobs)
    run = training.train(context, task)
    assert run.snapshot is not None
    assert run.snapshot["songs"] == 3


def test_a_second_attempt_takes_what_the_first_wrote_down(context: Context, task: Task) -> None:
    """Killed after the snapshot: labels that came later wait for the next run."""
    training.label_songs(context.database, learning.songs(4))
    number = training.begin(context)
    lost = training.trainer(context, task)
    lost._learner = _killed  # type: ignore[method-assign,assignment]
    claim = _claim(context)
    with pytest.raises(KeyboardInterrupt):
        lost(claim, on_progress=lambda *_: None, cancelled=lambda: False)
    before = training.read(context, number)
    training.label_songs(context.database, learning.songs(7, seed=8))
    with context.database.write() as session:
        assert jobs.retry(session, claim, delay=utcnow() - utcnow(), now=utcnow())
    training.worker(context, task).run_next()
    run = training.read(context, number)
    assert runs.state(run) == "done"
    assert run.snapshot == before.snapshot
    assert run.snapshot_sha256 == before.snapshot_sha256
    assert any(line.startswith("Attempt 2") for line in says(context, number))


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def _claim(context: Context) -> jobs.Claim:
    from datetime import timedelta

    with context.database.write() as session:
        claim = jobs.claim_next(
            session, worker="gone", long_lanes=1, lease=timedelta(seconds=20), now=utcnow()
        )
    assert claim is not None
    return claim


def test_remains_of_a_dead_attempt_are_overwritten_and_swept(context: Context, task: Task) -> None:
    number = training.begin(context)
    remains = training.folder_of(context) / "quality" / f"r{number}"
    remains.mkdir()
    (remains / "half").write_text("half")
    training.worker(context, task).run_next()
    assert runs.state(training.read(context, number)) == "done"
    assert not (remains / "half").exists()
    orphan = remains.parent / ".r99.gone.1"
    orphan.mkdir()
    runs.sweep(context.database, folder=training.folder_of(context))
    assert orphan.exists(), "it may still be written to"
    import os

    os.utime(orphan, (0, 0))
    os.utime(remains, (0, 0))
    runs.sweep(context.database, folder=training.folder_of(context))
    assert not orphan.exists()
    assert remains.exists()


def test_a_cancelled_run_leaves_nothing(context: Context, task: Task) -> None:
    number = training.begin(context)
    with context.database.write() as session:
        runs.cancel(session, number, by="account:root", now=utcnow())
    assert training.worker(context, task).run_next() is None
    assert runs.state(training.read(context, number)) == "cancelled"
    with context.database.write() as session, pytest.raises(TooLate):
        runs.cancel(session, number, by="account:root", now=utcnow())


def test_a_run_that_is_cancelled_while_it_trains_stops(context: Context, task: Task) -> None:
    number = training.begin(context)

    def cancel(_state: str, fraction: float) -> None:
        if fraction > 0.1:
            with context.database.write() as session:
                jobs.cancel_one(session, training.read(context, number).job_id or 0, now=utcnow())

    claim = _claim(context)
    stopped = lambda: runs.state(training.read(context, number)) == "cancelled"  # noqa: E731
    with pytest.raises(Cancelled):
        training.trainer(context, task)(claim, on_progress=cancel, cancelled=stopped)
    with context.database.read() as session:
        assert session.scalar(select(func.count()).select_from(ModelVersion)) == 2
        assert registry.aliased(session, registry.CANDIDATE) == {}


def test_measurements_of_another_release_end_it_in_words(context: Context, task: Task) -> None:
    from dataclasses import replace

    newer = replace(task, spec=lambda: FeatureSpec("quality", 91, learning.SPEC.names))
    number = training.begin(context)
    for _ in range(3):
        with context.database.write() as session:
            session.execute(Job.__table__.update().values(not_before=None))  # type: ignore[attr-defined]
        training.worker(context, newer).run_next()
    run = training.read(context, number)
    assert runs.state(run) == "failed"
    assert run.job is not None
    assert "other measurements" in (run.job.reason or "")


def test_one_at_a_time(context: Context, task: Task) -> None:
    training.begin(context)
    with pytest.raises(TrainingAlready):
        training.begin(context)
    training.worker(context, task).run_next()
    training.begin(context)


def test_an_unknown_task_is_refused(context: Context) -> None:
    with context.database.write() as session, pytest.raises(UnknownTask):
        runs.start(session, task="mood", trigger="button", by="x", now=utcnow())


def test_enough_new_labels_start_one_by_themselves(context: Context, task: Task) -> None:
    switch(context, "labels_per_retrain", 5)
    training.label_songs(context.database, learning.songs(4))
    runs.start_due(context.database, queue=context.queue)
    assert _n_runs(context) == 0
    training.label_songs(context.database, learning.songs(1, seed=3))
    runs.start_due(context.database, queue=context.queue)
    runs.start_due(context.database, queue=context.queue)
    assert _n_runs(context) == 1
    training.worker(context, task).run_next()
    runs.start_due(context.database, queue=context.queue)
    assert _n_runs(context) == 1, "those have been counted"
    switch(context, "labels_per_retrain", 0)
    training.label_songs(context.database, learning.songs(50, seed=4))
    runs.start_due(context.database, queue=context.queue)
    assert _n_runs(context) == 1


@pytest.mark.parametrize(
    ("chosen", "days", "starts"), [("daily", 2, True), ("weekly", 2, False), ("off", 99, False)]
)
def test_the_schedule_starts_one_where_there_is_something_new(
    context: Context, task: Task, chosen: str, days: int, starts: bool
) -> None:
    from datetime import timedelta

    switch(context, "retrain_schedule", chosen)
    later = utcnow() + timedelta(days=days)
    with context.database.read() as session:
        assert runs.due(session, "quality", now=later) is None, "nothing new"
    training.label_songs(context.database, learning.songs(1))
    with context.database.read() as session:
        assert (runs.due(session, "quality", now=later) == "schedule") is starts


def test_the_setting_decides_how_much_a_song_weighs(context: Context, task: Task) -> None:
    switch(context, "song_weight", 7.5)
    run = training.train(context, task)
    assert run.candidate is not None
    assert run.candidate.manifest["training"]["song_weight"] == 7.5


def test_automatic_promotion_is_off_unless_switched_on(context: Context, task: Task) -> None:
    training.label_songs(context.database, learning.songs(20))
    run = training.train(context, task)
    assert _champion(context) == run.champion_id
    switch(context, "auto_promote", True)
    run = training.train(context, task)
    assert _champion(context) == run.candidate_id


def test_automatic_promotion_stops_at_the_gate(context: Context, task: Task, tmp_path: Path) -> None:
    """A hundred wrong labels that weigh a lot: lossless becomes MP3."""
    switch(context, "auto_promote", True)
    switch(context, "song_weight", 20.0)
    rng = np.random.default_rng(0)
    X = learning.rows(np.array(["lossless"] * 100), rng=rng)
    names = np.array([f"wrong {i}" for i in range(100)])
    lies = Songs(X, np.array(["mp3-128"] * 100), names, np.ones(100), names)
    training.label_songs(context.database, lies)
    run = training.train(context, task)
    assert run.comparison is not None
    assert not run.comparison["gate"]["passes"]
    assert _champion(context) == run.champion_id
    assert "Not promoted by itself." in says(context, run.id)


def test_a_champion_that_learnt_a_song_is_quoted_from_before(context: Context, task: Task) -> None:
    """Both columns come from trees that never met the song, also when the champion was trained on it."""
    training.label_songs(context.database, learning.songs(30))
    switch(context, "auto_promote", True)
    first = training.train(context, task)
    second = training.train(context, task)
    assert second.champion_id == first.candidate_id
    with context.database.read() as session:
        told = {
            run: dict(
                session.execute(
                    select(TrainingRow.submission_id, column).where(TrainingRow.run_id == run)
                ).all()
            )
            for run, column in (
                (first.id, TrainingRow.candidate_says),
                (second.id, TrainingRow.champion_says),
            )
        }
    assert told[first.id] == told[second.id]
    assert second.comparison is not None
    assert not second.comparison["champion"]["stand_in"], "it never met the test part"


def test_starting_and_cancelling_are_in_the_audit_log(context: Context, task: Task) -> None:
    number = training.begin(context)
    with context.database.write() as session:
        runs.cancel(session, number, by="account:root", now=utcnow())
    with context.database.read() as session:
        acts = [(row.act, row.by) for row in session.scalars(select(Act).order_by(Act.id))]
    assert acts == [("model.retrain", "account:root"), ("model.retrain_cancel", "account:root")]


def _champion(context: Context) -> int:
    with context.database.read() as session:
        return registry.champions(session)["quality"].id


def _n_runs(context: Context) -> int:
    with context.database.read() as session:
        return session.scalar(select(func.count()).select_from(TrainingRun)) or 0
