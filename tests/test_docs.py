"""What the README promises is there, and what is there is in the README."""

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from app.config import PREFIX, Settings
from scripts.dockerfile import parse, tracked

_MAX_BYTES = 25_000_000


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_every_setting_is_documented_with_its_default(name: str, readme: str) -> None:
    row = re.search(rf"^\| `{PREFIX}{name.upper()}` \|\s*(.*?)\s*\|", readme, re.MULTILINE)
    assert row is not None, f"{PREFIX}{name.upper()} has no row in README.md"
    default = Settings.__dataclass_fields__[name].default
    assert row.group(1).strip("`") == str(default)


def test_no_setting_is_documented_that_does_not_exist(readme: str) -> None:
    documented = set(re.findall(rf"^\| `{PREFIX}(\w+)`", readme, re.MULTILINE))
    assert documented == {field.name.upper() for field in fields(Settings)}


@pytest.mark.parametrize("command", ["run", "test"])
def test_the_two_commands_start_anywhere(command: str, root: Path, tmp_path: Path, readme: str) -> None:
    assert f"\n./{command}" in readme
    syntax = subprocess.run(["sh", "-n", root / command], cwd=tmp_path, capture_output=True, text=True)
    assert syntax.returncode == 0, syntax.stderr
    assert (root / command).stat().st_mode & 0o111 == 0o111
    for script in re.findall(r"\$here/(scripts/[\w.]+)", (root / command).read_text()):
        assert (root / script).is_file(), script


def test_every_command_of_the_readme_exists(root: Path, readme: str) -> None:
    for target in re.findall(r"`make (\w+)`", readme):
        assert re.search(rf"^{target}:", (root / "Makefile").read_text(), re.MULTILINE), target
    help_text = _ml(root, "--help")
    for name in set(re.findall(r"-m ml (\w+)", readme)):
        assert name in help_text, f"python -m ml {name}"


def test_every_path_of_the_readme_exists(root: Path, readme: str) -> None:
    for name in re.findall(
        r"`((?:ml|app|tests|docs|scripts|static|templates|migrations|benchmarks)/[\w./]*)`", readme
    ):
        assert (root / name).exists(), name


def test_compose_sets_only_settings_that_exist(root: Path) -> None:
    services = yaml.safe_load((root / "compose.yaml").read_text())["services"]
    known = {f"{PREFIX}{field.name.upper()}" for field in fields(Settings)}
    for name in ("setup", "web", "worker"):
        assert set(services[name]["environment"]) <= known


def test_the_image_holds_every_file_of_the_application(root: Path) -> None:
    steps = parse((root / "Dockerfile").read_text())
    copied = [word for step in steps if step.name == "COPY" for word in step.words[:-1]]
    allowed = {line[1:] for line in (root / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(copied) == allowed, "Dockerfile and .dockerignore disagree"
    for name in copied:
        assert (root / name).exists(), name
    outside = {"tests", "scripts", "docs", "benchmarks", ".ci"}
    needed = {path.parts[0] for path in tracked(root) if len(path.parts) > 1} - outside
    assert needed <= set(copied)


def test_both_locks_agree(root: Path) -> None:
    user, developer = (_pins(root / name) for name in ("requirements.txt", "requirements-dev.txt"))
    assert user <= developer, sorted(user - developer)


def test_no_tracked_file_is_huge(root: Path) -> None:
    huge = [
        path for path in tracked(root) if (root / path).exists() and (root / path).stat().st_size > _MAX_BYTES
    ]
    assert huge == []


def _pins(lock: Path) -> set[str]:
    return set(re.findall(r"^[a-z0-9._-]+==[^\s;\\]+", lock.read_text(), re.MULTILINE))


def _ml(root: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "ml", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
