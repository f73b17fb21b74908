"""The image's steps work on a clean checkout, and what compose.yaml starts answers; no engine needed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.dockerfile import Folder, Step, parse


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_image_builds_and_answers(postgres_url: str, redis_url: str, root: Path) -> None:
    plain = postgres_url.replace("+psycopg", "")
    command = [sys.executable, root / "scripts" / "check_dockerfile.py"]
    urls = ["--database-url", plain, "--redis-url", redis_url]
    done = subprocess.run([*command, *urls], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout


def test_the_image_has_the_python_we_are_checked_with(root: Path) -> None:
    (image,) = [step.text for step in parse((root / "Dockerfile").read_text()) if step.name == "FROM"]
    wanted = re.search(r'target-version = "py3(\d+)"', (root / "pyproject.toml").read_text())
    assert wanted is not None
    assert image == f"python:3.{wanted.group(1)}-slim"


def test_parse_joins_lines_and_drops_comments() -> None:
    text = '# a\nENV A=1 \\\n    B="2 3"\n\n# b\nHEALTHCHECK --timeout=5s \\\n  CMD ["x", "y"]\n'
    assert parse(text) == [Step("ENV", 'A=1 B="2 3"'), Step("HEALTHCHECK", '--timeout=5s CMD ["x", "y"]')]
    assert [step.words for step in parse(text)] == [["A=1", "B=2 3"], ["x", "y"]]


def test_a_step_touches_nothing_outside_its_folder(tmp_path: Path) -> None:
    (tmp_path / "context").mkdir()
    image = Folder(root=tmp_path / "image", context=tmp_path / "context")
    for step in parse(
        "WORKDIR /srv/lineage\nENV HERE=/var/lib/lineage\nRUN touch /srv/a $HERE/b c && chown x /etc"
    ):
        image.apply(step)
    names = {str(path.relative_to(image.root)) for path in image.root.rglob("[abc]") if path.is_file()}
    assert names == {"srv/a", "var/lib/lineage/b", "srv/lineage/c"}
