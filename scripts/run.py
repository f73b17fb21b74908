"""Starts Lineage: environment, set-up, then web and worker until Ctrl-C or SIGTERM. Standard library only."""

import contextlib
import errno
import os
import signal
import socket
import sys
import urllib.request

import environment
from process import ROOT, call
from supervisor import Child, Supervisor

_FLASK = (environment.PYTHON, "-m", "flask", "--app", "wsgi")
_WEB = (environment.PYTHON, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app")
_ANY_TO_OWN = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Listening on every address is asked on our own."""


def main() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # until the supervisor takes over
    host, port = _setting("HOST", "127.0.0.1"), _port()
    os.environ |= {"LINEAGE_HOST": host, "LINEAGE_PORT": str(port)}
    _check_free(host, port)
    environment.ensure(environment.RUN)
    os.chdir(ROOT)
    os.umask(0o077)  # what is sent in is nobody else's business
    if call(*_FLASK, "setup") != 0:
        sys.exit("Lineage was not started: the set-up failed, see above.")
    web = Child("web", _WEB)
    worker = Child("worker", (*_FLASK, "worker"), restarts=True)
    url = f"http://{_address(_ANY_TO_OWN.get(host, host), port)}"
    ready = f"\nLineage is at {url} (Ctrl-C stops it)\n"
    sys.exit(Supervisor([web, worker]).run(is_ready=lambda: _is_healthy(url), ready=ready))


def _setting(name: str, default: str) -> str:
    return os.environ.get(name) or os.environ.get(f"LINEAGE_{name}") or default


def _port() -> int:
    text = _setting("PORT", "8000")
    if not text.isdecimal() or not 0 < int(text) < 65536:
        sys.exit(f"PORT is {text!r}; it must be a number from 1 to 65535.")
    return int(text)


def _check_free(host: str, port: int) -> None:
    """Say in words what gunicorn would say with retries and a traceback."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            sys.exit(f"Port {port} is taken by another program. Choose another one: PORT={port + 1} ./run")
        sys.exit(f"Lineage cannot listen on {_address(host, port)}: {error.strerror}.")


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_healthy(url: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy knows nothing of loopback
    with contextlib.suppress(OSError), direct.open(f"{url}/healthz", timeout=2) as answer:
        return bool(answer.status == 200)
    return False


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Stopped.")
