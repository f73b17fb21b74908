"""Moving the champion: under the gate, by one admin at a time, and back to what served."""

import os
import subprocess
import sys
import time
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.admin.tables import Act
from app.context import Context
from app.db import Database, utcnow
from app.errors import Conflict, GateRefused, NoGround, NothingBefore, NotUsable
from app.registry import service as registry
from app.registry.loader import Models
from app.registry.tables import ModelVersion, Promotion
from app.retraining import promotion
from ml import artifact
from tests.app import training
from tests.app.conftest import fill
from tests.ml.test_gate import GOOD, evaluation

WORSE = "L" * 3 + "A" * 7 + GOOD[10:]
API = "/api/v1/models"


@pytest.fixture
def four(database: Database, tmp_path: Path) -> list[int]:
    return [add(database, name, folder=tmp_path) for name in "abcd"]


def add(
    database: Database, version: str, *, folder: Path, said: str = GOOD, features: str = "f1", test: str = "t"
) -> int:
    """A version with its file and its answers to the test part."""
    path = folder / "quality" / version
    manifest = {
        "task": "quality",
        "version": version,
        "classes": ["L", "A", "B"],
        "feature_version": features,
        "evaluation": evaluation(said, test=test),
        "training": {"songs": 3},
    }
    artifact.save(path, estimator={"version": version}, manifest=manifest)
    artifact.sign(path, key=training.KEY)
    known = artifact.load(path, key=training.KEY).manifest
    with database.write() as session:
        return registry.register(
            session, task="quality", version=version, manifest=known, path=f"quality/{version}", now=utcnow()
        ).id


def champion(database: Database) -> int:
    with database.read() as session:
        return registry.champions(session)["quality"].id


def promote(database: Database, to: int, *, folder: Path, expected: int | None = None, **how: Any) -> None:
    options = {"by": "account:root", "why": "", "override": False} | how
    with database.write() as session:
        promotion.promote(
            session,
            registry.get(session, to),
            expected_id=champion(database) if expected is None else expected,
            folder=folder,
            now=utcnow(),
            **options,
        )


def roll_back(database: Database, *, folder: Path, expected: int | None = None) -> int:
    seen = champion(database) if expected is None else expected
    with database.write() as session:
        return promotion.roll_back(
            session, "quality", by="account:root", why="", expected_id=seen, folder=folder, now=utcnow()
        ).id


def test_it_goes_back_to_the_version_that_served(database: Database, four: list[int], tmp_path: Path) -> None:
    a, b, c, _ = four
    promote(database, b, folder=tmp_path)
    promote(database, c, folder=tmp_path)
    assert [roll_back(database, folder=tmp_path) for _ in range(2)] == [b, a]
    with pytest.raises(NothingBefore):
        roll_back(database, folder=tmp_path)
    assert champion(database) == a


def test_a_version_that_was_rolled_back_is_not_gone_back_to(
    database: Database, four: list[int], tmp_path: Path
) -> None:
    a, b, c, d = four
    promote(database, b, folder=tmp_path)
    assert roll_back(database, folder=tmp_path) == a
    promote(database, c, folder=tmp_path)
    assert roll_back(database, folder=tmp_path) == a, "b was before it in the list, but did not serve"
    promote(database, d, folder=tmp_path)
    promote(database, a, folder=tmp_path)
    assert roll_back(database, folder=tmp_path) == d, "an older version that was promoted on purpose"


def test_what_can_no_longer_answer_is_passed_over(
    database: Database, four: list[int], tmp_path: Path
) -> None:
    a, b, _, _ = four
    with database.write() as session:
        old = registry.register(
            session,
            task="quality",
            version="shipped",
            manifest={"feature_version": "f1", "sha256": "0" * 64},
            path=None,
            now=utcnow(),
        ).id
        registry.register(
            session,
            task="quality",
            version="shipped later",
            manifest={"feature_version": "f1", "sha256": "1" * 64},
            path=None,
            now=utcnow(),
        )
        registry.promote(session, registry.get(session, old), by="s", why="", expected_id=a, now=utcnow())
    promote(database, b, folder=tmp_path, override=True, why="test")
    assert roll_back(database, folder=tmp_path) == a
    with pytest.raises(NothingBefore):
        roll_back(database, folder=tmp_path)


def test_the_log_only_grows_and_says_who_and_why(database: Database, four: list[int], tmp_path: Path) -> None:
    a, b, _, _ = four
    promote(database, b, folder=tmp_path, why="sounds better")
    roll_back(database, folder=tmp_path)
    with database.read() as session:
        log = [(m.from_id, m.to_id, m.by, m.why) for m in registry.log(session, "quality")]
        acts = [(row.act, row.on) for row in session.scalars(select(Act).order_by(Act.id))]
    assert log[1:] == [(a, b, "account:root", "sounds better"), (b, a, "account:root", "rolled back")]
    assert acts == [("model.promote", "b"), ("model.roll_back", "a")]


def test_the_gate_stops_a_worse_one_unless_overridden_with_a_reason(
    database: Database, four: list[int], tmp_path: Path
) -> None:
    worse = add(database, "worse", folder=tmp_path, said=WORSE)
    with pytest.raises(GateRefused) as refused:
        promote(database, worse, folder=tmp_path, why="please")
    assert refused.value.facts["worse"] == ["false accusations", "L"]
    with pytest.raises(NoGround):
        promote(database, worse, folder=tmp_path, override=True, why="  ")
    assert champion(database) == four[0]
    promote(database, worse, folder=tmp_path, override=True, why="a trial")
    assert champion(database) == worse
    with database.read() as session:
        assert registry.log(session)[-1].why == "over the gate: a trial"


def test_what_was_not_measured_on_the_same_songs_does_not_pass(
    database: Database, four: list[int], tmp_path: Path
) -> None:
    other = add(database, "other", folder=tmp_path, test="another")
    with pytest.raises(GateRefused):
        promote(database, other, folder=tmp_path)


def test_a_version_that_cannot_answer_is_refused(database: Database, four: list[int], tmp_path: Path) -> None:
    foreign = add(database, "foreign", folder=tmp_path, features="f2")
    with pytest.raises(NotUsable):
        promote(database, foreign, folder=tmp_path)
    model = tmp_path / "quality" / "b" / "model.joblib"
    model.write_bytes(model.read_bytes()[:-1] + b"!")
    with pytest.raises(NotUsable):
        promote(database, four[1], folder=tmp_path)
    model.unlink()
    with pytest.raises(NotUsable):
        promote(database, four[1], folder=tmp_path)
    assert champion(database) == four[0]


@pytest.mark.parametrize("act", ["promote", "roll back"])
def test_of_two_admins_at_once_one_wins(
    database: Database, four: list[int], tmp_path: Path, act: str
) -> None:
    a, b, c, d = four
    promote(database, b, folder=tmp_path)
    start, lost = Barrier(2), []

    def admin(to: int) -> None:
        start.wait()
        try:
            if act == "promote":
                promote(database, to, folder=tmp_path, expected=b)
            else:
                roll_back(database, folder=tmp_path, expected=b)
        except Conflict:
            lost.append(to)

    threads = [Thread(target=admin, args=(to,)) for to in (c, d)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lost) == 1
    assert champion(database) == ({c, d} - set(lost)).pop() if act == "promote" else a
    with database.read() as session:
        assert len(registry.log(session, "quality")) == 3


KILLED = """
import sys
from pathlib import Path
from app.db import Database
from tests.app.test_promotion import promote, roll_back
database, folder = Database(sys.argv[1]), Path(sys.argv[2])
while True:
    promote(database, int(sys.argv[3]), folder=folder)
    print(".", flush=True)
    roll_back(database, folder=folder)
"""


@pytest.mark.slow
def test_killed_in_the_middle_the_alias_is_old_or_new(tmp_path: Path, root: Path) -> None:
    """A handful of kills; the alias and the log never disagree, and the file is there."""
    from app import migrate

    url = f"sqlite:///{tmp_path}/k.sqlite"
    database = Database(url)
    migrate.upgrade(database)
    one, other = (add(database, name, folder=tmp_path) for name in ("one", "two"))
    for delay in (0.0, 0.013, 0.031, 0.057, 0.1):
        program = subprocess.Popen(
            [sys.executable, "-c", KILLED, url, str(tmp_path), str(other)],
            cwd=root,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(root)},
        )
        assert program.stdout is not None
        program.stdout.read(1)
        time.sleep(delay)
        program.kill()
        program.wait()
        program.stdout.close()
        with database.read() as session:
            answering = registry.champions(session)["quality"]
            assert session.scalars(select(Promotion).order_by(Promotion.id.desc())).first().to_id == (  # type: ignore[union-attr]
                answering.id
            )
            assert answering.id in (one, other)
            assert Models(key=training.KEY, folder=tmp_path).refresh(session)["quality"].version_id == (
                answering.id
            )
        if answering.id == other:
            roll_back(database, folder=tmp_path)
    database.close()


@pytest.fixture
def served(context: Context) -> list[int]:
    """Of the application: the fixture's q1 gives way to three real ones."""
    folder = training.folder_of(context)
    ids = [add(context.database, name, folder=folder) for name in "abc"]
    with context.database.write() as session:
        registry.promote(
            session,
            registry.get(session, ids[0]),
            by="setup",
            why="test",
            expected_id=registry.champions(session)["quality"].id,
            now=utcnow(),
        )
    return ids


def test_by_page(context: Context, served: list[int], admin: FlaskClient) -> None:
    a, b, _ = served
    page = "/admin/models/"
    done = fill(admin, page, f"/admin/models/{b}/promote", champion_id=str(a))
    assert (done.status_code, champion(context.database)) == (303, b)
    assert "b is the champion now" in admin.get(page).text
    again = fill(admin, page, f"/admin/models/{b}/promote", champion_id=str(a))
    assert (again.status_code, champion(context.database)) == (409, b)
    back = fill(admin, page, "/admin/models/rollback", task="quality", champion_id=str(b))
    assert (back.status_code, champion(context.database)) == (303, a)


def test_by_api(context: Context, served: list[int], admin: FlaskClient) -> None:
    a, b, c = served
    done = admin.post(f"{API}/{b}/promote", json={"champion_id": a, "why": "better"})
    assert (done.status_code, done.get_json()["aliases"]) == (200, ["champion"])
    late = admin.post(f"{API}/{c}/promote", json={"champion_id": a})
    assert (late.status_code, late.get_json()["code"]) == (409, "conflict")
    listed = admin.get(API).get_json()
    assert [one["version"] for one in listed["versions"]] == ["c", "b", "a", "q1"]
    assert listed["promotions"][0]["to"] == "b"
    back = admin.post(f"{API}/rollback", json={"task": "quality", "champion_id": b})
    assert back.get_json()["version"] == "a"
    assert admin.get(API).get_json()["promotions"][0]["rolled_back"] is True
    assert admin.post(f"{API}/999/promote", json={"champion_id": a}).status_code == 404


def test_only_admins(
    served: list[int], outsider: FlaskClient, member: FlaskClient, reviewer: FlaskClient, context: Context
) -> None:
    a, b, _ = served
    asked = [
        ("get", API, {}),
        ("get", f"{API}/runs", {}),
        ("post", f"{API}/runs", {"json": {}}),
        ("post", f"{API}/{b}/promote", {"json": {"champion_id": a}}),
        ("post", f"{API}/rollback", {"json": {"champion_id": a}}),
        ("get", f"{API}/compare/{a}/{b}", {}),
        ("get", "/admin/models/", {}),
        ("get", f"/admin/models/compare/{a}/{b}", {}),
    ]
    for method, address, body in asked:
        for client in (member, reviewer):
            assert getattr(client, method)(address, **body).status_code == 403, address
        assert getattr(outsider, method)(address, **body).status_code in (302, 401, 403), address
    assert champion(context.database) == a


def test_a_page_with_a_foreign_origin_cannot_promote(served: list[int], admin: FlaskClient) -> None:
    a, b, _ = served
    answer = admin.post(
        f"{API}/{b}/promote", json={"champion_id": a}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403


def test_every_page_shows_the_champion_of_now(
    context: Context, served: list[int], admin: FlaskClient
) -> None:
    a, b, _ = served
    for to in (b, a):
        promote(context.database, to, folder=training.folder_of(context))
        name = {a: "a", b: "b"}[to]
        assert f'<p class="model-name">{name} ' in admin.get("/admin/models/").text
        found = admin.get(API).get_json()["versions"]
        assert [one["version"] for one in found if "champion" in one["aliases"]] == [name]


def test_versions_are_never_changed(context: Context, served: list[int]) -> None:
    with context.database.read() as session:
        before = {row.id: (row.sha256, row.manifest) for row in session.scalars(select(ModelVersion))}
    promote(context.database, served[1], folder=training.folder_of(context))
    with context.database.read() as session:
        assert before == {row.id: (row.sha256, row.manifest) for row in session.scalars(select(ModelVersion))}
