from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[[bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Put bytes into a new file."""
    made: list[Path] = []

    def put(data: bytes) -> Path:
        made.append(tmp_path / f"file-{len(made)}")
        made[-1].write_bytes(data)
        return made[-1]

    return put
