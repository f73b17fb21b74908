"""Under CI, a test that could not find its browser, server or data is a failure, not a silence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # each starts pytest anew

_NEEDY = """
import pytest

def test_that_needs_data(lineage_data):
    pass

@pytest.mark.parametrize("queue", ["redis", "none"])
def test_that_may_need_redis(queue):
    pass
"""


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_a_missing_need_fails_under_ci_only(ci: str, code: int, tmp_path: Path, root: Path) -> None:
    done = _pytest(tmp_path, root, ci=ci)
    assert done.returncode == code, done.stdout
    assert "NO LOSSLESS CLIPS" in done.stdout
    assert "2 passed, 1 skipped" in done.stdout


def test_fixtures_and_parameters_bring_their_markers(tmp_path: Path, root: Path) -> None:
    done = _pytest(tmp_path, root, "-m", "not data and not redis", ci="true")
    assert done.returncode == 0, done.stdout
    assert "1 passed, 2 deselected" in done.stdout


def _pytest(folder: Path, root: Path, *arguments: str, ci: str) -> "subprocess.CompletedProcess[str]":
    (folder / "test_needy.py").write_text(_NEEDY)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-c", root / "pyproject.toml"]
    return subprocess.run(
        [*command, "-p", "no:cacheprovider", "-p", "no:xdist", *arguments, folder],
        cwd=root,
        env=os.environ | {"CI": ci, "LINEAGE_DATA": str(folder / "nowhere")},
        capture_output=True,
        text=True,
    )
