"""What every test may ask for, and the rule that CI skips nothing that it needs.

A test that asks for one of the fixtures in NEEDS, or has a parameter "postgres" or "redis", gets that
marker by itself, so ``-m "not postgres"`` and ``./test --quick`` leave it out without anybody having to
remember.
"""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services import Postgres, Redis, ServiceMissing

ROOT = Path(__file__).resolve().parent.parent
NEEDS = {
    "postgres_url": "postgres",
    "postgres_server": "postgres",
    "redis_url": "redis",
    "redis_server": "redis",
    "chromium": "browser",
    "lineage_data": "data",
}
_SERVERS = {"postgres", "redis"}
_CI = os.environ.get("CI", "").lower() in {"1", "true"}
_skipped: list[str] = []


def pytest_configure() -> None:
    """A shell's background job ignores Ctrl-C, and so would every program that a test starts from there."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def lineage_data() -> Path:
    """Folder with ``lossless/INDEX.csv`` and its clips, from LINEAGE_DATA."""
    folder = Path(os.environ.get("LINEAGE_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / "lossless" / "INDEX.csv").is_file():
        pytest.skip(f"NO LOSSLESS CLIPS in {folder}: set LINEAGE_DATA to the folder that holds lossless/")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium that Playwright can drive by ``executable_path``."""
    for name in (os.environ.get("LINEAGE_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"):
        if name and (found := shutil.which(name)):
            return found
    pytest.skip("NO BROWSER: install Debian's chromium, or name one in LINEAGE_CHROMIUM")


@pytest.fixture(scope="session")
def _postgres() -> Iterator[Postgres]:
    yield from _service(Postgres)


@pytest.fixture
def postgres_url(_postgres: Postgres) -> Iterator[str]:
    """SQLAlchemy URL of a new, empty database; gone after the test."""
    url = _postgres.create_database()
    yield url
    _postgres.drop_database(url)


@pytest.fixture
def postgres_server() -> Iterator[Postgres]:
    """A server of the test's own, to stop and kill; data survives a kill."""
    yield from _service(lambda: Postgres(fsync=True))


@pytest.fixture(scope="session")
def _redis() -> Iterator[Redis]:
    yield from _service(Redis)


@pytest.fixture
def redis_url(_redis: Redis) -> Iterator[str]:
    """URL of an empty Redis; emptied again after the test."""
    yield _redis.url
    _redis.flush()


@pytest.fixture
def redis_server() -> Iterator[Redis]:
    """A server of the test's own, to stop and kill."""
    yield from _service(Redis)


def _service(make):  # type: ignore[no-untyped-def]
    try:
        service = make()
    except ServiceMissing as error:
        pytest.skip(f"MISSING: {error}")
    try:
        service.start()
        yield service
    finally:
        service.close()


@pytest.hookimpl(tryfirst=True)  # before -m picks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for need in _needs(item):
            item.add_marker(need)
        for need in sorted({mark.name for mark in item.iter_markers()} & set(NEEDS.values())):
            item.user_properties.append(("needs", need))  # travels to xdist's controller in the report


def _needs(item: pytest.Item) -> set[str]:
    callspec = getattr(item, "callspec", None)
    parameters = (
        {value for value in callspec.params.values() if isinstance(value, str)} if callspec else set()
    )
    return {NEEDS[name] for name in getattr(item, "fixturenames", ()) if name in NEEDS} | (
        parameters & _SERVERS
    )


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    needs = [value for name, value in report.user_properties if name == "needs"]
    if report.skipped and needs and not hasattr(report, "wasxfail"):
        _skipped.append(f"{report.nodeid} needs {', '.join(map(str, needs))}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if _CI and _skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _skipped:
        return
    verdict = "a failure under CI" if _CI else "NOT TESTED HERE"
    terminalreporter.section(f"{len(_skipped)} skipped, {verdict}", red=_CI, yellow=not _CI)
    for line in _skipped:
        terminalreporter.line(line)
