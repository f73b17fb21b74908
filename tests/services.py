"""PostgreSQL and Redis started by the tests themselves: a free loopback port, a throw-away folder.

Nothing here talks to a server of the machine. Both can be stopped, killed and started again on the
same port and data, so that a test can take them away under load.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg
import redis

_START_S = 60.0


class ServiceMissing(Exception):
    """The server's program isn't installed. The text says what to install."""


class _Service:
    """A child process on a loopback port, with its data in ``self.folder``."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="lineage-service-"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start (again) and wait until it answers."""
        log = (self.folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(self._command(), stdout=log, stderr=log, **self._as_user())
        wait_until(self._answers, timeout_s=_START_S, what=f"{type(self).__name__} on port {self.port}")

    def stop(self, *, how: int = signal.SIGINT) -> None:
        """``how``: SIGINT is an orderly stop that waits for nobody, SIGKILL is a power cut."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=30)
            self._process = None

    def restart(self, *, how: int = signal.SIGINT) -> None:
        self.stop(how=how)
        self.start()

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _command(self) -> Sequence[str]:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError

    def _as_user(self) -> dict[str, str]:
        return {}


class Postgres(_Service):
    """PostgreSQL with trust authentication; ``fsync`` is on when a test is about surviving."""

    def __init__(self, *, fsync: bool = False) -> None:
        self._programs = _postgres_programs()
        super().__init__()
        self._fsync = "on" if fsync else "off"
        self._initdb()

    def create_database(self) -> str:
        """URL of a new, empty database."""
        name = f"test_{os.urandom(6).hex()}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        return self._url(name).replace("postgresql://", "postgresql+psycopg://")

    def drop_database(self, url: str) -> None:
        name = url.rsplit("/", 1)[-1]
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")  # type: ignore[arg-type]

    def _url(self, name: str) -> str:
        return f"postgresql://lineage@127.0.0.1:{self.port}/{name}"

    def _initdb(self) -> None:
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        user = self._as_user().get("user")
        if user is not None:
            shutil.chown(self.folder, user)
            shutil.chown(data, user)
        command = [self._programs / "initdb", "-D", data, "-U", "lineage", "-A", "trust", "-E", "UTF8"]
        subprocess.run(
            [*command, "--no-locale", "--no-sync"], check=True, capture_output=True, **self._as_user()
        )

    def _command(self) -> Sequence[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "fsync": self._fsync,
            "shared_buffers": "32MB",
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self._programs / "postgres"), "-D", str(self.folder / "data"), *flags]

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _as_user(self) -> dict[str, str]:
        """PostgreSQL refuses to run as root."""
        if os.geteuid() != 0:
            return {}
        known = {entry.pw_name for entry in pwd.getpwall()}
        return {"user": "postgres" if "postgres" in known else "nobody", "cwd": "/"}


class Redis(_Service):
    """Redis that appends every write to disk, so that a kill loses nothing it acknowledged."""

    def __init__(self) -> None:
        self._program = _program("redis-server", "Redis (Debian: redis-server)")
        super().__init__()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def flush(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def _command(self) -> Sequence[str]:
        where = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder)]
        return [self._program, *where, "--save", "", "--appendonly", "yes", "--appendfsync", "always"]

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(true: Callable[[], bool], *, timeout_s: float, what: str) -> None:
    """Ask every 50 ms; TimeoutError names ``what``."""
    end = time.monotonic() + timeout_s
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {timeout_s:g} s")
        time.sleep(0.05)


def _postgres_programs() -> Path:
    """Newest folder that holds initdb: Debian keeps it out of PATH."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = sorted(versions, key=lambda path: float(path.parts[-3]))[-1:]
    if newest:
        return newest[0].parent
    return Path(_program("initdb", "PostgreSQL (Debian: postgresql)")).parent


def _program(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ServiceMissing(f"{package} is not installed")
    return found
