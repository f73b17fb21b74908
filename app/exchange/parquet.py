"""Writing Parquet, as much of it as a flat table needs: optional columns, plain encoding, no compression.

The usual library (pyarrow) is 170 MB installed, for files that a few admins ask for; it reads these in the tests. Format:
https://github.com/apache/parquet-format (parquet.thrift, Encodings.md); the metadata is in Thrift's compact
protocol. A file is written front to back, one row group a page of rows, so memory stays constant.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import repeat
from operator import is_not
from typing import Any, Final

MAGIC: Final = b"PAR1"
_BOOLEAN, _INT64, _DOUBLE, _BYTE_ARRAY = 0, 2, 5, 6
_UTF8, _MICROS = 0, 10
_PLAIN, _RLE = 0, 3
_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12
_TYPES: Final[dict[str, tuple[int, int | None]]] = {
    "text": (_BYTE_ARRAY, _UTF8),
    "json": (_BYTE_ARRAY, _UTF8),
    "int": (_INT64, None),
    "float": (_DOUBLE, None),
    "bool": (_BOOLEAN, None),
    "time": (_INT64, _MICROS),
}
"""Physical and converted type by kind of column."""
_DIGITS: Final = bytes.maketrans(b"\0\1", b"01")


def write(columns: Sequence[tuple[str, str]], pages: Iterable[Sequence[Sequence[Any]]]) -> Iterator[bytes]:
    """``columns``: name and kind; ``pages``: rows in portions. Yields the file in pieces."""
    yield MAGIC
    offset, groups, total = len(MAGIC), [], 0
    for rows in pages:
        chunks, parts = [], []
        for (name, kind), values in zip(columns, zip(*rows, strict=True), strict=True):
            part = _page(values, kind)
            chunks.append(_chunk(name, kind, rows=len(rows), size=len(part), offset=offset))
            parts.append(part)
            offset += len(part)
        body = b"".join(parts)
        groups.append(_struct((1, _LIST, _list(_STRUCT, chunks)), (2, _I64, len(body)), (3, _I64, len(rows))))
        total += len(rows)
        yield body
    footer = _footer(columns, groups, rows=total)
    yield footer + struct.pack("<I", len(footer)) + MAGIC


def _page(values: Sequence[Any], kind: str) -> bytes:
    """One data page: which values there are, then those."""
    there = [value for value in values if value is not None]
    levels = _levels(values, n=len(there))
    body = struct.pack("<I", len(levels)) + levels + _PLAINLY[kind](there)
    return _head(len(values), size=len(body)) + body


@lru_cache(maxsize=1024)  # the same for many columns
def _head(n: int, *, size: int) -> bytes:
    data = _struct((1, _I32, n), (2, _I32, _PLAIN), (3, _I32, _RLE), (4, _I32, _RLE))
    return _struct((1, _I32, 0), (2, _I32, size), (3, _I32, size), (5, _STRUCT, data))


def _levels(values: Sequence[Any], *, n: int) -> bytes:
    """1 where there is a value, of which there are ``n``: as one run, or as bits, eight a byte."""
    if n in (0, len(values)):
        return _varint(len(values) << 1) + (b"\1" if n else b"\0")
    octets = -(-len(values) // 8)
    return _varint(octets << 1 | 1) + _bits(list(map(is_not, values, repeat(None))))


def _bits(flags: Sequence[bool]) -> bytes:
    """The first flag is the lowest bit of the first byte."""
    digits = bytes(flags)[::-1].translate(_DIGITS) or b"0"
    return int(digits, 2).to_bytes(-(-len(flags) // 8), "little")


def _texts(values: Sequence[str]) -> bytes:
    encoded = [value.encode("utf-8", "replace") for value in values]
    return b"".join(part for text in encoded for part in (struct.pack("<I", len(text)), text))


def _micros(values: Sequence[datetime]) -> bytes:
    return struct.pack(f"<{len(values)}q", *(round(value.timestamp() * 1_000_000) for value in values))


_PLAINLY: Final[dict[str, Callable[[Any], bytes]]] = {
    "text": _texts,
    "json": _texts,
    "int": lambda values: struct.pack(f"<{len(values)}q", *values),
    "float": lambda values: struct.pack(f"<{len(values)}d", *values),
    "bool": _bits,
    "time": _micros,
}


def _chunk(name: str, kind: str, *, rows: int, size: int, offset: int) -> bytes:
    facts = _struct(
        (1, _I32, _TYPES[kind][0]),
        (2, _LIST, _list(_I32, [_zigzag(_PLAIN), _zigzag(_RLE)])),
        (3, _LIST, _list(_BINARY, [_binary(name)])),
        (4, _I32, 0),
        (5, _I64, rows),
        (6, _I64, size),
        (7, _I64, size),
        (9, _I64, offset),
    )
    return _struct((2, _I64, offset), (3, _STRUCT, facts))


def _footer(columns: Sequence[tuple[str, str]], groups: list[bytes], *, rows: int) -> bytes:
    root = _struct((4, _BINARY, "schema"), (5, _I32, len(columns)))
    fields = [_field(name, *_TYPES[kind]) for name, kind in columns]
    return _struct(
        (1, _I32, 1),
        (2, _LIST, _list(_STRUCT, [root, *fields])),
        (3, _I64, rows),
        (4, _LIST, _list(_STRUCT, groups)),
        (6, _BINARY, "lineage"),
    )


def _field(name: str, physical: int, converted: int | None) -> bytes:
    optional: list[tuple[int, int, Any]] = [(1, _I32, physical), (3, _I32, 1), (4, _BINARY, name)]
    return _struct(*optional, *([(6, _I32, converted)] if converted is not None else []))


def _struct(*fields: tuple[int, int, Any]) -> bytes:
    """Fields as (id, type, value); structs and lists are given as bytes."""
    out, last = bytearray(), 0
    for number, kind, value in fields:
        out.append((number - last) << 4 | kind)
        last = number
        if kind in (_I32, _I64):
            out += _zigzag(value)
        else:
            out += _binary(value) if kind == _BINARY else value
    return bytes(out) + b"\0"


def _list(kind: int, items: Sequence[bytes]) -> bytes:
    n = len(items)
    head = bytes([n << 4 | kind]) if n < 15 else bytes([0xF0 | kind]) + _varint(n)
    return head + b"".join(items)


def _binary(text: str) -> bytes:
    data = text.encode()
    return _varint(len(data)) + data


def _zigzag(value: int) -> bytes:
    return _varint(value << 1 if value >= 0 else (-value << 1) - 1)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
