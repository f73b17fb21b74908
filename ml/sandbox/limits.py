"""How much one file may cost."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """What a decoding child may use, and how long a recording may be. None of it is read from the file."""

    min_duration_s: float = 1.0
    max_duration_s: float = 4 * 3600.0
    min_rate: int = 1000
    max_rate: int = 384_000
    max_channels: int = 8
    memory_bytes: int = 1 << 30
    """Address space of the child."""
    cpu_s: int = 240
    """CPU seconds of the child; four hours of Opus need about a quarter of it."""
    stall_s: float = 9.0
    """Wall seconds without a word from the child after which it is killed."""
    max_pixels: int = 40_000_000
    """Of a picture."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
