"""Makes ``.venv`` and keeps it equal to a lock file. Standard library only: nothing is installed yet.

Debian splits pip and ensurepip out of Python, so either of the two is enough. A stamp with the lock's
hash says that nothing is to be done; it is written last, so an interrupted installation is repeated.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import apt
from process import ROOT, Word, call

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
RUN, DEVELOP = "requirements.txt", "requirements-dev.txt"
_HOLDS = {RUN: (RUN,), DEVELOP: (DEVELOP, RUN)}
"""Lock -> the locks it satisfies; ``make lock`` makes the second agree with the first."""


def ensure(lock: str) -> None:
    """Install ``lock`` into ``.venv`` unless that was done before; one process at a time."""
    if _is_fresh(lock):
        return
    with _alone():
        if not _is_fresh(lock):
            _install(lock)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """``./run`` and ``./test`` may start at once; the kernel lets go when the holder dies."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _is_fresh(lock: str) -> bool:
    return PYTHON.exists() and _stamp(lock).exists() and _stamp(lock).read_text() == _digest(lock)


def _install(lock: str) -> None:
    print(f"Installing {lock} into {VENV}: once, a minute or two, about a gigabyte.", flush=True)
    if call(PYTHON, "-c", "", quiet=True) != 0:
        _make_venv()
    flags = ["--require-hashes", "--no-deps", "--only-binary=:all:", "--quiet", "--no-input"]
    if call(*_pip(), "install", *flags, "-r", ROOT / lock) != 0:
        sys.exit("The installation failed, see above. Starting again continues it.")
    _check_openmp()
    call(PYTHON, "-m", "ml", "verify", ROOT / "static" / "examples", quiet=True)  # Numba compiles here, once
    for held in _HOLDS[lock]:
        _stamp(held).write_text(_digest(held))


def _make_venv() -> None:
    if call(sys.executable, "-m", "venv", "--clear", "--without-pip", VENV) != 0:
        sys.exit(f"Could not make {VENV}. On Debian or Ubuntu: apt install python3-venv")


def _pip() -> tuple[Word, ...]:
    """A pip that installs into ``.venv``: the one inside, the system's, or the one ensurepip brings."""
    inside: tuple[Word, ...] = (PYTHON, "-m", "pip")
    outside: tuple[Word, ...] = (sys.executable, "-m", "pip", "--python", PYTHON)
    for pip in (inside, outside):
        if call(*pip, "--version", quiet=True) == 0:
            return pip
    if importlib.util.find_spec("ensurepip") and call(PYTHON, "-m", "ensurepip", quiet=True) == 0:
        return inside
    sys.exit("This Python has neither pip nor ensurepip. On Debian or Ubuntu: apt install python3-pip")


def _check_openmp() -> None:
    """LightGBM's wheel expects the system's libgomp, which Debian has only where a compiler is."""
    if call(PYTHON, "-c", "import lightgbm", quiet=True) != 0 and not apt.install("libgomp1"):
        sys.exit("One library of the system is missing. On Debian or Ubuntu: sudo apt install libgomp1")


def _stamp(lock: str) -> Path:
    return VENV / f".installed-{lock}"


def _digest(lock: str) -> str:
    return hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()
