"""What an admin can change while the site runs. A switch without a row has its default.

``value(session, name)`` reads the row; :class:`Switches` keeps all values for two seconds a process, so
that every request may ask.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.admin import service
from app.admin.tables import Switch
from app.db import Database, lock
from app.errors import BadSwitch, Conflict, NotFound

KEPT_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One switch: the type is that of its default."""

    title: str
    says: str
    """What it does, for an admin."""
    default: bool | int | float | str
    least: float = 0
    most: float = 0
    choices: tuple[str, ...] = ()

    def parse(self, text: str) -> Any:
        """A form's text as a value. Raises BadSwitch."""
        try:
            return self.checked(_READ[type(self.default)](text.strip()))
        except ValueError:
            raise BadSwitch(value=text[:40], title=self.title, allowed=self.allowed) from None

    def checked(self, found: Any) -> Any:
        """Raises ValueError."""
        if self.choices and found not in self.choices:
            raise ValueError
        if type(self.default) in (int, float) and not self.least <= found <= self.most:
            raise ValueError
        return found

    @property
    def allowed(self) -> str:
        if self.choices:
            return ", ".join(self.choices)
        return "on, off" if isinstance(self.default, bool) else f"{self.least:g} to {self.most:g}"


KINDS: Final[Mapping[str, Kind]] = {
    "uploads_paused": Kind(
        title="Uploads paused",
        says="New files are refused with a sentence; what waits is still analysed.",
        default=False,
    ),
    "read_only": Kind(
        title="Read-only",
        says="Everybody may read, nobody may send, label or delete. Logging in and this page go on.",
        default=False,
    ),
    "sign_ups_open": Kind(
        title="Sign-ups open", says="Anybody may make an account, which begins as a member.", default=True
    ),
    "audio_days": Kind(
        title="Days that kept audio stays",
        says="Older audio is deleted even where its owner let it stay; 0 keeps it.",
        default=0,
        most=36500,
    ),
    "accuse": Kind(
        title="Sure enough to call a lossless file a transcode",
        says="Least probability; 0 takes the model’s own threshold. A lower one accuses more, also wrongly. "
        "For files sent from then on.",
        default=0.0,
        most=1,
    ),
    "accuse_lossy": Kind(
        title="Sure enough to call a lossy file worse than it says",
        says="Least probability; 0 takes the model’s own threshold. For files sent from then on.",
        default=0.0,
        most=1,
    ),
    "acquit": Kind(
        title="Sure enough to call a file what it says",
        says="Least probability; 0 takes the model’s own threshold. For files sent from then on.",
        default=0.0,
        most=1,
    ),
    "blind_review": Kind(
        title="Blind review",
        says="Review begins with the model’s answer hidden until one has answered; each reviewer can show it.",
        default=True,
    ),
    "song_weight": Kind(
        title="Weight of a labelled song",
        says="How much it counts in training against a row of the base table.",
        default=4.0,
        least=0.1,
        most=20,
    ),
    "labels_per_retrain": Kind(
        title="Labels for an automatic retrain",
        says="So many newly accepted labels start one; 0 starts none.",
        default=20,
        most=100_000,
    ),
    "retrain_schedule": Kind(
        title="Scheduled retrain",
        says="Where labels were accepted since the last one.",
        default="weekly",
        choices=("off", "daily", "weekly"),
    ),
    "auto_promote": Kind(
        title="Automatic promotion",
        says="A candidate that passes the gate becomes champion without anybody looking at it.",
        default=False,
    ),
}

THRESHOLDS: Final = ("accuse", "accuse_lossy", "acquit")
"""Those of ml.quality.verdict.Thresholds."""


def value(session: Session, name: str) -> Any:
    """Of now."""
    return of(name, session.get(Switch, name))


def values(session: Session) -> dict[str, Any]:
    """All of them."""
    found = rows(session)
    return {name: of(name, found.get(name)) for name in KINDS}


def rows(session: Session) -> dict[str, Switch]:
    """Of those that somebody has changed, by name."""
    return {row.name: row for row in session.scalars(select(Switch))}


def of(name: str, row: Switch | None) -> Any:
    """The value that a row stands for. One that no longer fits, such as an older release's, counts as none."""
    kind = KINDS[name]
    if row is None:
        return kind.default
    try:
        return kind.checked(type(kind.default)(row.value["value"]))
    except (ValueError, KeyError, TypeError):
        return kind.default


def change(session: Session, name: str, text: str, *, seen: str, by: str, now: datetime) -> Any:
    """``seen``: the text that the form showed. Raises NotFound, BadSwitch, Conflict. Returns the value."""
    if name not in KINDS:
        raise NotFound()
    lock(session, f"switch:{name}")
    new, old = KINDS[name].parse(text), value(session, name)
    if as_text(old) == as_text(new):
        return old  # pressed twice
    if as_text(old) != seen:
        raise Conflict()
    session.merge(Switch(name=name, value={"value": new}, by=by, changed_at=now))
    service.record(session, by=by, act="switch.set", on=name, facts={"from": old, "to": new}, now=now)
    return new


def as_text(found: Any) -> str:
    """As a form shows it and sends it back."""
    if isinstance(found, bool):
        return "on" if found else "off"
    return f"{found:g}" if isinstance(found, float) else str(found)


class Switches:
    """One for each process: asking costs nothing most of the time."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._database, self._clock = database, clock
        self._lock = threading.Lock()
        self._values: dict[str, Any] = {}
        self._until = 0.0

    def __getitem__(self, name: str) -> Any:
        with self._lock:
            if not self._values or self._clock() >= self._until:
                self._read()
            return self._values[name]

    def forget(self) -> None:
        """After a change in this process."""
        with self._lock:
            self._values = {}

    def _read(self) -> None:
        with self._database.read() as session:
            self._values = values(session)
        self._until = self._clock() + KEPT_S


def _bool(text: str) -> bool:
    if text not in ("on", "off"):
        raise ValueError(text)
    return text == "on"


_READ: Final[Mapping[type, Callable[[str], Any]]] = {bool: _bool, int: int, float: float, str: str}
