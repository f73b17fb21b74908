"""What the project answers: plain frozen records, the same on page, API and command line.

The field names are the public JSON of ``python -m ml verify --json`` and of the HTTP API.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Verdict = Literal["genuine", "transcode", "upsampled", "undecided"]
Family = Literal["lossless", "mp3", "aac", "vorbis", "opus", "ac3", "wma", "mp2"]
BitrateMode = Literal["CBR", "VBR", "ABR"]


@dataclass(frozen=True, slots=True)
class Declared:
    """What the file claims about itself. Claims are shown beside the measurement, never fed to it."""

    container: str | None = None
    """"mp3", "mp4", "flac", "wav", "aiff", "ogg", "asf", ..."""
    codec: str | None = None
    """"mp3", "aac", "alac", "flac", "pcm_s16le", "vorbis", "opus", ..."""
    kbps: float | None = None
    bitrate_mode: BitrateMode | None = None
    encoder: str | None = None
    """Encoder string of the tag or header, such as "LAME3.100"."""
    sample_rate: int | None = None
    bit_depth: int | None = None
    channels: int | None = None
    duration_s: float | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    """title, artist, album, ... only for display."""
    details: Mapping[str, str | int | float] = field(default_factory=dict)
    """Anything else the headers say: lowpass_hz, LAME preset, encoder_delay, profile, ..."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One measured fact: a name, its number and unit, and what it says in words."""

    name: str
    value: float | int | str | None
    unit: str
    says: str


@dataclass(frozen=True, slots=True)
class Generation:
    """One coding in the history, oldest first."""

    family: str
    label: str
    """Class id, or the family where the bitrate is not known."""
    confidence: float
    offset: int | None
    """Framing offset of its grid in samples, where one was found."""
    sigma: float | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """The answer to "what has this sound been through?"."""

    verdict: Verdict
    sentence: str
    """The verdict in one sentence."""
    label: str
    """Worst coding the sound has been through, as a class id; the most probable one even when undecided."""
    family: str
    confidence: float
    probabilities: Mapping[str, float]
    cutoff_hz: float | None
    history: tuple[Generation, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """What a few seconds sound like."""

    start_s: float
    label: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A song that the model learnt from."""

    song: str
    """Artist and title."""
    label: str
    distance: float
    """In the music network's space: 0 the same, 1 nothing in common."""


@dataclass(frozen=True, slots=True)
class Genre:
    """The answer to "what kind of music is it?"."""

    label: str
    """The most probable class, even when undecided."""
    confidence: float
    undecided: bool
    probabilities: Mapping[str, float]
    timeline: tuple[Moment, ...]
    """The course over the song."""
    neighbours: tuple[Neighbour, ...]
    """The nearest songs, the nearest first."""
    sentence: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that is said about one file."""

    file: str
    declared: Declared | None = None
    quality: Quality | None = None
    genre: Genre | None = None
    error: Mapping[str, str] | None = None
    """``{"code", "message"}``."""

    def to_json(self) -> dict[str, Any]:
        """JSON-ready dict with the documented field names."""
        return asdict(self)


def verdict_of(answered: Mapping[str, Any]) -> str:
    """Of one task's public answer; a task without verdicts only says whether it can't tell.

    >>> verdict_of({"verdict": "genuine"}), verdict_of({"undecided": True}), verdict_of({"undecided": False})
    ('genuine', 'undecided', '')
    """
    return str(answered.get("verdict") or ("undecided" if answered.get("undecided") else ""))


def mark_of(answer: Mapping[str, Any]) -> str | None:
    """Which mark stands for a public answer: the verdict of its first task, or the task's name; None without any.

    >>> mark_of({"quality": None, "genre": {"undecided": False}}), mark_of({"quality": None, "genre": None})
    ('genre', None)
    """
    return next((verdict_of(answer[task]) or task for task in ("quality", "genre") if answer.get(task)), None)
