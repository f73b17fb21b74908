"""Taking everything out: complete, in constant memory, in three formats that say the same."""

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet
import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert

from app.context import Context
from app.db import Database, utcnow
from app.errors import UnknownFormat, UnknownTable, UnknownTask
from app.exchange import exporting, parquet
from app.exchange.writers import WRITERS, as_csv
from app.jobs.worker import Worker
from app.schema import Decision, Job, ModelVersion, Prediction, Submission
from tests.app.conftest import API, send
from tests.app.fakes import wav

FORMATS = sorted(WRITERS)
COLUMNS = [("a", "text"), ("b", "int"), ("c", "float"), ("d", "bool"), ("e", "time"), ("f", "json")]
WHEN = datetime(2026, 11, 27, 12, 0, 1, 5, tzinfo=UTC)
ROWS: list[list[Any]] = [
    ["ä€", -5, 0.5, True, WHEN, '{"x":1}'], [None] * 6, ["", 2**40, None, False, None, None]
] * 7  # fmt: skip


def exported(database: Database, what: str, kind: str, **more: Any) -> bytes:
    return b"".join(exporting.write(database, what, kind, **more))


def lines(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]


@pytest.fixture
def filled(owner: FlaskClient, reviewer: FlaskClient, worker: Worker) -> list[str]:
    ids = []
    for n in range(3):
        ids.append(send(owner, wav(seed=n), name=f"=song {n}.wav")["id"])
        worker.run_next()
    for client, basis in ((owner, "own"), (reviewer, "look")):
        said = {"task": "quality", "label": "mp3-128", "basis": basis}
        assert client.post(f"{API}/{ids[0]}/labels", json=said).status_code == 201
    return ids


def test_everything_is_there(context: Context, filled: list[str]) -> None:
    found = {what: lines(exported(context.database, what, "jsonl")) for what in exporting.TABLES}
    assert {row["id"] for row in found["submissions"]} == set(filled)
    assert {row["status"] for row in found["submissions"]} == {"done"}
    assert [row["submission_id"] for row in found["predictions"]] == filled
    assert found["predictions"][0]["answer"]["probabilities"]["mp3-128"] == 0.97
    assert [row["by"] for row in found["labels"]][1] == "account:rita"
    assert [(row["by"], row["label"]) for row in found["decisions"]] == [("consensus", "mp3-128")]
    assert [row["accepted_label"] for row in found["features"]] == ["mp3-128", None, None]
    assert found["features"][0]["features"] == {"cutoff": 16000.0}


def test_owners_stay_unknown(context: Context, owner: FlaskClient, filled: list[str]) -> None:
    with owner.session_transaction() as cookie:
        own = cookie["owner"]
    for kind in FORMATS:
        assert own.encode() not in exported(context.database, "submissions", kind)


@pytest.mark.parametrize("what", exporting.TABLES)
def test_csv_and_json_lines_say_the_same(context: Context, filled: list[str], what: str) -> None:
    rows = lines(exported(context.database, what, "jsonl"))
    table = list(csv.DictReader(io.StringIO(exported(context.database, what, "csv").decode())))
    assert len(table) == len(rows) > 0
    for cells, row in zip(table, rows, strict=True):
        assert str(row["id"]) == cells["id"]
        assert (row.get("submission_id") or "") == cells.get("submission_id", "")


def test_features_become_columns_in_a_table(context: Context, filled: list[str]) -> None:
    table = list(csv.DictReader(io.StringIO(exported(context.database, "features", "csv").decode())))
    assert [row["cutoff"] for row in table] == ["16000.0"] * 3


def test_a_cell_runs_nothing(context: Context, filled: list[str]) -> None:
    table = list(csv.DictReader(io.StringIO(exported(context.database, "submissions", "csv").decode())))
    assert all(row["file"].startswith("'=song") for row in table)
    cells = b"".join(as_csv([("a", "text")], [[["=1"], ["+1"], ["-1"], ["@x"], ["\tx"], ["x"]]])).decode()
    assert [row[0][0] for row in csv.reader(io.StringIO(cells))] == ["a", "'", "'", "'", "'", "'", "x"]


def test_of_one_task(context: Context, filled: list[str]) -> None:
    assert len(lines(exported(context.database, "labels", "jsonl", task="quality"))) == 2
    with pytest.raises(UnknownTask):
        exported(context.database, "labels", "jsonl", task="mood")


@pytest.mark.parametrize(("what", "kind"), [("accounts", "csv"), ("labels", "exe"), ("account; --", "csv")])
def test_nothing_else_comes_out(context: Context, what: str, kind: str) -> None:
    with pytest.raises((UnknownTable, UnknownFormat)):
        exporting.write(context.database, what, kind)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("what", exporting.TABLES)
def test_an_empty_table_is_a_file_too(context: Context, what: str, kind: str) -> None:
    data = exported(context.database, what, kind)
    assert {"csv": data[:2] == b"id", "jsonl": data == b"", "parquet": data[:4] == data[-4:] == b"PAR1"}[kind]


def test_page_by_page_is_the_same_as_at_once(database: Database) -> None:
    fill(database, 25)
    with database.read() as session:
        table = exporting._MAKE["predictions"](session, None)
    for size in (1, 4, 24, 25, 26):
        rows = [row[0] for page in exporting.pages(database, table, size=size) for row in page]
        assert rows == list(range(1, 26))


def test_for_admins_only(
    owner: FlaskClient, outsider: FlaskClient, reviewer: FlaskClient, admin: FlaskClient, filled: list[str]
) -> None:
    for what in exporting.TABLES:
        assert outsider.get(f"/admin/export/{what}.csv").status_code == 302
        assert owner.get(f"/api/v1/export/{what}").status_code == 401
        assert reviewer.get(f"/api/v1/export/{what}").status_code == 403
        answer = admin.get(f"/admin/export/{what}.csv")
        assert answer.status_code == 200
        assert f"lineage-{what}.csv" in answer.headers["Content-Disposition"]
        assert f"/admin/export/{what}.parquet" in admin.get("/admin/exchange").text
    assert admin.get("/api/v1/export/labels?format=jsonl").mimetype == "application/jsonl"
    assert admin.get("/api/v1/export/nothing").status_code == 404
    assert admin.get("/api/v1/export/labels?format=xls").status_code == 422
    assert admin.get("/admin/export/labels.xls").status_code == 422


def test_the_command(admin: FlaskClient, filled: list[str], tmp_path: Path) -> None:
    runner = admin.application.test_cli_runner()
    out = tmp_path / "labels.jsonl"
    done = runner.invoke(args=["export", "labels", "--format", "jsonl", "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert len(lines(out.read_bytes())) == 2
    assert runner.invoke(args=["export", "submissions"]).output.count("=song") == 3
    assert runner.invoke(args=["export", "secrets"]).exit_code == 2
    assert list(tmp_path.glob("labels*")) == [out]


def test_parquet_is_what_the_usual_library_reads() -> None:
    table = read(b"".join(parquet.write(COLUMNS, [ROWS[:10], ROWS[10:]])))
    assert [list(row.values()) for row in table.to_pylist()] == ROWS
    assert [str(field.type) for field in table.schema] == [
        "string", "int64", "double", "bool", "timestamp[us, tz=UTC]", "string"
    ]  # fmt: skip


@pytest.mark.parametrize("n", [1, 7, 8, 9, 500])
def test_parquet_knows_what_is_missing(n: int) -> None:
    """Nothing, everything, and anything between."""
    random = Random(n)
    kept = {"none": 0.0, "few": 0.1, "most": 0.9, "all": 1.0}
    columns = {name: [x if random.random() < p else None for x in range(n)] for name, p in kept.items()}
    rows = list(zip(*columns.values(), strict=True))
    data = b"".join(parquet.write([(name, "float") for name in columns], [rows, rows[:1]]))
    assert read(data).to_pydict() == {name: [*column, column[0]] for name, column in columns.items()}


def test_features_are_the_same_numbers_in_all_formats(context: Context, filled: list[str]) -> None:
    """Also what a row lacks, has besides, or names in another order."""
    stored = [{"b": None, "a": 0.1}, {"a": 1e-7, "b": -3.25, "more": 5.0}, {"b": 1e300, "a": 2.0}]
    with context.database.write() as session:
        for row, features in zip(session.query(Prediction).order_by(Prediction.id), stored, strict=True):
            row.features = features
    table = list(csv.DictReader(io.StringIO(exported(context.database, "features", "csv").decode())))
    whole = read(exported(context.database, "features", "parquet")).to_pylist()
    assert [list(row)[-2:] for row in whole] == [["b", "a"]] * 3  # the newest row's
    for cells, row, features in zip(table, whole, stored, strict=True):
        wanted = [features.get(name) for name in "ba"]
        assert [row["b"], row["a"]] == wanted
        assert [float(cells[name]) if cells[name] else None for name in "ba"] == wanted
        assert "more" not in cells


def read(data: bytes) -> Any:
    return pyarrow.parquet.read_table(io.BytesIO(data))


def test_many_rows_take_no_more_memory_than_a_few(database: Database) -> None:
    fill(database, 6 * exporting.PAGE)

    def peak(kind: str) -> int:
        tracemalloc.start()
        n = sum(1 for _ in exporting.write(database, "predictions", kind))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert n >= 6
        return found

    whole = len(exported(database, "predictions", "jsonl"))
    for kind in FORMATS:
        assert peak(kind) < 1.5 * whole


def fill(database: Database, n: int) -> None:
    """So many songs with an answer each, and a decision on every other one."""
    now = utcnow()
    model = {"task": "quality", "version": "q1", "feature_version": "f1", "sha256": "0" * 64}
    with database.write() as session:
        session.add(ModelVersion(id=1, manifest=model, path=None, created_at=now, **model))
        session.flush()
        for table, rows in _rows(n, now):
            session.execute(insert(table), rows)


def _rows(n: int, now: datetime) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    numbers = range(1, n + 1)
    song = {
        "owner_id": "o",
        "size_bytes": 1,
        "kind": "audio",
        "tasks": ["quality"],
        "keep_audio": False,
        "created_at": now,
    }
    yield Submission, [{"id": f"s{k}", "file": f"{k}.wav", "sha256": f"{k:064x}", **song} for k in numbers]
    job = {"kind": "analysis", "state": "done", "fraction": 1.0, "long": False, "attempts": 1, "turn_at": now}
    yield Job, [{"id": k, "submission_id": f"s{k}", "created_at": now, **job} for k in numbers]
    said = {
        "task": "quality",
        "label": "mp3-128",
        "verdict": "transcode",
        "confidence": 0.9,
        "answer": {"x": "y" * 300},
    }
    said |= {
        "features": {"a": 1.0},
        "feature_version": "f1",
        "model_version_id": 1,
        "engine": "e",
        "created_at": now,
    }
    yield Prediction, [{"id": k, "job_id": k, "submission_id": f"s{k}", **said} for k in numbers]
    held = {"task": "quality", "label": "mp3-128", "weight": 1.0, "by": "consensus", "why": "", "at": now}
    yield Decision, [{"id": k, "submission_id": f"s{k}", **held} for k in numbers if k % 2]
