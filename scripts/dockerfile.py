"""Reads a Dockerfile, and runs its steps in a folder instead of an image."""

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_NEEDS_ROOT = ("apt-get", "useradd", "groupadd", "chown")
"""Steps that would change the machine: the folder has stand-ins for them that only say so."""
_PATH = re.compile(r"(?<![\w.:/$}])/(?=[a-z])")
"""The start of an absolute path; it is moved under the folder."""
_KEPT = ("PIP_", "SSL_", "REQUESTS_CA")
"""How this machine reaches its package index."""


@dataclass(frozen=True)
class Step:
    """One instruction: ``RUN``, ``COPY``, ... and what follows it."""

    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """The exec form, ``["a", "b"]``, or the words as a shell splits them, without --flags."""
        start = self.text.find("[")
        if start >= 0 and self.name in {"CMD", "HEALTHCHECK"}:
            return [str(word) for word in json.loads(self.text[start:])]
        return [word for word in shlex.split(self.text) if not word.startswith("--")]


def parse(text: str) -> list[Step]:
    """Comments dropped, continued lines joined."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", "", lines)
    return [Step(*line.split(None, 1)) for line in joined.splitlines() if line.strip()]


def only(steps: list[Step], name: str) -> Step:
    (found,) = [step for step in steps if step.name == name]
    return found


@dataclass
class Folder:
    """Stands for the image's file system: every absolute path lies under ``root``, Python is a new venv."""

    root: Path
    context: Path
    env: dict[str, str] = field(default_factory=dict)
    workdir: Path = field(init=False)

    def __post_init__(self) -> None:
        self.workdir = self.root
        for folder in ("bin", "home", "srv", "var/lib/lineage"):
            (self.root / folder).mkdir(parents=True)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", self.root / "venv"], check=True)
        self._stand_ins()
        kept = {name: value for name, value in os.environ.items() if name.startswith(_KEPT)}
        path = f"{self.root}/bin:{self.root}/venv/bin:/usr/bin:/bin"
        self.env |= kept | {"PATH": path, "HOME": str(self.root / "home"), "LANG": "C.UTF-8"}

    def apply(self, step: Step) -> None:
        """Do one instruction; what only matters to an engine (EXPOSE, VOLUME, USER) does nothing."""
        print(f"{step.name} {step.text}", flush=True)
        action = {"ENV": self._env, "WORKDIR": self._workdir, "COPY": self._copy, "RUN": self._run}.get(
            step.name
        )
        if action is not None:
            action(step)

    def start(
        self, words: list[str], env: Mapping[str, str], *, quiet: bool = False
    ) -> "subprocess.Popen[bytes]":
        """A long-running command, as CMD would start it; it leads a process group."""
        program = shutil.which(words[0], path=self.env["PATH"])
        if program is None:
            raise FileNotFoundError(f"{words[0]} is not in the image")
        sink = subprocess.DEVNULL if quiet else None
        return subprocess.Popen(
            [program, *words[1:]],
            cwd=self.workdir,
            env=self.env | dict(env),
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )

    def _env(self, step: Step) -> None:
        for word in step.words:
            name, _, value = word.partition("=")
            self.env[name] = self._here(value)

    def _workdir(self, step: Step) -> None:
        self.workdir = Path(self._here(step.text))
        self.workdir.mkdir(parents=True, exist_ok=True)

    def _copy(self, step: Step) -> None:
        *sources, target = step.words
        for source in sources:
            origin, goal = self.context / source, self.workdir / target
            if origin.is_dir():
                shutil.copytree(origin, goal, dirs_exist_ok=True)
            else:
                shutil.copy(origin, goal)

    def _run(self, step: Step) -> None:
        subprocess.run(["sh", "-ec", self._here(step.text)], cwd=self.workdir, env=self.env, check=True)

    def _here(self, text: str) -> str:
        return _PATH.sub(f"{self.root}/", text)

    def _stand_ins(self) -> None:
        for name in _NEEDS_ROOT:
            self._program(name, f'echo "  (left out: {name} $*)"')
        pip = shlex.join([os.path.realpath(sys.executable), "-m", "pip", "--python"])
        self._program("pip", f'exec {pip} "{self.root}/venv/bin/python" "$@"')

    def _program(self, name: str, line: str) -> None:
        path = self.root / "bin" / name
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)


def tracked(root: Path) -> Iterator[Path]:
    """What a build context of a clean checkout holds."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z"], check=True, capture_output=True, text=True)
    yield from (Path(name) for name in listed.stdout.split("\0") if name)
