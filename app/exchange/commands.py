"""flask --app wsgi import-labels FILE | export WHAT"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import with_appcontext

from app.context import here
from app.db import utcnow
from app.errors import AppError
from app.exchange import exporting, importing, report, sheets
from app.exchange.writers import WRITERS
from app.words import sentence


@click.command("import-labels")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--task", default="quality", show_default=True)
@click.option(
    "--report", "refused", type=click.Path(path_type=Path), help="Write the refused rows there (CSV)."
)
@with_appcontext
def import_labels(file: Path, dry_run: bool, task: str, refused: Path | None) -> None:
    """Labels out of a spreadsheet with the columns Spectrogram, Meta_Label and New_Label."""
    with _in_words():
        if file.stat().st_size > sheets.MAX_BYTES:
            sheets.refuse_size()
        rows = sheets.read(file.read_bytes())
        with here().database.read() as session:
            made = importing.plan(session, rows, task=task)
        if not dry_run:
            _carry_out(made)
    found = report.summary(made, dry=dry_run)
    for one in found["refused"]:
        click.echo(
            f"row {one['row']}: {one['reason']} ({one['song'] or 'no song'}: {one['label']})", err=True
        )
    click.echo(report.sentence(found))
    if refused:
        refused.write_text(report.as_csv(found), encoding="utf-8-sig")


@click.command()
@click.argument("what", type=click.Choice(exporting.TABLES))
@click.option("--format", "kind", type=click.Choice(list(WRITERS)), default="csv", show_default=True)
@click.option("-o", "out", type=click.Path(path_type=Path), help="File to write; left out: standard output.")
@click.option("--task", help="Only this task.")
@with_appcontext
def export(what: str, kind: str, out: Path | None, task: str | None) -> None:
    """Everything that is stored, as a table."""
    with _in_words():
        pieces = exporting.write(here().database, what, kind, task=task)
    if out is None:
        _pour(pieces, sys.stdout.buffer.write)
        return
    part = out.with_name(out.name + ".part")
    with part.open("wb") as file:
        _pour(pieces, file.write)
    part.replace(out)  # whole or not at all


def _pour(pieces: Iterable[bytes], write) -> None:  # type: ignore[no-untyped-def]
    for piece in pieces:
        write(piece)


def _carry_out(made: importing.Import) -> None:
    progress = importing.carry_out(here().database, made, by="command", now=utcnow())
    with click.progressbar(length=len(made.said), label="labels", file=sys.stderr) as bar:
        for done in progress:
            bar.update(done - bar.pos)


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except AppError as error:
        raise click.ClickException(sentence(error)) from None
