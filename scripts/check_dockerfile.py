"""Runs the Dockerfile's steps in a clean folder, then starts what compose.yaml starts and asks /healthz.

    .venv/bin/python scripts/check_dockerfile.py [--database-url URL] [--redis-url URL]

For machines without a Docker engine. Without the URLs, SQLite stands in for PostgreSQL and Redis.
"""

import argparse
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import yaml
from dockerfile import Folder, Step, only, parse, tracked

ROOT = Path(__file__).resolve().parent.parent
_READY_S = 60.0


def main() -> None:
    options = _options()
    steps = parse((ROOT / "Dockerfile").read_text())
    _check_python(only(steps, "FROM"))
    with tempfile.TemporaryDirectory(prefix="lineage-image-") as temporary:
        image = Folder(root=Path(temporary) / "image", context=_context(Path(temporary)))
        for step in steps:
            image.apply(step)
        _serve(image, steps, _environment(options))
    print("Dockerfile and compose.yaml: set-up, web and worker start, and the health check passes.")


def _serve(image: Folder, steps: list[Step], env: dict[str, str]) -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    if image.start(services["setup"]["command"], env).wait(timeout=120) != 0:
        sys.exit("The set-up failed.")
    with (
        _running(image, services["web"].get("command") or only(steps, "CMD").words, env) as web,
        _running(image, services["worker"]["command"], env) as worker,
    ):
        end = time.monotonic() + _READY_S
        while image.start(only(steps, "HEALTHCHECK").words, env, quiet=True).wait(timeout=10) != 0:
            if time.monotonic() > end or web.poll() is not None:
                sys.exit(f"The health check did not pass within {_READY_S:g} s.")
            time.sleep(0.5)
        if worker.poll() is not None:
            sys.exit(f"The worker ended with {worker.returncode}.")


@contextlib.contextmanager
def _running(image: Folder, words: list[str], env: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    process = image.start(words, env)
    try:
        yield process
        process.terminate()
        if process.wait(timeout=35) not in (0, -signal.SIGTERM):  # 35 s: compose's stop_grace_period
            sys.exit(f"{words[0]} did not stop cleanly: {process.returncode}")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _environment(options: argparse.Namespace) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    env = {"LINEAGE_HOST": "127.0.0.1", "LINEAGE_PORT": port, "LINEAGE_SECRET_KEY": "x" * 32}
    urls = {"LINEAGE_DATABASE_URL": options.database_url, "LINEAGE_REDIS_URL": options.redis_url}
    return env | {name: url for name, url in urls.items() if url}


def _context(temporary: Path) -> Path:
    context = temporary / "context"
    for path in tracked(ROOT):
        (context / path).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / path).exists():
            shutil.copy(ROOT / path, context / path)
    return context


def _check_python(image: Step) -> None:
    ours = f"python:{sys.version_info.major}.{sys.version_info.minor}-slim"
    if image.text != ours:
        print(f"Note: the image is {image.text}, checked here with {ours}.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--database-url", help="PostgreSQL, as compose.yaml has it")
    parser.add_argument("--redis-url", help="Redis, as compose.yaml has it")
    return parser.parse_args()


if __name__ == "__main__":
    main()
