"""The web process is killed in mid-upload: what was acknowledged stays, what wasn't leaves no trace."""

import json
import os
import random
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app.config import Settings
from app.context import Context, open_context
from app.schema import StoredBlob, Submission
from app.storage import service as storage
from tests.app import programs
from tests.app.conftest import API, form
from tests.app.fakes import wav
from tests.app.programs import children, wait
from tests.services import free_port

TIMES = 8


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    settings = Settings(state_dir=tmp_path / "state", port=free_port(), web_threads=4)
    programs.prepare(settings)
    made = open_context(settings)
    yield made
    made.database.close()


def listening(port: int) -> bool:
    try:
        return ask(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").startswith(
            b"HTTP/1.1 200"
        )
    except OSError:
        return False


def ask(port: int, request: bytes) -> bytes:
    """The whole answer; what came before the line broke."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        try:
            line.sendall(request)
            while part := line.recv(65536):
                answer += part
        except ConnectionError:
            pass
    return answer


def upload(*, seed: int, n: int) -> bytes:
    body = form(("a.wav", wav(seed=seed, n=n)))
    head = f"POST {API} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Content-Type: multipart/form-data; boundary=x\r\n\r\n".encode() + body


@pytest.mark.slow
def test_kills_in_mid_upload_lose_nothing_acknowledged(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, chance = context.settings.port, random.Random(7)
    acknowledged = []
    with programs.web(context.settings) as master:
        wait(lambda: listening(port))
        for seed in range(TIMES):
            request = upload(seed=seed, n=1_500_000)
            with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
                cut = chance.choice([chance.randrange(len(request)), len(request)])
                line.sendall(request[:cut])
                time.sleep(chance.uniform(0, 0.05))
                for pid in children(master.pid):
                    os.kill(pid, signal.SIGKILL)
                acknowledged += _accepted(line)
            wait(lambda: listening(port))
        acknowledged += _ids(ask(port, upload(seed=99, n=1000)))
    monkeypatch.setattr("app.storage.blobs.GRACE_S", 0)
    storage.sweep(context.database, blobs=context.blobs, seconds=3600)
    with context.database.read() as session:
        stored = set(session.scalars(select(Submission.id)))
        hashes = set(session.scalars(select(StoredBlob.sha256)))
    assert set(acknowledged) <= stored
    files = {path.name: path for path in (context.settings.state_dir / "blobs").glob("*/*")}
    assert set(files) == hashes
    assert list((context.settings.state_dir / "uploads").iterdir()) == []


@pytest.mark.slow
def test_a_refused_body_still_gets_its_answer_and_a_big_one_stays_on_disk(context: Context) -> None:
    port = context.settings.port
    with programs.web(context.settings) as master:
        wait(lambda: listening(port))
        pid = children(master.pid)[0]
        before = _peak_kib(pid)
        assert _ids(ask(port, upload(seed=1, n=100 * 2**20)))
        assert _peak_kib(pid) - before < 20_000, "200 MiB went through memory"
        assert _peak_kib(pid) < 300_000
        head = f"POST {API} HTTP/1.1\r\nHost: x\r\nContent-Length: {600 * 2**20}\r\n"
        refused = ask(
            port, f"{head}Content-Type: multipart/form-data; boundary=x\r\n\r\n".encode() + bytes(1000)
        )
        assert refused.startswith(b"HTTP/1.1 413")


@pytest.mark.slow
def test_term_lets_an_upload_finish(context: Context) -> None:
    port = context.settings.port
    request = upload(seed=1, n=500_000)
    with programs.web(context.settings) as master:
        wait(lambda: listening(port))
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            line.sendall(request[:300_000])
            time.sleep(0.3)
            master.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            line.sendall(request[300_000:])
            assert _accepted(line)
        assert master.wait(timeout=30) == 0


def _accepted(line: socket.socket) -> list[str]:
    answer = b""
    try:
        line.shutdown(socket.SHUT_WR)
        while part := line.recv(65536):
            answer += part
    except OSError:
        pass
    return _ids(answer)


def _ids(answer: bytes) -> list[str]:
    if not answer.startswith(b"HTTP/1.1 202"):
        return []
    return [json.loads(answer.partition(b"\r\n\r\n")[2])["id"]]


def _peak_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
