"""Labels out of a spreadsheet: which song a row means, what it says, and why it is refused.

All imports speak with one voice, so that the same file brought in twice, or by two admins, adds nothing.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import unquote, urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.admin import service as audit
from app.db import Database
from app.errors import NotFound, UnknownTask
from app.exchange.cells import is_formula
from app.exchange.classes import class_of
from app.exchange.sheets import CLAIM, LABEL, Row
from app.labels import decisions
from app.labels.service import CLASSES_OF, latest
from app.submissions import names
from app.submissions import service as submissions
from app.submissions.tables import Submission

VOICE: Final = "import"
BASIS_OF: Final = {"quality": "look", "genre": "other"}
SURE: Final = "likely"
"""The predecessors' labels of quality were given by people looking at pictures, some years ago."""
BATCH: Final = 100
_OURS: Final = re.compile(r"/(?:s|submissions)/([\w-]{22})(?![\w-])")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken, or not whole."""

    number: int
    song: str
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Said:
    """A row that was understood."""

    row: Row
    submission_id: str
    label: str
    claim: str | None


@dataclass(slots=True)
class Import:
    """What a sheet would do; :func:`carry_out` does it and counts on."""

    task: str
    rows: int
    said: list[Said] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    known: int = 0
    """Rows that say what was imported before, or twice in this sheet."""
    added: int = 0
    done: int = 0


def plan(session: Session, rows: Sequence[Row], *, task: str) -> Import:
    """Match every row with a song. Writes nothing. Raises UnknownTask."""
    if task not in CLASSES_OF:
        raise UnknownTask(task=task, known=sorted(CLASSES_OF))
    made = Import(task=task, rows=len(rows))
    songs = _Songs(session, rows)
    before: dict[str, Said] = {}
    for row in rows:
        understood = _understood(row, songs, task=task)
        found = _once(understood, before) if isinstance(understood, Said) else understood
        if isinstance(found, Said):
            before[found.submission_id] = found
            made.said.append(found)
        elif found is None:
            made.known += 1
        else:
            made.refused.append(found)
    _leave_out_known(session, made)
    return made


def carry_out(database: Database, made: Import, *, by: str, now: datetime) -> Iterator[int]:
    """Store it batch by batch, yielding how many rows are done. May be interrupted and repeated."""
    for start in range(0, len(made.said), BATCH):
        with database.write() as session:
            for said in made.said[start : start + BATCH]:
                _store(session, made, said, now=now)
        made.done = start + len(made.said[start : start + BATCH])
        yield made.done
    with database.write() as session:
        facts = {"rows": made.rows, "added": made.added, "known": made.known, "refused": len(made.refused)}
        audit.record(session, by=by, act="labels.import", on=made.task, now=now, facts=facts)


def _store(session: Session, made: Import, said: Said, *, now: datetime) -> None:
    try:
        song = submissions.get(session, said.submission_id)
    except NotFound:
        made.refused.append(_refused(said.row, "the song was deleted meanwhile"))
        return
    if song.claim is None and said.claim:
        song.claim = said.claim
    if any(_same(row.by, row.task, row.label, made.task, said) for row in latest(song.labels)):
        made.known += 1
        return
    decisions.say(
        session,
        song,
        by=VOICE,
        task=made.task,
        label=said.label,
        basis=BASIS_OF[made.task],
        sure=SURE,
        blind=True,
        now=now,
    )
    made.added += 1


def _leave_out_known(session: Session, made: Import) -> None:
    """So that a dry run says what would be new."""
    known: set[tuple[str, str]] = set()
    for start in range(0, len(made.said), 500):
        ids = [said.submission_id for said in made.said[start : start + 500]]
        known |= decisions.standing_of(session, ids, task=made.task, by=VOICE)
    new = [said for said in made.said if (said.submission_id, said.label) not in known]
    made.known += len(made.said) - len(new)
    made.said = new


def _same(by: str, task: str, label: str | None, wanted: str, said: Said) -> bool:
    return (by, task, label) == (VOICE, wanted, said.label)


def _once(found: Said, before: dict[str, Said]) -> Said | Refused | None:
    """None: the same was said further up."""
    other = before.get(found.submission_id)
    if other is None:
        return found
    if other.label == found.label:
        return None
    return _refused(found.row, f"row {other.row.number} says something else about the same song")


def _understood(row: Row, songs: "_Songs", *, task: str) -> Said | Refused:
    if any(is_formula(text) for text in row.cells.values()):
        return _refused(row, "a cell starts like a formula")
    if not row[LABEL]:
        return _refused(row, "New_Label is empty")
    label = class_of(row[LABEL], CLASSES_OF[task])
    if label is None:
        return _refused(row, f"“{row[LABEL][:60]}” is not one of the classes")
    song = songs.find(row)
    if song.reason:
        return _refused(row, song.reason)
    claim = class_of(row[CLAIM]) if row[CLAIM] else None
    return Said(row, song.id, label, claim)


def _refused(row: Row, reason: str) -> Refused:
    return Refused(row.number, _song_cell(row)[:200], row[LABEL][:60], reason)


@dataclass(frozen=True, slots=True)
class _Found:
    id: str = ""
    reason: str = ""


class _Songs:
    """The submissions that the rows may mean, found in one pass over the table."""

    def __init__(self, session: Session, rows: Iterable[Row]) -> None:
        wanted = {key for row in rows for key in _keys(row)}
        self._found: dict[str, dict[str, str]] = {}
        listed = select(Submission.id, Submission.file, Submission.sha256).order_by(Submission.created_at)
        for id, file, sha256 in session.execute(listed.execution_options(yield_per=2000)):
            for key in (f"id:{id}", f"sha:{sha256}", f"file:{file.lower()}", f"stem:{_stem(file)}"):
                if key in wanted:
                    self._found.setdefault(key, {})[sha256] = id  # of the same bytes the newest

    def find(self, row: Row) -> _Found:
        keys = _keys(row)
        if not keys:
            return _Found(reason="the row names no song")
        for key in keys:
            matches = self._found.get(key, {})
            if len(matches) > 1:
                return _Found(reason=f"{len(matches)} different files here have this name")
            if matches:
                return _Found(id=next(iter(matches.values())))
        return _Found(reason="no song here has this link, name or SHA-256")


def _keys(row: Row) -> list[str]:
    """How the song may be known, the surest first."""
    cell, sha256 = _song_cell(row), row["sha256"].lower()
    keys = [f"sha:{sha256}"] if _SHA256.fullmatch(sha256) else []
    keys += [f"id:{found}" for found in _OURS.findall(cell)]
    path = unquote(urlsplit(cell).path) if "://" in cell else cell
    name = names.clean(path)
    if not keys and path.strip("/\\ ") and name != names.UNNAMED:
        keys += [f"file:{name.lower()}", f"stem:{_stem(name)}"]
    return keys


def _song_cell(row: Row) -> str:
    return row["spectrogram"] or row["file"]


def _stem(file: str) -> str:
    """A picture has the song's name with another ending."""
    stem, dot, ending = file.lower().rpartition(".")
    return stem if dot and 1 <= len(ending) <= 4 else file.lower()
