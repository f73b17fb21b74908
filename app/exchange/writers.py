"""A table as CSV, JSON lines or Parquet, in pieces: whoever sends them holds one page of rows at a time."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from app.exchange import parquet
from app.exchange.cells import defused

Columns = Sequence[tuple[str, str]]
"""Name and kind: text, int, float, bool, time, or json (which is text already)."""
_NUMBERS: Final = ("int", "float")
Pages = Iterable[Sequence[Sequence[Any]]]


def as_csv(columns: Columns, pages: Pages) -> Iterator[bytes]:
    """A cell that would be a formula gets an apostrophe."""
    yield _line([name for name, _ in columns])
    n = next((at for at in range(len(columns), 0, -1) if columns[at - 1][1] not in _NUMBERS), 0)
    for rows in pages:
        yield b"".join([_line(map(_cell, row[:n]), row[n:]) for row in rows])


def as_jsonl(columns: Columns, pages: Pages) -> Iterator[bytes]:
    """One object a line."""
    keys = [json.dumps(name) + ":" for name, _ in columns]
    say = [_as_stored if kind == "json" else _json for _, kind in columns]
    for rows in pages:
        lines = [
            "{" + ",".join([key + to(value) for key, to, value in zip(keys, say, row, strict=True)]) + "}\n"
            for row in rows
        ]
        yield "".join(lines).encode()


WRITERS: Final[dict[str, Callable[[Columns, Pages], Iterator[bytes]]]] = {
    "csv": as_csv,
    "jsonl": as_jsonl,
    "parquet": parquet.write,
}
TYPES: Final = {
    "csv": "text/csv",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
}
"""What they are called on the web."""


def _line(cells: Iterable[Any], numbers: Sequence[float | None] = ()) -> bytes:
    """``numbers``: those at the end. Such as features they may be many, and need no quotes."""
    text: str = _writer.writerow(cells)
    if not numbers:
        return text.encode() + b"\r\n"
    return text.encode() + b"," + msgspec.json.encode(numbers)[1:-1].replace(b"null", b"") + b"\r\n"


class _Echo:
    """What a writer wrote comes back from ``writerow``."""

    def write(self, text: str) -> str:
        return text


_writer: Final[Any] = csv.writer(_Echo(), lineterminator="")


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    return defused(value)


def _as_stored(value: str | None) -> str:
    return "null" if value is None else value


def _json(value: Any) -> str:
    return json.dumps(value.isoformat() if isinstance(value, datetime) else value)
