"""The models in this process: loaded once, exchanged when the champion changes."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from app.registry import service
from app.registry.tables import ModelVersion
from ml import artifact
from ml.artifact import Artifact
from ml.errors import ModelError

log = logging.getLogger(__name__)
SHIPPED: Final = ("quality", "genre")
"""Tasks that may come with the code."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A verified model and its row."""

    version_id: int
    artifact: Artifact


class Models:
    """One for each process."""

    def __init__(self, *, key: bytes) -> None:
        self._key = key
        self._loaded: dict[str, Loaded] = {}

    def refresh(self, session: Session) -> Mapping[str, Loaded]:
        """The champions of now. One that is refused leaves the last good one in place."""
        for task, version in service.champions(session).items():
            known = self._loaded.get(task)
            if known is None or known.version_id != version.id:
                self._exchange(task, version)
        return dict(self._loaded)

    def _exchange(self, task: str, version: ModelVersion) -> None:
        try:
            self._loaded[task] = Loaded(version.id, self._load(version))
        except (ModelError, OSError):
            if task not in self._loaded:
                raise
            log.exception("model %s refused; the one before goes on", version.version)

    def _load(self, version: ModelVersion) -> Artifact:
        if version.path is None:
            return artifact.load_shipped(version.task)
        return artifact.load(Path(version.path), key=self._key)


def shipped() -> list[Mapping[str, Any]]:
    """Manifests of the verified models that come with the code. Raises ModelTampered."""
    return [artifact.verify_shipped(task) for task in SHIPPED if artifact.is_shipped(task)]
