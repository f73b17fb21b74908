"""The contract between a measurement and a model: ordered names and a version."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.errors import ModelMismatch


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """Which numbers, in which order. Lives inside the model artifact."""

    task: str
    version: int
    """Raised whenever a number of the same name would come out differently."""
    names: tuple[str, ...]

    @property
    def id(self) -> str:
        """Short name such as ``quality-1-3f2a9c01``: two specs with the same id are the same spec."""
        digest = hashlib.sha256("\\n".join(self.names).encode()).hexdigest()[:8]
        return f"{self.task}-{self.version}-{digest}"

    def vector(self, values: Mapping[str, float | None]) -> NDArray[np.float32]:
        """Values in order, shape (n_features,), NaN for None. Raises ModelMismatch when the names differ."""
        if values.keys() != set(self.names):
            odd = sorted(values.keys() ^ set(self.names))
            raise ModelMismatch(expected=self.id, found=f"{len(odd)} other names, such as {odd[:3]}")
        return np.array([values[name] for name in self.names], dtype=np.float32)
