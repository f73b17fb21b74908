"""What an import came to, for people and programs."""

import csv
import io
from typing import Any, Final

from app.exchange.cells import defused
from app.exchange.importing import Import

COLUMNS: Final = ("row", "Spectrogram", "New_Label", "reason")


def summary(made: Import, *, dry: bool) -> dict[str, Any]:
    """``new``: labels that were added, or would be."""
    return {
        "task": made.task,
        "dry_run": dry,
        "rows": made.rows,
        "new": len(made.said) if dry else made.added,
        "known": made.known,
        "refused": [
            {"row": one.number, "song": one.song, "label": one.label, "reason": one.reason}
            for one in sorted(made.refused, key=lambda one: one.number)
        ],
    }


def as_csv(found: dict[str, Any]) -> str:
    """The refused rows, for the spreadsheet they came from."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([defused(value) for value in one.values()] for one in found["refused"])
    return out.getvalue()


def sentence(found: dict[str, Any]) -> str:
    """
    >>> sentence({"rows": 3, "new": 1, "known": 0, "refused": [1, 2], "dry_run": True})
    '3 rows: 1 would be added, 0 known already, 2 refused.'
    """
    added = "would be added" if found["dry_run"] else "added"
    return (
        f"{found['rows']} {'row' if found['rows'] == 1 else 'rows'}: {found['new']} {added}, "
        f"{found['known']} known already, {len(found['refused'])} refused."
    )
