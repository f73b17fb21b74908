"""./run keeps its promises: all or nothing, no orphan, and words instead of tracebacks."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services import wait_until

_PROGRAM = """
import sys
sys.path.insert(0, "{scripts}")
from supervisor import Child, Supervisor
first = Child("first", ["sh", "-c", {first!r}])
second = Child("second", ["sh", "-c", {second!r}], restarts={restarts})
sys.exit(Supervisor([first, second]).run(is_ready=lambda: True, ready="Ready."))
"""
_DRAINS = "trap 'echo drained >> {log}; exit 0' TERM; echo started >> {log}; while :; do sleep 0.1; done"
_LEAVES_ORPHANS = "sleep 1000 & echo $! >> {log}; wait"

Supervised = subprocess.Popen[str]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    path.touch()
    return path


def test_sigterm_lets_every_child_finish(root: Path, log: Path) -> None:
    with _supervised(root, log, first=_DRAINS, second=_DRAINS) as process:
        _wait_for(log, "started", times=2)
        process.terminate()
        output, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "Traceback" not in output
    assert log.read_text().count("drained") == 2


def test_nothing_that_a_child_started_is_left(root: Path, log: Path) -> None:
    with _supervised(root, log, first=_LEAVES_ORPHANS, second=_DRAINS) as process:
        _wait_for(log, "started", times=1)
        wait_until(lambda: _grandchild(log) is not None, timeout_s=5, what="the grandchild")
        grandchild = _grandchild(log)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
    assert grandchild is not None
    wait_until(lambda: _is_gone(grandchild), timeout_s=5, what="the grandchild's end")


def test_the_end_of_one_is_said_and_stops_the_rest(root: Path, log: Path) -> None:
    with _supervised(root, log, first="sleep 0.3; exit 3", second=_DRAINS) as process:
        output, _ = process.communicate(timeout=10)
    assert process.returncode == 1
    assert "The first process ended by itself (exit code 3); stopping the rest." in output
    assert log.read_text().split() == ["started", "drained"]


def test_a_child_that_may_is_started_again(root: Path, log: Path) -> None:
    with _supervised(root, log, first="exec sleep 1000", second=_DRAINS, restarts=True) as process:
        _wait_for(log, "started", times=1)
        os.kill(_child(process, "drained"), signal.SIGKILL)
        _wait_for(log, "started", times=2)
        process.terminate()
        output, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "The second process ended by itself (signal SIGKILL); starting it again." in output


def test_a_child_that_always_ends_is_given_up(root: Path, log: Path) -> None:
    with _supervised(root, log, first=_DRAINS, second="exit 1", restarts=True) as process:
        output, _ = process.communicate(timeout=10)
    assert process.returncode == 1
    assert output.count("starting it again") == 4


@pytest.mark.skipif(sys.platform != "linux", reason="prctl(2) is Linux's")
def test_children_stop_when_the_supervisor_is_killed(root: Path, log: Path) -> None:
    with _supervised(root, log, first=_DRAINS, second=_DRAINS) as process:
        _wait_for(log, "started", times=2)
        process.kill()
        _wait_for(log, "drained", times=2)


def test_a_taken_port_is_said_in_words(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = _run(root, PORT=str(port))
    assert done.returncode == 1
    assert (
        done.stderr == f"Port {port} is taken by another program. Choose another one: PORT={port + 1} ./run\n"
    )


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_said_in_words(root: Path, port: str) -> None:
    done = _run(root, PORT=port)
    assert done.returncode == 1
    assert done.stderr == f"PORT is {port!r}; it must be a number from 1 to 65535.\n"


def test_an_address_that_is_not_ours_is_said_in_words(root: Path) -> None:
    done = _run(root, HOST="192.0.2.1", PORT="8000")  # RFC 5737: nobody's
    assert done.returncode == 1
    assert done.stderr.startswith("Lineage cannot listen on 192.0.2.1:8000: ")


@contextlib.contextmanager
def _supervised(
    root: Path, log: Path, *, first: str, second: str, restarts: bool = False
) -> Iterator[Supervised]:
    """The supervisor with two shell scripts; stopped with all that is its."""
    scripts = {"first": first.format(log=log), "second": second.format(log=log)}
    program = _PROGRAM.format(scripts=root / "scripts", restarts=restarts, **scripts)
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.communicate(timeout=35)


def _run(root: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, root / "scripts" / "run.py"]
    return subprocess.run(
        command, cwd="/", env=os.environ | environment, capture_output=True, text=True, timeout=20
    )


def _wait_for(log: Path, word: str, *, times: int) -> None:
    wait_until(lambda: log.read_text().count(word) >= times, timeout_s=10, what=f"{times} x {word}")


def _grandchild(log: Path) -> int | None:
    numbers = [int(word) for word in log.read_text().split() if word.isdigit()]
    return numbers[0] if numbers else None


def _is_gone(pid: int) -> bool:
    """Gone, or dead and not yet reaped by whoever inherited it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def _child(process: Supervised, word: str) -> int:
    """The child whose command line holds ``word``."""
    for pid in _children(process.pid):
        if word in Path(f"/proc/{pid}/cmdline").read_text():
            return pid
    raise AssertionError(f"no child with {word!r}")


def _children(pid: int) -> Iterator[int]:
    yield from map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
