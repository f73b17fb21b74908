"""From recordings to models that can be shipped, with the figures that judge them: one module a task."""

from pathlib import Path
from typing import Final

CACHE: Final = Path(".cache")
"""Measured rows, so that a stopped run goes on where it was."""
