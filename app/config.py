"""Where we run: one frozen record from the environment. How we measure lives in the model artifacts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

PREFIX: Final = "LINEAGE_"
MIB: Final = 2**20


class SettingsError(Exception):
    """Says everything that is wrong with the environment at once."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every field is read from LINEAGE_<FIELD>; the defaults fit ``./run`` on one machine."""

    state_dir: Path = Path("var")
    """Database, queue, files and the secret key live here unless a URL says otherwise."""
    database_url: str = ""
    """SQLAlchemy URL; empty: SQLite in state_dir."""
    redis_url: str = ""
    """Queue and rate limits in Redis; empty: queue in SQLite, limits in memory."""
    secret_key: str = field(default="", repr=False)
    """Signs cookies; empty: made once and kept in state_dir. Needed with several machines."""
    public_url: str = ""
    """How the outside reaches us, such as https://lineage.example; empty: as each request says."""
    host: str = "127.0.0.1"
    port: int = 8000
    proxies: int = 0
    """How many reverse proxies stand in front (whose X-Forwarded-* is believed)."""
    workers: int = 2
    """Analysis processes."""
    lease_s: int = 20
    """A worker that was silent for so long has lost its job to another."""
    web_threads: int = 24
    max_upload_mib: int = 500
    max_waiting: int = 200
    """More waiting jobs than this: new ones are refused with 429."""
    uploads_per_minute: int = 600
    """By client address."""
    logins_per_minute: int = 10
    busy_timeout_s: int = 25
    """How long a write waits for the database before it answers 503."""

    def __post_init__(self) -> None:
        problems = [
            f"{PREFIX}{name.upper()} must be at least {least}"
            for name, least in _LEAST.items()
            if getattr(self, name) < least
        ]
        if self.database_url.startswith("postgres") and not self.secret_key:
            problems.append(f"{PREFIX}SECRET_KEY is missing (needed with PostgreSQL)")
        if self.secret_key and len(self.secret_key) < 32:
            problems.append(f"{PREFIX}SECRET_KEY must have at least 32 characters")
        if problems:
            raise SettingsError(problems)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Raises SettingsError naming every wrong, missing or unknown variable."""
        values, problems = _parse(env)
        try:
            settings = cls(**values)
        except SettingsError as error:
            raise SettingsError(problems + error.problems) from None
        if problems:
            raise SettingsError(problems)
        return settings

    @property
    def database(self) -> str:
        """SQLAlchemy URL."""
        if not self.database_url:
            return f"sqlite:///{self.state_dir.absolute() / 'lineage.sqlite'}"
        return self.database_url.replace("postgres://", "postgresql://", 1).replace(
            "postgresql://", "postgresql+psycopg://", 1
        )

    @property
    def max_upload_bytes(self) -> int:
        return self.max_upload_mib * MIB


_LEAST: Final = {
    "port": 0,
    "proxies": 0,
    "workers": 1,
    "lease_s": 2,
    "web_threads": 1,
    "max_upload_mib": 1,
    "max_waiting": 1,
    "uploads_per_minute": 1,
    "logins_per_minute": 1,
    "busy_timeout_s": 1,
}
_ELSEWHERE: Final = {"DATA", "CHROMIUM"}
"""LINEAGE_ names that tests and training read, not the application."""


def _parse(env: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    known = {f.name: f.type for f in fields(Settings)}
    values: dict[str, Any] = {}
    problems = []
    for variable in sorted(name for name in env if name.startswith(PREFIX)):
        name = variable.removeprefix(PREFIX).lower()
        if name not in known:
            if name.upper() not in _ELSEWHERE:
                problems.append(f"{variable} is not a setting")
            continue
        try:
            values[name] = _CONVERT[known[name]](env[variable].strip())
        except ValueError:
            problems.append(f"{variable} must be a whole number, not {env[variable]!r}")
    return values, problems


_CONVERT: Final[dict[Any, Any]] = {int: int, str: str, Path: Path}
