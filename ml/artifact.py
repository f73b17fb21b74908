"""Model files: look before you unpickle.

An artifact is a folder of ``model.joblib``, ``manifest.json`` (hash, feature spec, classes, training data,
library versions, figures) and, outside the code's own folder, ``signature`` (HMAC-SHA256 with a key of
this installation). A pickle is code, so the bytes are checked first, and the very bytes that were
checked are then loaded.
"""

import hashlib
import hmac
import io
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Any, Final

import joblib

from ml.errors import ModelMismatch, ModelTampered

MODEL, MANIFEST, SIGNATURE = "model.joblib", "manifest.json", "signature"
SHIPPED: Final = Path(__file__).parent / "shipped"
SUMS: Final = SHIPPED / "SHA256SUMS"
LIBRARIES: Final = ("numpy", "scipy", "scikit-learn", "lightgbm", "joblib")

PROTOCOL: Final = 1
"""Raised when the layout of the folder or of the pickled object changes; its readers are kept."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A verified model, ready to answer."""

    task: str
    version: str
    classes: tuple[str, ...]
    feature_version: str
    """Id of the feature spec it was trained on."""
    manifest: Mapping[str, Any]
    estimator: Any


def save(folder: Path, *, estimator: Any, manifest: Mapping[str, Any]) -> None:
    """Write model and manifest; the manifest gains hash, protocol and library versions.

    manifest : at least task, version, classes, feature_version
    """
    folder.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    joblib.dump(estimator, buffer, compress=("xz", 6))
    data = buffer.getvalue()
    written = {
        **manifest,
        "protocol": PROTOCOL,
        "sha256": hashlib.sha256(data).hexdigest(),
        "python": platform.python_version(),
        "libraries": {name: library_version(name) for name in LIBRARIES},
    }
    (folder / MODEL).write_bytes(data)
    (folder / MANIFEST).write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def sign(folder: Path, *, key: bytes) -> None:
    """Write the signature over manifest and model."""
    (folder / SIGNATURE).write_text(_mac(_read(folder), key=key) + "\n", encoding="ascii")


def load(folder: Path, *, key: bytes) -> Artifact:
    """A signed artifact. Raises ModelTampered before anything is unpickled, ModelMismatch for another protocol."""
    contents = _read(folder)
    try:
        signature = (folder / SIGNATURE).read_text(encoding="ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        raise ModelTampered(path=str(folder)) from None
    if not hmac.compare_digest(signature, _mac(contents, key=key)):
        raise ModelTampered(path=str(folder))
    return _open(contents, folder=folder)


def is_shipped(task: str) -> bool:
    """Whether a model for the task comes with the code."""
    return (SHIPPED / task / MODEL).is_file()


def load_shipped(task: str) -> Artifact:
    """The model that comes with the code. Raises ModelTampered before anything is unpickled."""
    return _open(_read_shipped(task), folder=SHIPPED / task)


def verify_shipped(task: str) -> dict[str, Any]:
    """Its manifest, after the same check, without unpickling. Raises ModelTampered."""
    manifest: dict[str, Any] = json.loads(_read_shipped(task)[1])
    return manifest


def _read_shipped(task: str) -> tuple[bytes, bytes]:
    """Model and manifest, checked against the code's own list of hashes."""
    folder = SHIPPED / task
    contents = _read(folder)
    sums = (line.split() for line in SUMS.read_text(encoding="ascii").splitlines())
    listed = {name: digest for digest, name in sums}
    for name, data in zip((MODEL, MANIFEST), contents, strict=True):
        if listed.get(f"{task}/{name}") != hashlib.sha256(data).hexdigest():
            raise ModelTampered(path=str(folder / name))
    return contents


def list_shipped() -> None:
    """Write the list of hashes anew: a step of making a model, never of serving one."""
    files = sorted(path for path in SHIPPED.rglob("*") if path.name in (MODEL, MANIFEST))
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(SHIPPED)}" for path in files
    ]
    SUMS.write_text("\n".join(lines) + "\n", encoding="ascii")


def _read(folder: Path) -> tuple[bytes, bytes]:
    try:
        return (folder / MODEL).read_bytes(), (folder / MANIFEST).read_bytes()
    except FileNotFoundError as error:
        raise ModelTampered(path=str(error.filename)) from None


def _mac(contents: tuple[bytes, bytes], *, key: bytes) -> str:
    model, manifest = (hashlib.sha256(part).digest() for part in contents)
    return hmac.new(key, model + manifest, hashlib.sha256).hexdigest()


def _open(contents: tuple[bytes, bytes], *, folder: Path) -> Artifact:
    data, manifest = contents[0], json.loads(contents[1])
    if manifest["sha256"] != hashlib.sha256(data).hexdigest():
        raise ModelTampered(path=str(folder))
    if manifest["protocol"] != PROTOCOL:
        raise ModelMismatch(expected=f"protocol {PROTOCOL}", found=f"protocol {manifest['protocol']}")
    return Artifact(
        task=manifest["task"],
        version=manifest["version"],
        classes=tuple(manifest["classes"]),
        feature_version=manifest["feature_version"],
        manifest=manifest,
        estimator=joblib.load(io.BytesIO(data)),
    )
