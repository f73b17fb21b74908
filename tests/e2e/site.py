"""The real thing: web process and worker with a state folder of their own, on a free port."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

START_S = 120.0
STOP_S = 40.0


@dataclass
class Site:
    """Start it, use ``url``, stop it."""

    root: Path
    state: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        subprocess.run(self._flask("setup"), cwd=self.root, env=self._env(), check=True, capture_output=True)
        self._spawn(self._flask("worker"), "worker")
        self._spawn([sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"], "web")
        self._wait()

    def stop(self) -> None:
        for process in self.running:
            process.send_signal(signal.SIGTERM)
        for process in self.running:
            process.wait(timeout=STOP_S)

    def log(self) -> str:
        """What both have written."""
        return "\n".join(path.read_text(errors="replace") for path in self.state.glob("*.log"))

    def _flask(self, command: str) -> list[str]:
        return [sys.executable, "-m", "flask", "--app", "wsgi", command]

    def _env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LINEAGE_")}
        own = {"LINEAGE_STATE_DIR": str(self.state), "LINEAGE_PORT": str(self.port), "LINEAGE_WORKERS": "1"}
        return kept | own

    def _spawn(self, command: list[str], name: str) -> None:
        with (self.state / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=self.root, env=self._env(), stdout=log, stderr=log)
        self.running.append(process)

    def _wait(self) -> None:
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2):
                    return
            except OSError:
                time.sleep(0.2)
        raise TimeoutError(f"the site did not start:\n{self.log()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
