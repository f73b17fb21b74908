"""Runs every check and sums up: lint, format, types, then pytest. Standard library only.

./test                  everything
./test --quick          without slow, browser and server tests
./test tests/app -x     other arguments go to pytest
"""

import os
import signal
import sys
import time

import environment
import provision
from process import ROOT, call

_QUICK = "not slow and not browser and not postgres and not redis"


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    quick = "--quick" in arguments
    rest = [argument for argument in arguments if argument != "--quick"]
    environment.ensure(environment.DEVELOP)
    if not quick:
        provision.ensure()
    os.chdir(ROOT)
    results = [_timed(name, *command) for name, *command in _steps(quick=quick, rest=rest)]
    print()
    for name, code, seconds in results:
        print(f"{name:<8} {'ok' if code == 0 else 'FAILED':<8} {seconds:.0f} s")
    return int(any(code for _, code, _ in results))


def _steps(*, quick: bool, rest: list[str]) -> list[tuple[str, ...]]:
    some = ("-m", _QUICK, "-n", str(os.cpu_count() or 1), "--dist", "worksteal") if quick else ()
    return [
        ("lint", "ruff", "check", "."),
        ("format", "ruff", "format", "--check", "."),
        ("types", "mypy"),
        ("tests", "pytest", *some, *rest),
    ]


def _timed(name: str, *module: str) -> tuple[str, int, float]:
    print(f"\n== {name}: {' '.join(module)}", flush=True)
    start = time.monotonic()
    code = call(environment.PYTHON, "-m", *module)
    return name, code, time.monotonic() - start


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Stopped.")
