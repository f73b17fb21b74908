"""How voices become one answer. Pure: no database, no clock.

A voice weighs who speaks, times how sure they are, times how they know. The constants are judgements,
not measurements: ``benchmarks/consensus.py`` shows what they do to careless voices, docs/decisions.md why
they are so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

ROLE: Final = {"nobody": 0.0, "anonymous": 0.4, "import": 0.6, "member": 0.6, "reviewer": 1.0, "admin": 1.0}
"""nobody: an account that is disabled or gone. import: a spreadsheet that an admin brought in."""
SURE: Final = {"sure": 1.0, "likely": 0.6, "guess": 0.2}
BASIS: Final = {
    "own": 1.0, "log": 0.9, "shop": 0.8, "look": 0.7, "ear": 0.5,
    "heard": 1.0, "known": 0.9, "sleeve": 0.7,
    "agree": 0.5, "other": 0.5,
}  # fmt: skip
"""A coding leaves its traces in papers and pictures rather than in the ear; a genre is what is heard."""
ENOUGH: Final = 0.75
"""Together, those who agree weigh at least this: more than a guess beside one pair of eyes."""
CLEAR: Final = 2 / 3
"""Their share of all that was said."""
TRUSTED: Final = ("reviewer", "admin")

State = Literal["silent", "accepted", "waiting", "conflict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """The last word of one person."""

    by: str
    role: str
    label: str
    sure: str
    basis: str

    @property
    def weight(self) -> float:
        return ROLE[self.role] * SURE[self.sure] * BASIS[self.basis]


@dataclass(frozen=True, slots=True)
class Outcome:
    """``label`` and ``weight`` are those of the strongest class, whether it is accepted or not."""

    state: State
    label: str | None
    weight: float


def count(voices: Iterable[Voice]) -> Outcome:
    """What these voices come to.

    >>> owner = Voice(by="a", role="anonymous", label="mp3-128", sure="sure", basis="own")
    >>> count([owner]).state
    'waiting'
    >>> count([owner, Voice(by="b", role="reviewer", label="mp3-128", sure="sure", basis="look")])
    Outcome(state='accepted', label='mp3-128', weight=1.0)
    >>> count([owner, Voice(by="b", role="reviewer", label="lossless", sure="sure", basis="look")]).state
    'conflict'
    """
    heard = [voice for voice in voices if voice.weight > 0]
    if not heard:
        return Outcome("silent", None, 0.0)
    weights: dict[str, float] = {}
    for voice in heard:
        weights[voice.label] = weights.get(voice.label, 0.0) + voice.weight
    label = max(sorted(weights), key=weights.__getitem__)
    weight = round(min(1.0, weights[label]), 3)
    return Outcome(_state(heard, label, weight, share=weights[label] / sum(weights.values())), label, weight)


def _state(heard: Sequence[Voice], label: str, weight: float, *, share: float) -> State:
    against = [voice for voice in heard if voice.label != label]
    if share < CLEAR or any(voice.role in TRUSTED for voice in against):
        return "conflict"
    if weight >= ENOUGH and _witnessed([voice for voice in heard if voice.label == label]):
        return "accepted"
    return "conflict" if against else "waiting"


def _witnessed(agreed: Sequence[Voice]) -> bool:
    """Nobody decides alone. A cookie can be had again and again, so cookies alone are no witnesses."""
    known = sum(voice.role != "anonymous" for voice in agreed)
    return len(agreed) >= 2 and (known >= 2 or any(voice.role in TRUSTED for voice in agreed))
