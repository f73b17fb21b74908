"""What an analysis brings home, free of numpy: what the database and the blob store need, no more."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

Progress = Callable[[str, float], None]
Record = Mapping[str, Any]
Show = Callable[[Record, Mapping[str, bytes]], None]
"""Called with the spectrogram's facts and its pictures by blob name, as soon as they are drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFinding:
    """One model's answer to one task."""

    answer: Record
    """The public record."""
    features: Record
    feature_version: str
    model_version_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Everything about one file."""

    engine: str
    declared: Record | None = None
    tasks: Mapping[str, TaskFinding] = field(default_factory=dict)
    spectrogram: Record | None = None
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    """PNG by blob name."""


class Engine(Protocol):
    """What measures. The real one is in app.submissions.tasks."""

    def probe(self, path: Path) -> Record:
        """What the file claims; quick."""

    def listen(
        self,
        path: Path,
        *,
        tasks: Sequence[str],
        on_progress: Progress,
        on_drawn: Show,
        cancelled: Callable[[], bool],
    ) -> Finding:
        """Decode and measure a recording."""

    def look(self, path: Path) -> Finding:
        """Draw a picture that was sent anew, without whatever else was in the file."""

    def card(self, answer: Record, *, spectrogram_png: bytes) -> bytes | None:
        """The answer as a picture for forums."""
