"""The choices behind one example, each drawn from a generator: what, how often, with what weight.

All but the low-pass are drawn alike for every label, or they would tell it.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

import numpy as np

from ml.corpus.masters import Master
from ml.encode import Depth, tool_variants, tools_for, variants
from ml.quality.classes import KBPS
from ml.units import Seconds

T = TypeVar("T", bound=str)

CHANCES: Final = {
    "lowpass": 0.2,
    "gain": 0.3,
    "clip": 0.1,
    "fade": 0.1,
    "lead-in": 0.15,
    "hires": 0.25,
    "dither": 0.3,
    "trim": 0.5,
    "splice": 0.06,
    "padded": 0.25,
    "resample-after": 0.25,
    "round-between": 0.5,
    "trim-between": 0.5,
    "eq": 0.06,
    "attenuate": 0.3,
    "dither-after": 0.3,
}
"""How often each disturbance is drawn. ``lowpass``: one of LOWPASS_KINDS; ``hires``: more than 16 bits go
into the coder; ``padded``: the decoder keeps delay and padding; ``splice``: a piece cut out after coding;
``resample-after``: where rates differ, change after coding, not before."""

LOWPASS_KINDS: Final = {"lowpass": 0.4, "tape": 0.15, "fm": 0.15, "vinyl": 0.15, "resampled-low": 0.15}
"""Of the low-passed examples; a kind's name stands among the disturbances in place of "lowpass"."""

GENTLE_CHANCE = 0.35
"""Share of examples with none of ``STRONG``: plain files as most people have them."""
STRONG: Final = (
    *LOWPASS_KINDS,
    *("gain", "clip", "fade", "lead-in", "dither", "splice", "eq", "attenuate", "dither-after"),
)

ENSEMBLE: Final = {"mono": 0.6, "stereo": 0.15}
"""Mixed with other takes. Two in three clips are one channel or one instrument; what people send is a mix."""

LENGTHS: Final = {(3.0, 6.0): 0.2, (6.0, 10.0): 0.6, (10.0, 20.0): 0.2}
"""Bounds in seconds of an excerpt's length, and their share."""

LOSSLESS_LOWPASS = 0.35
TWO_GENERATIONS = 0.22
SECOND: Final = {
    "mp3-320": 8,
    "aac-256": 3,
    "mp3-256": 2,
    "mp3-v0": 2,
    "vorbis-q8": 3,
    "aac-320": 1,
    "opus-192": 1,
}
"""What people make of a worse file, with weights."""
REPORTED: Final = {
    "mp3-128": {"mp3-320": 12, "aac-256": 12},
    "mp3-192": {"mp3-320": 12, "vorbis-q8": 12},
    "aac-128": {"mp3-320": 16},
}
"""Pairs that are reported by name: with weights that give each enough of them to count."""
TWO_GENERATIONS_REPORTED = 0.34
DEPTHS: Final[dict[Depth, float]] = {"16": 0.55, "24": 0.15, "float": 0.3}
OWN_ENCODER = 0.55
"""Share coded by the encoders inside PyAV; other programs that know the class share the rest evenly."""
DEFAULT_ENCODER = 0.6
"""Share coded with the encoder's default settings."""


def depth(rng: np.random.Generator) -> Depth:
    """What the result is rounded to."""
    return _choice(rng, DEPTHS)


def disturbance(rng: np.random.Generator, *, master: Master, label: str, depth: Depth) -> list[str]:
    """Names of what is done besides coding, in no order."""
    chances = CHANCES | _channel_chances(master)
    if label == "lossless":
        chances["lowpass"] = LOSSLESS_LOWPASS
    if depth != "16":  # else a genuine 24-bit file would always be a 16-bit one with zeros behind
        chances |= {"gain": 0.8, "hires": 0.8}
    gentle = rng.random() < GENTLE_CHANCE
    drawn = {name: rng.random() < chance for name, chance in chances.items()}
    kind = _choice(rng, LOWPASS_KINDS)
    names = [name for name, on in drawn.items() if on and not (gentle and name in STRONG)]
    return [kind if name == "lowpass" else name for name in names]


def pointless(history: Sequence[str], *, same_rate: bool) -> set[str]:
    """What cannot apply: left out, so that ``disturbance`` says what was done."""
    return {
        *(() if history else ("padded",)),
        *(() if len(history) > 1 else ("round-between", "trim-between")),
        *(("resample-after",) if same_rate else ()),
    }


def rate(rng: np.random.Generator, *, master: Master) -> int:
    """Mostly the master's own rate. The same for every class, or Opus's 48 kHz would tell."""
    chance_of_48 = {44100: 0.35, 48000: 0.65}.get(master.sr, 0.5)
    return 48000 if rng.random() < chance_of_48 else 44100


def history(rng: np.random.Generator, *, label: str) -> tuple[str, ...]:
    """The codings, oldest first; a second one is always of a higher bitrate, as people dress files up."""
    weights = SECOND | REPORTED.get(label, {})
    better = {coding: weight for coding, weight in weights.items() if KBPS[coding] > KBPS[label]}
    if label == "lossless":
        return ()
    if not better or rng.random() >= (TWO_GENERATIONS_REPORTED if label in REPORTED else TWO_GENERATIONS):
        return (label,)
    return (label, _choice(rng, better))


def encoder(rng: np.random.Generator, *, label: str, external: bool) -> str:
    """A variant of PyAV's coder or, with ``external``, of another program's, be it installed or not."""
    tools = tools_for(label) if external else ()
    own = not tools or rng.random() < OWN_ENCODER
    names = variants(label) if own else tool_variants(tools[int(rng.integers(len(tools)))], label)
    default, *others = names
    return default if not others or rng.random() < DEFAULT_ENCODER else others[int(rng.integers(len(others)))]


def seconds(rng: np.random.Generator) -> Seconds:
    """Length of an excerpt, where the recording is as long."""
    shares = list(LENGTHS.values())
    low, high = list(LENGTHS)[int(rng.choice(len(shares), p=shares))]
    return Seconds(rng.uniform(low, high))


def others(rng: np.random.Generator, *, master: Master, clips: Sequence[Master]) -> tuple[Master, ...]:
    """One to three clips to mix with ``master``: of those given, each once; without any, itself elsewhere."""
    count = int(rng.integers(1, 4))
    if not clips:
        return (master,) * min(count, 2)
    return tuple(clips[int(i)] for i in rng.permutation(len(clips))[:count])


def _channel_chances(master: Master) -> dict[str, float]:
    if master.channels == 1:
        return {"ensemble": ENSEMBLE["mono"], "dual-mono": 0.15}
    return {"ensemble": ENSEMBLE["stereo"], "mono": 0.06, "dual-mono": 0.06}


def _choice(rng: np.random.Generator, weights: Mapping[T, float]) -> T:
    shares = np.array(list(weights.values()), dtype=float)
    return list(weights)[int(rng.choice(len(weights), p=shares / shares.sum()))]
