"""How fast everything comes out: 50,000 rows of each table in each format, and the memory it takes.

    python benchmarks/export_speed.py [--rows N] [--features N] [--missing SHARE] [--only TABLE]

Fills a SQLite database in a temporary folder first. ``--missing`` of the features were not measured: half of
them, in the table that the shipped model has learnt from.
"""

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app import migrate
from app.db import Database
from app.exchange import exporting
from app.exchange.writers import WRITERS
from app.schema import Decision, Job, Label, ModelVersion, Prediction, Submission
from ml.quality.classes import CLASSES

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
PART = 1000


def fill(database: Database, *, rows: int, features: int, missing: float) -> None:
    chance = random.Random(0)
    names = {f"mp3.band{n:02}.steps.q{n % 7}": chance.random() < missing for n in range(features)}
    with database.write() as session:
        manifest = {"task": "quality", "version": "q1", "feature_version": "f1", "sha256": "0" * 64}
        session.add(ModelVersion(id=1, manifest=manifest, path=None, created_at=NOW, **manifest))
    for start in range(0, rows, PART):
        numbers = range(start + 1, min(start + PART, rows) + 1)
        with database.write() as session:
            for table, made in _part(numbers, names, chance):
                session.execute(insert(table), made)


def _part(numbers: range, names: dict[str, bool], chance: random.Random):  # type: ignore[no-untyped-def]
    ids = {n: f"song-{n:017d}" for n in numbers}
    of = {n: {"submission_id": ids[n], "task": "quality"} for n in numbers}
    declared = {"codec": "flac", "container": "flac", "sample_rate": 44100, "channels": 2}
    song = {"owner_id": "o", "size_bytes": 3_000_000, "kind": "audio", "claim": None, "tasks": ["quality"]}
    song |= {"keep_audio": False, "created_at": NOW, "declared": declared, "engine": "e", "spectrogram": None}
    yield Submission, [{"id": ids[n], "file": f"{n}.flac", "sha256": f"{n:064x}", **song} for n in numbers]
    job = {"kind": "analysis", "state": "done", "fraction": 1.0, "long": False, "attempts": 1}
    yield Job, [{"id": n, "submission_id": ids[n], "turn_at": NOW, "created_at": NOW, **job} for n in numbers]
    answer = {
        "verdict": "transcode",
        "label": "mp3-128",
        "sentence": "This was MP3 of about 128 kbps before.",
    }
    answer["probabilities"] = {label: round(1 / 22, 4) for label in CLASSES}  # type: ignore[assignment]
    said = {"label": "mp3-128", "verdict": "transcode", "confidence": 0.97, "answer": answer, "engine": "e"}
    said |= {"feature_version": "f1", "model_version_id": 1, "created_at": NOW}
    features = {name: None if lacks else round(chance.gauss(0, 1), 6) for name, lacks in names.items()}
    yield Prediction, [{"id": n, "job_id": n, "features": features, **said, **of[n]} for n in numbers]
    word = {
        "by": "account:rita",
        "label": "mp3-128",
        "basis": "look",
        "sure": "sure",
        "blind": True,
        "at": NOW,
    }
    yield Label, [{"id": n, "prediction_id": n, "model_version_id": 1, **word, **of[n]} for n in numbers]
    held = {"label": "mp3-128", "weight": 1.0, "by": "consensus", "why": "", "at": NOW}
    yield Decision, [{"id": n, **held, **of[n]} for n in numbers]


def measure(database: Database, what: str, kind: str) -> dict[str, object]:
    began, used, size = time.perf_counter(), time.process_time(), 0
    for piece in exporting.write(database, what, kind):
        size += len(piece)
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    return {
        "what": what,
        "format": kind,
        "s": round(wall, 2),
        "cpu_s": round(cpu, 2),
        "MB": round(size / 1e6, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--features", type=int, default=896)
    parser.add_argument("--missing", type=float, default=0.0)
    parser.add_argument("--only", choices=exporting.TABLES)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.sqlite'}")
        migrate.upgrade(database)
        fill(database, rows=asked.rows, features=asked.features, missing=asked.missing)
        for what in [asked.only] if asked.only else exporting.TABLES:
            for kind in WRITERS:
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
                print(json.dumps(measure(database, what, kind) | {"peak MiB": peak}), flush=True)
        database.close()


if __name__ == "__main__":
    main()
