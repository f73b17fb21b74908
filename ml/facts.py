"""How a row was made, as the table keeps it: for reports and thresholds, never for a model."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from ml.corpus import Example

PYAV: Final = "pyav"
"""The tool of an encoder variant that names none."""

LOWPASSES: Final = ("lowpass", "tape", "fm", "vinyl", "resampled-low")
"""Disturbances that leave less treble, as genuine recordings may have it."""

CHANNELS: Final = ("mono", "dual-mono", "stereo", "unknown")

AFTER: Final = {
    "attenuate": "level",
    "dither-after": "level",
    "resample-after": "rate",
    "eq": "eq",
    "splice": "edit",
    "stem": "edit",
}
"""Disturbances that come after the last coding, and what kind of harm they do to its traces."""

OPUS_RATE: Final = 48000


@dataclass(frozen=True, slots=True)
class Facts:
    """One row's story."""

    kind: str
    """Of the material: music, voice, ..."""
    history: tuple[str, ...]
    """Class ids of the codings, oldest first."""
    disturbances: tuple[str, ...]
    encoders: tuple[str, ...]
    """Of each coding: "tool:variant"; without a colon a variant of PyAV's."""
    depth: str
    sr: int
    seconds: float
    channels: str
    """Among ``CHANNELS``; "unknown" in tables that did not keep it, where no disturbance tells."""

    @classmethod
    def of(cls, example: Example) -> "Facts":
        """The facts of an example that is about to become a row."""
        return cls(
            example.master.kind,
            example.history,
            example.disturbance,
            example.encoder,
            example.depth,
            example.sr,
            round(example.seconds, 1),
            _channels(example.disturbance, otherwise="mono" if example.one_channel else "stereo"),
        )

    @classmethod
    def parse(cls, text: str) -> "Facts":
        """Read what ``str`` wrote, now or before it wrote the channels.

        >>> old = Facts.parse("music|mp3-128+aac-256|trim|shine:default+q2|16|44100|5.0")
        >>> old.tools, old.channels
        (('shine', 'pyav'), 'unknown')
        """
        kind, history, disturbances, encoders, depth, sr, seconds, *channels = text.split("|")
        named = _names(disturbances)
        return cls(
            kind,
            _names(history),
            named,
            _names(encoders),
            depth,
            int(sr),
            float(seconds),
            channels[0] if channels else _channels(named, otherwise="unknown"),
        )

    def __str__(self) -> str:
        many = ("+".join(names) for names in (self.history, self.disturbances, self.encoders))
        return "|".join((self.kind, *many, self.depth, str(self.sr), f"{self.seconds:.1f}", self.channels))

    @property
    def tools(self) -> tuple[str, ...]:
        """Which program made each coding."""
        return tuple(name.partition(":")[0] if ":" in name else PYAV for name in self.encoders)

    @property
    def after(self) -> frozenset[str]:
        """What happened to the sound behind its last coding: values of ``AFTER``.

        Opus decodes to 48 kHz, so that at another rate it was resampled, drawn or not.

        >>> sorted(Facts.parse("music|opus-96|eq|default|16|44100|5.0").after)
        ['eq', 'rate']
        """
        moved = self.sr != OPUS_RATE and any(coding.startswith("opus-") for coding in self.history[-1:])
        return frozenset(AFTER[name] for name in self.disturbances if name in AFTER) | {
            *(("rate",) if moved else ())
        }


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split("+")) if text else ()


def _channels(disturbances: Collection[str], *, otherwise: str) -> str:
    """Of the result: two equal channels are made of the mean, if both are drawn."""
    return next((name for name in ("dual-mono", "mono") if name in disturbances), otherwise)
