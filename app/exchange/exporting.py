"""What can be taken out, page by page. Each page is a short reading transaction, so an export blocks nobody."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec.structs import astuple
from sqlalchemy import ColumnElement, Select, Text, case, cast, func, select
from sqlalchemy.orm import Session, aliased

from app.db import Database
from app.errors import UnknownFormat, UnknownTable, UnknownTask
from app.exchange.writers import WRITERS, Columns
from app.jobs.tables import Job
from app.labels.service import CLASSES_OF
from app.labels.tables import Decision, Label
from app.registry.tables import ModelVersion
from app.submissions.tables import Prediction, Submission

PAGE: Final = 1000
SAYS: Final = {
    "submissions": "Each file: its name, hash, claim, state and what it declares about itself.",
    "predictions": "Each answer of a model, with its probabilities, history and evidence.",
    "labels": "Each thing that somebody said, also what was taken back, with who, how sure and how they know.",
    "decisions": "What was accepted or left out, by whom and why.",
    "features": "The numbers that models learn from, of the newest feature version, with the accepted label.",
}
TABLES: Final = tuple(SAYS)


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, and a statement that selects them; ``key`` is its first column and orders it."""

    columns: Columns
    rows: Select[Any]
    key: ColumnElement[Any]
    names: Sequence[str] = ()
    """Of features: the last column is JSON that holds these."""
    page: int = PAGE


def write(database: Database, what: str, kind: str, *, task: str | None = None) -> Iterator[bytes]:
    """The file in pieces. Raises UnknownTable, UnknownFormat, UnknownTask, before the first piece."""
    if what not in TABLES:
        raise UnknownTable(what=what, known=TABLES)
    if kind not in WRITERS:
        raise UnknownFormat(what=kind, known=list(WRITERS))
    if task is not None and task not in CLASSES_OF:
        raise UnknownTask(task=task, known=sorted(CLASSES_OF))
    with database.read() as session:
        table = _MAKE[what](session, task)
    if table.names and kind != "jsonl":
        wide = [*table.columns[:-1], *((name, "float") for name in table.names)]
        return WRITERS[kind](wide, _spread(table, pages(database, table)))
    return WRITERS[kind](table.columns, pages(database, table))


def pages(database: Database, table: Table, *, size: int = 0) -> Iterator[Sequence[Sequence[Any]]]:
    """Rows in the order of their key. What is added meanwhile may or may not be in it, nothing is in it twice."""
    last, size = None, size or table.page
    while True:
        wanted = table.rows if last is None else table.rows.where(table.key > last)
        with database.read() as session:
            rows = session.execute(wanted.order_by(table.key).limit(size)).all()
        if rows:
            yield rows
        if len(rows) < size:
            return
        last = rows[-1][0]


def _spread(table: Table, found: Iterator[Sequence[Sequence[Any]]]) -> Iterator[Sequence[Sequence[Any]]]:
    """One column a name. What a row lacks is None, as what could not be measured."""
    fields = {f"f{at}": name for at, name in enumerate(table.names)}
    Features = msgspec.defstruct("Features", [(at, float | None, None) for at in fields], rename=fields)
    read = msgspec.json.Decoder(Features).decode  # knows which name comes next: half of json's time, or less
    for rows in found:
        yield [(*row[:-1], *astuple(read(row[-1] or "{}"))) for row in rows]


def _submissions(_session: Session, _task: str | None) -> Table:
    jobs = select(Job.state).where(Job.submission_id == Submission.id).order_by(Job.id.desc()).limit(1)
    status = jobs.correlate(Submission).scalar_subquery()
    columns = [
        ("id", "text"), ("file", "text"), ("sha256", "text"), ("size_bytes", "int"), ("kind", "text"),
        ("claim", "text"), ("keep_audio", "bool"), ("created_at", "time"), ("status", "text"), ("declared", "json"),
    ]  # fmt: skip
    found = select(
        *(getattr(Submission, name) for name, _ in columns[:-2]), status, cast(Submission.declared, Text)
    )
    return Table(columns, found, _column(Submission.id))


def _predictions(_session: Session, task: str | None) -> Table:
    columns = [
        ("id", "int"), ("submission_id", "text"), ("task", "text"), ("label", "text"), ("verdict", "text"),
        ("confidence", "float"), ("feature_version", "text"), ("created_at", "time"), ("model_version", "text"),
        ("answer", "json"),
    ]  # fmt: skip
    found = select(
        *(getattr(Prediction, name) for name, _ in columns[:-2]),
        ModelVersion.version,
        cast(Prediction.answer, Text),
    ).join(ModelVersion, ModelVersion.id == Prediction.model_version_id)
    return Table(columns, _of_task(found, Prediction, task), _column(Prediction.id))


def _labels(_session: Session, task: str | None) -> Table:
    columns = [
        ("id", "int"), ("submission_id", "text"), ("task", "text"), ("label", "text"), ("by", "text"),
        ("basis", "text"), ("sure", "text"), ("blind", "bool"), ("at", "time"), ("prediction_id", "int"),
        ("model_version", "text"),
    ]  # fmt: skip
    found = select(*(getattr(Label, name) for name, _ in columns[:-1]), ModelVersion.version).outerjoin(
        ModelVersion, ModelVersion.id == Label.model_version_id
    )
    return Table(columns, _of_task(found, Label, task), _column(Label.id))


def _decisions(_session: Session, task: str | None) -> Table:
    columns = [
        ("id", "int"), ("submission_id", "text"), ("task", "text"), ("label", "text"), ("weight", "float"),
        ("by", "text"), ("why", "text"), ("at", "time"),
    ]  # fmt: skip
    found = select(*(getattr(Decision, name) for name, _ in columns))
    return Table(columns, _of_task(found, Decision, task), _column(Decision.id))


def _features(session: Session, task: str | None) -> Table:
    """Of one task and the newest feature version only: other versions mean other numbers."""
    task = task or next(iter(CLASSES_OF))
    newest = session.execute(
        select(Prediction.feature_version, cast(Prediction.features, Text))
        .where(Prediction.task == task)
        .order_by(Prediction.id.desc())
        .limit(1)
    ).first()
    version, names = (newest[0], list(msgspec.json.decode(newest[1]))) if newest else ("", [])
    columns = [
        ("id", "int"), ("submission_id", "text"), ("sha256", "text"), ("task", "text"), ("feature_version", "text"),
        ("accepted_label", "text"), ("weight", "float"), ("features", "json"),
    ]  # fmt: skip
    other = aliased(Decision)
    newest_decision = (
        select(func.max(other.id))
        .where(other.submission_id == Prediction.submission_id, other.task == task)
        .correlate(Prediction)
        .scalar_subquery()
    )
    found = (
        select(
            Prediction.id,
            Prediction.submission_id,
            Submission.sha256,
            Prediction.task,
            Prediction.feature_version,
            Decision.label,
            case((Decision.label.is_not(None), Decision.weight)),
            cast(Prediction.features, Text),
        )
        .join(Submission, Submission.id == Prediction.submission_id)
        .outerjoin(Decision, Decision.id == newest_decision)
        .where(Prediction.task == task, Prediction.feature_version == version)
    )
    return Table(columns, found, _column(Prediction.id), names, page=PAGE // 2)  # 30 kB a row


_MAKE: Final = {
    "submissions": _submissions,
    "predictions": _predictions,
    "labels": _labels,
    "decisions": _decisions,
    "features": _features,
}


def _of_task(found: Select[Any], table: Any, task: str | None) -> Select[Any]:
    return found if task is None else found.where(table.task == task)


def _column(attribute: Any) -> ColumnElement[Any]:
    column: ColumnElement[Any] = attribute
    return column
