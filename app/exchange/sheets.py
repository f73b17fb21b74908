"""Reading a spreadsheet that somebody sent: CSV or XLSX, never more than it may be, nothing evaluated."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final, NoReturn

from app.errors import SheetRefused

MAX_BYTES: Final = 5 * 2**20
MAX_UNPACKED: Final = 40 * 2**20
"""Of an XLSX, which is a zip file: 20,000 rows unpack to about 10 MiB."""
MAX_ROWS: Final = 20_000
MAX_COLUMNS: Final = 64
MAX_CELL: Final = 2_000
LABEL: Final = "new_label"
CLAIM: Final = "meta_label"
_BROKEN: Final = (
    ValueError, TypeError, LookupError, AttributeError, SyntaxError, OSError, EOFError, RuntimeError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What openpyxl, zipfile and expat say to a damaged file."""
NAMES: Final = ("spectrogram", "file", "sha256")
"""Columns that say which song a row is about."""


@dataclass(frozen=True, slots=True)
class Row:
    """``number`` as the spreadsheet program shows it: the head is 1."""

    number: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


def read(data: bytes) -> list[Row]:
    """The rows that aren't empty. Raises SheetRefused."""
    if len(data) > MAX_BYTES:
        refuse_size()
    lines = _xlsx(io.BytesIO(data)) if data.startswith(b"PK") else _csv(data)
    head = [_text(cell).lower().replace(" ", "_") for cell in next(lines, [])]
    if LABEL not in head or not set(NAMES) & set(head):
        raise SheetRefused(reason="its first row must name the columns Spectrogram and New_Label")
    return list(_rows(head, lines))


def refuse_size() -> NoReturn:
    raise SheetRefused(reason=f"it is larger than {MAX_BYTES // 2**20} MB")


def _rows(head: Sequence[str], lines: Iterator[Sequence[Any]]) -> Iterator[Row]:
    for number, line in enumerate(lines, start=2):
        if number > MAX_ROWS + 1:
            raise SheetRefused(reason=f"it has more than {MAX_ROWS:,} rows")
        cells = {name: _text(cell) for name, cell in zip(head, line, strict=False) if name}
        if any(cells.values()):
            yield Row(number, cells)


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()[:MAX_CELL]


def _csv(data: bytes) -> Iterator[Sequence[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")  # what older spreadsheet programs write
    if "\0" in text:
        raise SheetRefused(reason="it is neither CSV nor XLSX")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield line[:MAX_COLUMNS]
    except csv.Error as error:
        raise SheetRefused(reason=f"its CSV is broken ({error})") from None


def _xlsx(file: IO[bytes]) -> Iterator[Sequence[Any]]:
    _check_zip(file)
    try:
        from openpyxl import load_workbook  # late: only imports need it

        book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # a file may claim a million columns
        yield from sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True)
    except ImportError:
        raise SheetRefused(reason="XLSX needs the package openpyxl here; save it as CSV") from None
    except _BROKEN as error:
        raise SheetRefused(reason=f"its XLSX is broken ({type(error).__name__})") from None


def _check_zip(file: IO[bytes]) -> None:
    """Before anything is unpacked. Sizes are what the directory says; reading beyond them is an error."""
    try:
        entries = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, ValueError, OSError):
        raise SheetRefused(reason="it is neither CSV nor XLSX") from None
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED or len(entries) > 500:
        raise SheetRefused(reason=f"it unpacks to more than {MAX_UNPACKED // 2**20} MB")
    if any(entry.flag_bits & 1 for entry in entries):
        raise SheetRefused(reason="it is protected by a password")
