"""The key that signs cookies: given by the environment, or made once and kept beside the data."""

import os
import secrets
from pathlib import Path

from app.config import Settings


def secret_key(settings: Settings) -> str:
    """The same for every process, also when two start at once."""
    return settings.secret_key or _kept(settings.state_dir / "secret_key")


def _kept(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        own = path.with_name(f"{path.name}.{os.getpid()}")
        own.touch(mode=0o600)
        own.write_text(secrets.token_hex(32))
        try:
            os.link(own, path)  # the first one wins, whole
        except FileExistsError:
            pass
        finally:
            own.unlink()
    return path.read_text()
