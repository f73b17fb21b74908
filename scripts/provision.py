"""Debian's programs that the whole test suite needs: a browser and two servers. Standard library only.

Installed only by root and where apt is; otherwise what is missing is said loudly, and the tests skip.
"""

import os
import shutil
from pathlib import Path

import apt


def ensure() -> None:
    missing = [package for package, is_there in _needed().items() if not is_there]
    if not missing:
        return
    if apt.install(*missing):
        missing = [package for package, is_there in _needed().items() if not is_there]
    if missing:
        _say_loudly(" ".join(missing))


def _say_loudly(packages: str) -> None:
    bar = "!" * 78
    print(f"{bar}\nMISSING: {packages}. The tests that need them will be skipped.", flush=True)
    print(f"On Debian, as root: apt-get install {packages}\n{bar}", flush=True)


def _needed() -> dict[str, bool]:
    """Debian package -> is it there, or something equal?"""
    browsers = (os.environ.get("LINEAGE_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return {
        "chromium": any(name and shutil.which(name) for name in browsers),
        "postgresql": bool(shutil.which("initdb")) or any(Path("/usr/lib/postgresql").glob("*/bin/initdb")),
        "redis-server": bool(shutil.which("redis-server")),
    }
