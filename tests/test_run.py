"""./run, started for real: it answers, says the password once, and leaves nothing behind."""

import contextlib
import os
import re
import signal
import stat
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
_START_S = 60.0


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("with space") / "state"


@pytest.fixture(scope="module")
def first(state: Path, root: Path) -> str:
    """Everything that a first start and its end print."""
    return _start_and_stop(root, state, how=signal.SIGINT)


def test_the_first_start_says_address_and_password(first: str) -> None:
    assert "Lineage is at http://127.0.0.1:" in first
    assert len(_passwords(first)) == 1


def test_it_stops_without_a_traceback(first: str) -> None:
    assert "Traceback" not in first
    assert first.rstrip().endswith("Stopped.")


def test_the_second_start_keeps_the_password_to_itself(first: str, state: Path, root: Path) -> None:
    second = _start_and_stop(root, state, how=signal.SIGTERM)
    assert "Lineage is at" in second
    assert _passwords(second) == []
    assert _passwords(first)[0] not in second


def test_nobody_else_can_read_the_state(first: str, state: Path) -> None:
    assert "Lineage is at" in first
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    for path in state.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def _passwords(output: str) -> list[str]:
    return re.findall(r"password: (\S+)", output)


def _start_and_stop(root: Path, state: Path, *, how: signal.Signals) -> str:
    """Output from the start to the end; every process it started is gone afterwards."""
    port = free_port()
    with _started(root, state, port=port) as process:
        _wait_for_answer(process, f"http://127.0.0.1:{port}/healthz")
        family = _descendants(process.pid)
        assert len(family) >= 4, "gunicorn and the worker, each with a child"
        process.send_signal(how)
        output, _ = process.communicate(timeout=40)
    assert process.returncode == 0, output
    end = time.monotonic() + 5.0
    while any(map(_alive, family)) and time.monotonic() < end:
        time.sleep(0.1)
    assert [pid for pid in family if _alive(pid)] == []
    return output


def _alive(pid: int) -> bool:
    """Not gone, and not a dead one that init has yet to collect."""
    try:
        stat_line = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat_line.rpartition(")")[2].split()[0] != "Z"


@contextlib.contextmanager
def _started(root: Path, state: Path, *, port: int) -> Iterator["subprocess.Popen[str]"]:
    """From another folder and with an empty HOME."""
    state.parent.joinpath("home").mkdir(exist_ok=True)
    environment = {"HOME": str(state.parent / "home"), "PORT": str(port), "LINEAGE_STATE_DIR": str(state)}
    command = [root / "run"]
    with subprocess.Popen(
        command,
        cwd="/",
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.communicate(timeout=40)


def _wait_for_answer(process: "subprocess.Popen[str]", url: str) -> None:
    """Until the web process answers and the worker has its processes."""
    end = time.monotonic() + _START_S
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
            if answer.status == 200 and len(_descendants(process.pid)) >= 4:
                time.sleep(0.5)  # the sentence is printed at the supervisor's next look
                return
        time.sleep(0.1)


def _descendants(pid: int) -> list[int]:
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return children + [deeper for child in children for deeper in _descendants(child)]
