"""Does it learn? From a model that never met one encoder, through the site's own API, label by label.

    python benchmarks/learning.py [--tool NAME] [--steps 20,40,80] [--draws 3] [--json FILE] [--plot PNG]

The base table loses every row that the encoder made (benchmarks/unmet.py chooses it, if ``--tool`` doesn't). Some of
those rows become songs: a member sends each, an engine that hands over the row's measured numbers answers (no audio
is decoded), the member and an admin label it by API, and after each step a run is started by API and done by the
worker. The encoder's rows of other recordings are never sent: the curve is what is said of them. All of it is
repeated with other songs and other recordings (``--draws``), and an interval comes from drawing recordings anew, a
thousand times. The last run repeats the last step of the first draw with a careless account that labels one song in
ten wrongly, and an admin who believes it.

A draw learns from ``--base-rows`` of the table, so that three take about ten CPU-minutes. ``--weights 1,2,4``
repeats all of it for several weights of a labelled song.
"""

import argparse
import hashlib
import json
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from flask.testing import FlaskClient
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app import migrate  # noqa: E402
from app.accounts import service as accounts  # noqa: E402
from app.admin.tables import Switch  # noqa: E402
from app.config import Settings as SiteSettings  # noqa: E402
from app.context import KEY as CONTEXT  # noqa: E402
from app.context import Context  # noqa: E402
from app.db import utcnow  # noqa: E402
from app.factory import create_app  # noqa: E402
from app.jobs.worker import Worker, by_kind  # noqa: E402
from app.registry import service as registry  # noqa: E402
from app.registry.loader import Models  # noqa: E402
from app.retraining import runs  # noqa: E402
from app.retraining.service import Trainer  # noqa: E402
from app.submissions import service as submissions  # noqa: E402
from app.submissions.analyst import Analyst  # noqa: E402
from app.submissions.findings import Finding, TaskFinding  # noqa: E402
from benchmarks.unmet import ENCODERS, Encoder, choose, smaller, split  # noqa: E402
from ml import artifact, gate  # noqa: E402
from ml.dataset import Table  # noqa: E402
from ml.evaluation.canvas import BLUE, INK, LINE, MUTED, ORANGE, Canvas  # noqa: E402
from ml.quality.classes import family  # noqa: E402
from ml.retraining import Settings, Songs, retrain  # noqa: E402
from ml.tasks import TASKS, Task  # noqa: E402
from tests.app.fakes import QUALITY, FakeEngine, wav  # noqa: E402

API: Final = "/api/v1/submissions"
KEY: Final = b"learning" * 4
PASSWORD: Final = "a long enough password"
WRONG: Final = 10
"""Of the careless account: one label in so many."""


def main() -> None:
    asked = _arguments()
    task = TASKS[asked.task]
    table = Table.load(asked.table or task.table, task=task.name)
    known = {one.name: one for one in ENCODERS}
    found = experiment(
        task,
        table,
        encoder=known[asked.tool] if asked.tool else choose(table, songs=max(asked.steps)),
        steps=asked.steps,
        weights=asked.weights,
        draws=asked.draws,
        base_rows=asked.base_rows,
        seed=asked.seed,
    )
    print(as_text(found))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if asked.plot:
        asked.plot.write_bytes(draw(found))


def experiment(
    task: Task,
    table: Table,
    *,
    encoder: Encoder,
    steps: Sequence[int],
    weights: Sequence[float],
    draws: int = 1,
    base_rows: int = 10**9,
    seed: int = 1,
) -> dict[str, Any]:
    """The curve for each weight of a labelled song, over all draws, and what a careless account does to it."""
    curves, parts = [], []
    for at in range(draws):
        sent, kept, base = split(table, encoder, most=max(steps), seed=seed + at)
        parts.append((sent, kept, smaller(base, rows=base_rows, seed=seed + at)))
    for weight in weights:
        honest = [_run(task, *part, steps=steps, weight=weight, wrong=0) for part in parts]
        curves.append(_pooled(honest) | {"weight": weight, "wrong": 0})
        careless = _run(task, *parts[0], steps=[steps[-1]], weight=weight, wrong=WRONG)
        curves.append(_pooled([careless]) | {"weight": weight, "wrong": WRONG})
    return {
        "tool": encoder.name,
        "draws": draws,
        "base_rows": [len(base) for _, _, base in parts],
        "songs": [len(sent) for sent, _, _ in parts],
        "kept_rows": [len(kept) for _, kept, _ in parts],
        "kept_groups": len({group for _, kept, _ in parts for group in kept.groups}),
        "curves": curves,
    }


def _run(
    task: Task, sent: Table, kept: Table, base: Table, *, steps: Sequence[int], weight: float, wrong: int
) -> list[dict[str, Any]]:
    """One site from its first model to the last step."""
    with TemporaryDirectory() as folder, site(task, base, sent, Path(folder), weight=weight) as shown:
        return _points(shown, sent, kept, steps=steps, wrong=wrong)


def _pooled(runs: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Each step over all draws; ``rise``: exact class at the last step less that at the first, of the same rows."""
    steps = list(zip(*runs, strict=True))
    points = [
        {
            "labels": max(one["labels"] for one in same),
            **{key: _by_recording([one[key] for one in same]) for key in ("exact", "family")},
            "test_exact": [one["test_exact"]["value"] for one in same],
            "test_accused": [one["test_accused"]["value"] for one in same],
            "worse": [one["worse"] for one in same],
            "passes": all(one["passes"] for one in same),
            "seconds": sum(one["seconds"] for one in same),
        }
        for same in steps
    ]
    changes = [
        [
            (group, int(after) - int(before))
            for (group, before), (_, after) in zip(first["exact"], last["exact"], strict=True)
        ]
        for first, last in zip(steps[0], steps[-1], strict=True)
    ]
    return {"points": points, "rise": _by_recording(changes)}


def _by_recording(draws: Sequence[Sequence[tuple[str, int]]]) -> dict[str, Any]:
    """Mean over all rows, with 95 % of what a thousand drawings of the recordings give."""
    sums: dict[str, list[int]] = {}
    for group, value in (one for rows in draws for one in rows):
        both = sums.setdefault(group, [0, 0])
        both[0] += value
        both[1] += 1
    counted = np.array(list(sums.values()))
    drawn = np.random.default_rng(0).integers(len(counted), size=(1000, len(counted)))
    totals = counted[drawn].sum(axis=1)
    low, high = np.percentile(totals[:, 0] / totals[:, 1], [2.5, 97.5])
    value, n = counted.sum(axis=0)
    return {
        "value": float(value / n),
        "low": float(low),
        "high": float(high),
        "n": int(n),
        "groups": len(counted),
    }


class RowEngine(FakeEngine):
    """Answers with the numbers of the row that a file stands for."""

    def __init__(self, rows: Mapping[str, NDArray[np.float32]], *, task: Task, base: Table) -> None:
        super().__init__(version_id=0)
        self._rows, self._spec, self._task = rows, base.spec, task

    def listen(self, path: Path, **how: Any) -> Finding:
        x = self._rows[hashlib.sha256(path.read_bytes()).hexdigest()]
        found = super().listen(path, **how)
        values = {
            name: float(v) if np.isfinite(v) else None for name, v in zip(self._spec.names, x, strict=True)
        }
        answer = TaskFinding(
            answer=QUALITY, features=values, feature_version=self._spec.id, model_version_id=self.version_id
        )
        return replace(found, tasks={self._task.name: answer})


@dataclass(frozen=True, slots=True)
class Site:
    """The application with its people and its worker."""

    context: Context
    member: FlaskClient
    admin: FlaskClient
    worker: Worker
    task: Task

    def send(self, seed: int, label: str) -> None:
        """A song, and two people who say what it is."""
        form = {"file": (wav_file(seed), f"song {seed}.wav")}
        sent = self.member.post(API, data=form, content_type="multipart/form-data")
        assert sent.status_code == 202, sent.text
        assert self.worker.run_next() is not None
        for client, basis in ((self.member, "own"), (self.admin, "look")):
            said = client.post(
                f"{API}/{sent.get_json()['id']}/labels",
                json={"task": self.task.name, "label": label, "basis": basis},
            )
            assert said.status_code == 201, said.text

    def train(self) -> dict[str, Any]:
        """A run by API; its record."""
        begun = self.admin.post("/api/v1/models/runs", json={"task": self.task.name})
        assert begun.status_code == 202, begun.text
        start = time.perf_counter()
        self.worker.run_next()
        number = begun.get_json()["id"]
        run: dict[str, Any] = self.admin.get(f"/api/v1/models/runs/{number}").get_json()
        assert run["state"] == "done", run
        return run | {"seconds": time.perf_counter() - start}


@contextmanager
def site(task: Task, base: Table, sent: Table, folder: Path, *, weight: float) -> Iterator[Site]:
    """One whose champion was trained on the base alone."""
    base.save(folder / "table.npz")
    own = replace(task, table=folder / "table.npz", spec=lambda: base.spec)
    app = create_app(SiteSettings(state_dir=folder / "state", uploads_per_minute=100_000))
    context: Context = app.extensions[CONTEXT]
    migrate.upgrade(context.database)
    version_id = _first_model(context, own)
    rows = {hashlib.sha256(wav(seed=i)).hexdigest(): x for i, x in enumerate(sent.X)}
    engine = RowEngine(rows, task=own, base=base)
    engine.version_id = version_id
    with context.database.write() as session:
        session.add(Switch(name="song_weight", value={"value": weight}, by="setup", changed_at=utcnow()))
        session.add(Switch(name="labels_per_retrain", value={"value": 0}, by="setup", changed_at=utcnow()))
        for name, role in (("mia", "member"), ("root", "admin")):
            accounts.create(session, name=name, password=PASSWORD, role=role, now=utcnow())
    trainer = Trainer(
        context.database, blobs=context.blobs, folder=_folder(context), key=KEY, tasks={own.name: own}
    )
    performs = {
        submissions.ANALYSIS: Analyst(context.database, blobs=context.blobs, engine=engine),
        runs.KIND: trainer,
    }
    worker = Worker(context.database, name="learning", perform=by_kind(performs))  # type: ignore[arg-type]
    try:
        yield Site(context, _logged_in(app, "mia"), _logged_in(app, "root"), worker, own)
    finally:
        context.queue.huey.storage.close()  # type: ignore[attr-defined]
        context.database.close()


def wav_file(seed: int) -> Any:
    import io

    return io.BytesIO(wav(seed=seed))


def as_text(found: Mapping[str, Any]) -> str:
    lines = [
        f"{found['tool']}: never met by the first model; {_draws(found)}, "
        f"judged by {_several(found['kept_rows'])} rows of {found['kept_groups']} recordings and artists, "
        f"{_several(found['base_rows'])} base rows"
    ]
    for curve in found["curves"]:
        how = "one label in ten wrong" if curve["wrong"] else "honest labels"
        lines.append(f"weight of a song {curve['weight']:g}, {how}")
        for point in curve["points"]:
            stops = sorted({name for worse in point["worse"] for name in worse})
            lines.append(
                f"  {point['labels']:>4} labels: exact {_share(point['exact'])}, family {_share(point['family'])}; "
                f"test part exact {_percent(point['test_exact'])}, accused {_percent(point['test_accused'])}; "
                f"gate {'passes' if point['passes'] else 'stops: ' + ', '.join(stops)}; {point['seconds']:.0f} s"
            )
        if not curve["wrong"]:
            lines.append(f"  from first to last: {_share(curve['rise'])}")
    return "\n".join(lines)


def draw(found: Mapping[str, Any]) -> bytes:
    """Share of exact classes over the number of labels, with intervals."""
    left, top, width, height = 90, 110, 620, 330
    sheet = Canvas(800, 540)
    honest = [c for c in found["curves"] if not c["wrong"]]
    chosen = honest[len(honest) // 2]
    careless = next(c for c in found["curves"] if c["wrong"] and c["weight"] == chosen["weight"])
    sheet.text((40, 34), f"{found['tool']}, unknown at first, is learnt from labels", size=24, heavy=True)
    says = f"{_draws(found)}, {found['kept_groups']} other recordings and artists; bars: 95 % intervals over those"
    sheet.text((40, 66), says, size=15, fill=MUTED)
    most = max(p["labels"] for p in chosen["points"])
    for share in range(0, 101, 20):
        y = top + height * (1 - share / 100)
        sheet.line([(left, y), (left + width, y)], fill=LINE)
        sheet.text((left - 10, y), f"{share} %", size=14, fill=MUTED, align="r")

    def at(labels: int, value: float, aside: float = 0.0) -> tuple[float, float]:
        return left + 20 + aside + (width - 60) * labels / most, top + height * (1 - value)

    for key, colour, aside in (("family", ORANGE, 4.0), ("exact", BLUE, -4.0)):
        points = chosen["points"]
        sheet.line([at(p["labels"], p[key]["value"], aside) for p in points], fill=colour, width=3)
        for p in points:
            ends = [at(p["labels"], p[key][end], aside) for end in ("low", "high")]
            sheet.line(ends, fill=colour)
            sheet.dot(at(p["labels"], p[key]["value"], aside), radius=5, fill=colour)
        last = points[-1]
        sheet.text((left + width - 10, at(most, last[key]["value"])[1]), key, size=15, fill=colour)
    wrong = careless["points"][-1]
    sheet.dot(at(most, wrong["exact"]["value"], 14.0), radius=5, fill=INK)
    for p in chosen["points"]:
        sheet.text((at(p["labels"], 0)[0], top + height + 22), str(p["labels"]), size=15, align="m")
    sheet.text((left + width / 2, top + height + 52), "labelled songs", size=15, fill=MUTED, align="m")
    sheet.text((left, top + height + 80), "black: exact, one label in ten wrong", size=15, fill=INK)
    return sheet.png()


def _points(
    shown: Site, sent: Table, kept: Table, *, steps: Sequence[int], wrong: int
) -> list[dict[str, Any]]:
    points = [] if wrong else [_point(shown, kept, labels=0, version=1, run=None)]
    done = 0
    for step in steps:
        for i in range(done, min(step, len(sent))):
            shown.send(i, _label(shown.task, sent, i, wrong=wrong))
        done = min(step, len(sent))
        run = shown.train()
        points.append(_point(shown, kept, labels=done, version=run["candidate_id"], run=run))
    return points


def _label(task: Task, sent: Table, i: int, *, wrong: int) -> str:
    """Every tenth of the careless account is another class."""
    truth = str(sent.labels[i])
    if not wrong or i % wrong:
        return truth
    others = [label for label in task.classes if label != truth]
    return others[_hash(f"careless {i}") % len(others)]


def _point(
    shown: Site, kept: Table, *, labels: int, version: int, run: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What a version says of the tool's other rows, and of the frozen test part beside the first model."""
    with shown.context.database.read() as session:
        row, first = registry.get(session, version), registry.get(session, 1)
    model = Models(key=KEY, folder=_folder(shown.context)).load(row)
    said = np.array(model.classes)[model.estimator.predict_proba(kept.X).argmax(axis=1)]
    evaluation = row.manifest["evaluation"]
    against = gate.compare(first.manifest["evaluation"], evaluation)
    assert against is not None
    accused = against["accused"]
    right = [family(a) == family(b) for a, b in zip(said, kept.labels, strict=True)]
    return {
        "labels": labels,
        "exact": list(zip(kept.groups, map(int, said == kept.labels), strict=True)),
        "family": list(zip(kept.groups, map(int, right), strict=True)),
        "test_exact": gate.exact(evaluation),
        "test_accused": gate.false_accusations(evaluation),
        "passes": against["passes"],
        "worse": [*against["worse"], *(["false accusations"] if accused and accused["worse"] else [])],
        "seconds": run["seconds"] if run else 0.0,
    }


def _first_model(context: Context, task: Task) -> int:
    base = task.base()
    made = retrain(task, base, Songs.none(base), settings=Settings())
    path = _folder(context) / task.name / "first"
    artifact.save(path, estimator=made.estimator, manifest={**made.manifest, "version": "first"})
    artifact.sign(path, key=KEY)
    manifest = artifact.load(path, key=KEY).manifest
    with context.database.write() as session:
        return registry.register(
            session,
            task=task.name,
            version="first",
            manifest=manifest,
            path=f"{task.name}/first",
            now=utcnow(),
        ).id


def _folder(context: Context) -> Path:
    return context.settings.state_dir / registry.FOLDER


def _logged_in(app: Any, name: str) -> FlaskClient:
    client: FlaskClient = app.test_client()
    found = re.search(r'name="csrf[_-]token"[^>]* (?:value|content)="([^"]+)"', client.get("/login").text)
    assert found is not None
    form = {"name": name, "password": PASSWORD, "csrf_token": found[1]}
    assert client.post("/login", data=form).status_code == 303
    return client


def _hash(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)


def _share(of: Mapping[str, Any]) -> str:
    value, low, high = (100 * of[key] for key in ("value", "low", "high"))
    return f"{value:.0f} % ({low:.0f} to {high:.0f}, n {of['n']})"


def _percent(values: Sequence[float]) -> str:
    """Of the draws."""
    return "/".join(f"{100 * value:.0f}" for value in values) + " %"


def _draws(found: Mapping[str, Any]) -> str:
    return "1 draw" if found["draws"] == 1 else f"{found['draws']} draws"


def _several(numbers: Sequence[int]) -> str:
    return f"{min(numbers)} to {max(numbers)}" if min(numbers) < max(numbers) else str(numbers[0])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--task", default="quality", choices=sorted(TASKS))
    parser.add_argument("--table", type=Path, metavar="FILE", help="default: the task's base table")
    parser.add_argument(
        "--tool", choices=[one.name for one in ENCODERS], help="left out: the first with enough songs"
    )
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--base-rows", type=int, default=1600)
    parser.add_argument("--steps", type=_numbers(int), default=[20, 40, 80], metavar="20,40,80")
    parser.add_argument("--weights", type=_numbers(float), default=[2.0], metavar="1,2,4")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--plot", type=Path, metavar="PNG")
    return parser.parse_args()


def _numbers(kind: Any) -> Any:
    return lambda text: [kind(part) for part in text.split(",")]


if __name__ == "__main__":
    main()
