"""Debian's packages, where we may install them. Standard library only."""

import os
import shutil

from process import call


def install(*packages: str) -> bool:
    """False where there is no apt or we are not root. RUNLEVEL=1 keeps Debian from starting servers."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print(f"Installing {' '.join(packages)} by apt", flush=True)
    apt = ("env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get", "-qq")
    call(*apt, "update")
    return call(*apt, "install", "-y", "--no-install-recommends", *packages) == 0
