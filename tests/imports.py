"""Reads the imports of our own modules from their source, without running any."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OURS = ("ml", "app", "wsgi")


@dataclass(frozen=True)
class Import:
    """``importer`` names the module ``imported`` somewhere, in a function or for types only as well."""

    importer: str
    imported: str
    line: int

    def __str__(self) -> str:
        return f"{self.importer}, line {self.line}: imports {self.imported}"


def read(root: Path) -> tuple[frozenset[str], tuple[Import, ...]]:
    """All our modules, and every import that they make."""
    files = {_module(path, root): path for path in _sources(root)}
    found = [
        Import(name, _nearest(target, files), line)
        for name, path in files.items()
        for target, line in _targets(
            path, package=name if path.name == "__init__.py" else name.rpartition(".")[0]
        )
    ]
    return frozenset(files), tuple(found)


def top(name: str) -> str:
    """``ml.decode.probe`` -> ``ml``"""
    return name.partition(".")[0]


def part(name: str) -> str:
    """``ml.decode.probe`` -> ``ml.decode``"""
    return ".".join(name.split(".")[:2])


def _sources(root: Path) -> Iterator[Path]:
    for folder in ("ml", "app"):
        yield from sorted((root / folder).rglob("*.py"))
    if (root / "wsgi.py").exists():
        yield root / "wsgi.py"


def _module(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _targets(path: Path, *, package: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    parents = package.split(".")[: len(package.split(".")) - (node.level - 1)] if node.level else []
    return ".".join([*parents, *([node.module] if node.module else [])])


def _nearest(target: str, files: dict[str, Path]) -> str:
    """``ml.units.Hz`` is the module ``ml.units``; others' modules stay as they are."""
    name = target
    while top(name) in OURS and name not in files and "." in name:
        name = name.rpartition(".")[0]
    return name
