"""The models in this process: loaded once, exchanged when the champion changes."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from app.registry import service
from app.registry.tables import ModelVersion
from ml import artifact
from ml.artifact import Artifact
from ml.errors import ModelError, ModelMismatch

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

    def __init__(self, *, key: bytes, folder: Path = Path()) -> None:
        self._key, self._folder = key, folder
        self._loaded: dict[str, Loaded] = {}

    def refresh(self, session: Session) -> Mapping[str, Loaded]:
        """The champions of now. One that is refused leaves the last good one in place.

        A process that has none yet takes the last one that served. Raises ModelError when none is good.
        """
        for task, version in service.champions(session).items():
            known = self._loaded.get(task)
            if known is None or known.version_id != version.id:
                self._exchange(session, task, version)
        return dict(self._loaded)

    def load(self, version: ModelVersion) -> Artifact:
        """This version, verified. Raises ModelTampered, ModelMismatch."""
        if version.path is not None:
            return artifact.load(self._folder / version.path, key=self._key)
        found = artifact.load_shipped(version.task)
        if found.manifest["sha256"] != version.sha256:
            raise ModelMismatch(expected=version.version, found=found.version)  # of an older release
        return found

    def _exchange(self, session: Session, task: str, version: ModelVersion) -> None:
        try:
            self._loaded[task] = Loaded(version.id, self.load(version))
        except (ModelError, OSError):
            log.exception("model %s refused; the one before goes on", version.version)
            if task not in self._loaded and not self._fall_back(session, task):
                raise

    def _fall_back(self, session: Session, task: str) -> bool:
        for older in service.served(session, task):
            with suppress(ModelError, OSError):
                self._loaded[task] = Loaded(older.id, self.load(older))
                return True
        return False


def shipped() -> list[Mapping[str, Any]]:
    """Manifests of the verified models that come with the code. Raises ModelTampered."""
    return [artifact.verify_shipped(task) for task in SHIPPED if artifact.is_shipped(task)]
