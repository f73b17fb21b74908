"""The child may die in any way; the parent says why and goes on. What the child may not do, it can't."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from ml import sandbox
from ml.decode import Limits, record
from ml.errors import DecoderCrashed, DecoderOutOfMemory, DecoderTimeout
from ml.sandbox import spawner
from ml.sandbox.inside import jail
from ml.spectrogram import picture
from tests import signals
from tests.ml.decode.bad_files import opus_chain

Write = Callable[[bytes], Path]


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("song") / "a.wav"
    path.write_bytes(signals.encode(signals.noise(seconds=30)))
    return path


def test_kill_the_child_twenty_times(song: Path) -> None:
    for _ in range(20):
        with sandbox.open(song, job="stream", limits=Limits()) as child:
            messages = child.messages()
            next(messages)
            os.kill(child.pid, signal.SIGKILL)
            with pytest.raises(DecoderCrashed) as caught:
                list(messages)
        assert caught.value.facts == {"signal": 9}
    assert record(song).n_samples == 30 * signals.SR


def test_a_segfault_is_a_crash(song: Path) -> None:
    with sandbox.open(song, job="stream", limits=Limits()) as child:
        os.kill(child.pid, signal.SIGSEGV)
        with pytest.raises(DecoderCrashed) as caught:
            list(child.messages())
    assert caught.value.facts == {"signal": 11}


def test_a_stalled_child_is_killed(song: Path) -> None:
    with sandbox.open(song, job="stream", limits=Limits(stall_s=0.4)) as child:
        os.kill(child.pid, signal.SIGSTOP)
        with pytest.raises(DecoderTimeout):
            list(child.messages())
    _await_end(child.pid)


def test_too_much_computing_is_a_timeout(write: Write) -> None:
    limits = Limits(cpu_s=1, max_duration_s=1e6, stall_s=30)
    long = write(opus_chain(hours=3))
    with sandbox.open(long, job="stream", limits=limits) as child, pytest.raises(DecoderTimeout) as caught:
        for _ in child.messages():
            pass
    assert caught.value.facts == {"limit_s": 1}


def test_too_much_memory(tmp_path: Path) -> None:
    Image.new("RGB", (6000, 6000)).save(tmp_path / "large.png")
    with pytest.raises(DecoderOutOfMemory):
        picture.clean(tmp_path / "large.png", limits=Limits(memory_bytes=220 << 20))
    assert picture.clean(tmp_path / "large.png")


def test_leaving_early_ends_the_child(song: Path) -> None:
    with sandbox.open(song, job="stream", limits=Limits()) as child:
        next(child.messages())
    _await_end(child.pid)


def test_the_filter_holds_here() -> None:
    if jail.self_test() is not None:
        pytest.skip(f"NO SECCOMP: {jail.self_test()}")
    assert sandbox.degraded() is None


def test_the_child_is_poor(song: Path) -> None:
    """No environment of ours, few descriptors, no new privileges, a filter, hard limits."""
    with sandbox.open(song, job="stream", limits=Limits()) as child:
        next(child.messages())
        process = Path(f"/proc/{child.pid}")
        lines = (process / "status").read_text().splitlines()
        status = dict(line.split(":	", 1) for line in lines if ":	" in line)
        limits = (process / "limits").read_text()
        assert len(os.listdir(process / "fd")) <= 5
        assert b"PYTEST" not in (process / "environ").read_bytes()
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == "2"
    assert str(1 << 30) in next(line for line in limits.splitlines() if "address space" in line)
    assert " 0 " in next(line for line in limits.splitlines() if "file size" in line)


def test_the_zygote_may_die_too(song: Path) -> None:
    record(song)
    process = spawner.zygote().process
    process.kill()
    process.wait()
    assert record(song).n_samples == 30 * signals.SR


def test_many_threads_at_once(song: Path) -> None:
    ends: list[int] = []
    threads = [threading.Thread(target=lambda: ends.append(record(song).n_samples)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == [30 * signals.SR] * 8


def test_a_fork_starts_its_own(song: Path) -> None:
    record(song)
    ours = spawner.zygote().process.pid
    pid = os.fork()
    if pid == 0:
        ok = record(song).n_samples == 30 * signals.SR and spawner.zygote().process.pid != ours
        spawner.stop()
        os._exit(0 if ok else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert record(song).n_samples == 30 * signals.SR
    assert spawner.zygote().process.pid == ours


def test_nothing_outlives_a_killed_parent(song: Path, root: Path) -> None:
    program = (
        "import os, signal, sys\nfrom ml import sandbox\nfrom ml.sandbox import spawner\n"
        "with sandbox.open(sys.argv[1], job='stream', limits=sandbox.Limits()) as child:\n"
        "    next(child.messages())\n"
        "    print(child.pid, spawner.zygote().process.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, song], cwd=root, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL
    for pid in map(int, done.stdout.split()):
        _await_end(pid)


def test_descriptors_stay_flat(song: Path) -> None:
    record(song)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(10):
        record(song)
        with sandbox.open(song, job="stream", limits=Limits()) as child:
            next(child.messages())
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_quarter_of_an_hour_needs_little_memory(write: Write, root: Path) -> None:
    path = write(signals.encode(signals.noise(sr=8000, seconds=60), sr=8000, codec="flac", container="flac"))
    big = write(signals.wav(signals.integers(signals.noise(sr=44100, seconds=900), bits=16).T.tobytes()))
    program = (
        "import re, sys\nfrom ml.decode import record\nrecord(sys.argv[1])\n"
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) // 1024)\n"
    )
    peaks = []
    for file in (path, big):
        command = [sys.executable, "-c", program, file]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
    assert peaks[1] < 330
    assert peaks[1] - peaks[0] < 150


def _await_end(pid: int) -> None:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return
        if state == "Z":
            return
        time.sleep(0.02)
    pytest.fail(f"process {pid} still runs")
