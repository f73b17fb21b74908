"""Which model answers: one champion a task, moved by one person at a time, verified before it is believed."""

import shutil
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from app.db import Database, utcnow
from app.errors import Conflict
from app.registry import service
from app.registry.loader import Models, shipped
from app.registry.tables import ModelVersion, Promotion
from ml import artifact
from ml.errors import ModelTampered

KEY = b"k" * 32


@pytest.fixture
def three(database: Database) -> list[int]:
    """Ids of three versions; the first is champion."""
    return [register(database, version=f"q{n}") for n in range(3)]


def register(database: Database, *, version: str, path: str | None = None) -> int:
    manifest = {"feature_version": "f1", "sha256": "0" * 64}
    with database.write() as session:
        return service.register(
            session, task="quality", version=version, manifest=manifest, path=path, now=utcnow()
        ).id


def champion(database: Database) -> int:
    with database.read() as session:
        return service.champions(session)["quality"].id


def promote(database: Database, to: int, *, expected: int) -> None:
    with database.write() as session:
        row = session.get_one(ModelVersion, to)
        service.promote(session, row, by="admin", why="better", expected_id=expected, now=utcnow())


def test_the_first_version_answers_and_registering_again_changes_nothing(database: Database) -> None:
    first = register(database, version="q0")
    assert register(database, version="q0") == first
    register(database, version="q1")
    assert champion(database) == first
    with database.read() as session:
        assert service.tasks(session) == ["quality"]
        assert [row.version for row in service.versions(session)] == ["q1", "q0"]


def test_a_promotion_is_logged(database: Database, three: list[int]) -> None:
    promote(database, three[1], expected=three[0])
    assert champion(database) == three[1]
    with database.read() as session:
        log = [(row.from_id, row.to_id) for row in session.scalars(select(Promotion).order_by(Promotion.id))]
    assert log == [(None, three[0]), (three[0], three[1])]


def test_of_two_admins_at_once_one_wins(database: Database, three: list[int]) -> None:
    start, lost = Barrier(2), []

    def admin(to: int) -> None:
        start.wait()
        try:
            promote(database, to, expected=three[0])
        except Conflict:
            lost.append(to)

    threads = [Thread(target=admin, args=(to,)) for to in three[1:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lost) == 1
    assert champion(database) in set(three[1:]) - set(lost)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped model as one of this installation."""
    if not artifact.is_shipped("quality"):
        pytest.skip("no model comes with the code yet")
    shutil.copytree(artifact.SHIPPED / "quality", tmp_path / "m")
    artifact.sign(tmp_path / "m", key=KEY)
    return tmp_path / "m"


def test_a_refused_champion_leaves_the_last_good_one(database: Database, folder: Path) -> None:
    good = register(database, version="q0", path=str(folder))
    models = Models(key=KEY)
    assert _answering(database, models) == good
    bad = folder.parent / "bad"
    shutil.copytree(folder, bad)
    with (bad / artifact.MODEL).open("r+b") as file:
        file.seek(1000)
        file.write(b"!")
    promote(database, register(database, version="q1", path=str(bad)), expected=good)
    assert _answering(database, models) == good
    assert _answering(database, Models(key=KEY)) == good, "a new process takes the last one that served"
    with (folder / artifact.MODEL).open("r+b") as file:
        file.write(b"!")
    with pytest.raises(ModelTampered), database.read() as session:
        Models(key=KEY).refresh(session)
    assert _answering(database, models) == good


def test_a_new_champion_answers_at_the_next_job(database: Database, folder: Path) -> None:
    first, second = (register(database, version=v, path=str(folder)) for v in ("q0", "q1"))
    models = Models(key=KEY)
    assert _answering(database, models) == first
    promote(database, second, expected=first)
    assert _answering(database, models) == second
    promote(database, first, expected=second)
    assert _answering(database, models) == first


def shipped_row(database: Database, *, version: str, sha256: str, features: str = "f1") -> int:
    manifest = {"task": "quality", "version": version, "feature_version": features, "sha256": sha256 * 64}
    with database.write() as session:
        return service.register_shipped(session, manifest, now=utcnow()).id


def test_a_new_release_takes_over_from_an_older_one(database: Database) -> None:
    """Also when both use one name; the older one's file is gone."""
    first = shipped_row(database, version="1-9", sha256="a")
    assert shipped_row(database, version="1-9", sha256="a") == first == champion(database)
    second = shipped_row(database, version="1-9", sha256="b")
    assert second != first
    assert champion(database) == second


def test_a_new_release_leaves_a_trained_champion_that_can_still_answer(database: Database) -> None:
    first = shipped_row(database, version="1-9", sha256="a")
    trained = register(database, version="r1", path="quality/r1")
    promote(database, trained, expected=first)
    shipped_row(database, version="2-9", sha256="b")
    assert champion(database) == trained
    newest = shipped_row(database, version="3-9", sha256="c", features="f2")
    assert champion(database) == newest, "nothing measures the old features any more"


def test_what_comes_with_the_code_is_verified(folder: Path) -> None:
    assert [manifest["task"] for manifest in shipped()] == ["quality", "genre"]


def _answering(database: Database, models: Models) -> int:
    with database.read() as session:
        return models.refresh(session)["quality"].version_id
