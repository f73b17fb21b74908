"""Which examples to make: balanced over classes and origins, every choice drawn from a seed.

The k-th example of a class is the same whatever ``per_class`` is, so a larger plan extends a smaller one.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, TypeVar

import numpy as np

from ml.corpus.masters import Master
from ml.encode import Depth, variants
from ml.quality.classes import CLASSES, KBPS
from ml.units import Seconds

T = TypeVar("T", bound=str)

LOSSLESS_SHARE = 4
"""Lossless examples for each one of a lossy class: nobody may be accused wrongly."""

MARGIN = Seconds(0.3)
"""Recording beyond an excerpt's end, so that trims and coder delays never shorten it."""

CHANCES: Final = {
    "lowpass": 0.2,
    "gain": 0.3,
    "clip": 0.1,
    "fade": 0.1,
    "lead-in": 0.15,
    "hires": 0.25,
    "dither": 0.3,
    "trim": 0.5,
    "padded": 0.25,
    "resample-after": 0.25,
    "round-between": 0.5,
    "trim-between": 0.5,
    "eq": 0.06,
    "attenuate": 0.3,
    "dither-after": 0.3,
}
"""How often each disturbance is drawn. ``hires``: more than 16 bits go into the coder; ``padded``: the
decoder keeps delay and padding; ``resample-after``: where rates differ, change after coding, not before."""

GENTLE_CHANCE = 0.35
"""Share of examples with none of ``STRONG``: plain files as most people have them."""
STRONG: Final = ("lowpass", "gain", "clip", "fade", "lead-in", "dither", "eq", "attenuate", "dither-after")

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
DEPTHS: Final[dict[Depth, float]] = {"16": 0.55, "24": 0.15, "float": 0.3}
DEFAULT_ENCODER = 0.6
"""Share coded with the encoder's default settings."""


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled row to be; :func:`ml.corpus.realise` makes its samples."""

    id: str
    master: Master
    supergroup: str
    label: str
    """The worst coding of the history, or "lossless"."""
    history: tuple[str, ...]
    """Class ids, oldest first; empty for lossless."""
    encoder: tuple[str, ...]
    """Variant of the encoder for each generation."""
    disturbance: tuple[str, ...]
    depth: Depth
    sr: int
    """Sampling rate of the result in Hz; does not depend on the label."""
    seconds: Seconds
    seed: int


def plan(masters: Sequence[Master], *, per_class: int, seed: int) -> list[Example]:
    """``per_class`` examples of each lossy class and four times as many lossless, origins taking turns."""
    origins = _by_origin(masters)
    counts = {label: per_class * (LOSSLESS_SHARE if label == "lossless" else 1) for label in CLASSES}
    return [
        _example(_turn(origins, label=label, k=k, seed=seed), label=label, k=k, seed=seed)
        for label, count in counts.items()
        for k in range(count)
    ]


def worst(history: Sequence[str]) -> str:
    """The class of a history: its lowest bitrate, the older one where two are equal.

    >>> worst(["mp3-128", "aac-256"]), worst([])
    ('mp3-128', 'lossless')
    """
    return min(history, key=KBPS.__getitem__, default="lossless")


def _by_origin(masters: Sequence[Master]) -> list[list[Master]]:
    origins: defaultdict[str, list[Master]] = defaultdict(list)
    for master in masters:
        origins[master.origin].append(master)
    return [origins[name] for name in sorted(origins)]


def _turn(origins: list[list[Master]], *, label: str, k: int, seed: int) -> Master:
    """The k-th master of a class: origins in a shuffled round, then each origin's clips in turn."""
    round_, place = divmod(k, len(origins))
    shuffled = np.random.default_rng(_seed(seed, label)).permutation(len(origins))
    clips = origins[int(shuffled[place])]
    at = (round_ + _seed(seed, label, place)) % len(clips)
    return clips[at]


def _example(master: Master, *, label: str, k: int, seed: int) -> Example:
    own = _seed(seed, label, k)
    rng = np.random.default_rng(own)
    depth: Depth = _choice(rng, DEPTHS)
    sr = _rate(rng, master=master)
    history = _history(rng, label=label)
    drawn = _disturbance(rng, master=master, label=label, depth=depth)
    pointless = _pointless(history, same_rate=sr == master.sr)
    return Example(
        id=f"{label}-s{seed}-{k:05d}",
        master=master,
        supergroup=master.supergroup,
        label=label,
        history=history,
        encoder=tuple(_encoder(rng, label=coding) for coding in history),
        disturbance=tuple(name for name in drawn if name not in pointless),
        depth=depth,
        sr=sr,
        seconds=Seconds(min(rng.uniform(4, 10), master.seconds - MARGIN)),
        seed=own,
    )


def _disturbance(rng: np.random.Generator, *, master: Master, label: str, depth: Depth) -> list[str]:
    chances = CHANCES | _channel_chances(master)
    if label == "lossless":
        chances["lowpass"] = LOSSLESS_LOWPASS
    if depth != "16":  # else a genuine 24-bit file would always be a 16-bit one with zeros behind
        chances |= {"gain": 0.8, "hires": 0.8}
    gentle = rng.random() < GENTLE_CHANCE
    drawn = {name: rng.random() < chance for name, chance in chances.items()}
    return [name for name, on in drawn.items() if on and not (gentle and name in STRONG)]


def _pointless(history: Sequence[str], *, same_rate: bool) -> set[str]:
    """What cannot apply: left out, so that ``disturbance`` says what was done."""
    return {
        *(() if history else ("padded",)),
        *(() if len(history) > 1 else ("round-between", "trim-between")),
        *(("resample-after",) if same_rate else ()),
    }


def _channel_chances(master: Master) -> dict[str, float]:
    return {"dual-mono": 0.5} if master.channels == 1 else {"mono": 0.06, "dual-mono": 0.06}


def _rate(rng: np.random.Generator, *, master: Master) -> int:
    """Mostly the master's own rate. The same for every class, or Opus's 48 kHz would tell."""
    chance_of_48 = {44100: 0.35, 48000: 0.65}.get(master.sr, 0.5)
    return 48000 if rng.random() < chance_of_48 else 44100


def _history(rng: np.random.Generator, *, label: str) -> tuple[str, ...]:
    better = {coding: weight for coding, weight in SECOND.items() if KBPS[coding] > KBPS[label]}
    if label == "lossless":
        return ()
    if not better or rng.random() >= TWO_GENERATIONS:
        return (label,)
    return (label, _choice(rng, better))


def _encoder(rng: np.random.Generator, *, label: str) -> str:
    default, *others = variants(label)
    return default if not others or rng.random() < DEFAULT_ENCODER else others[int(rng.integers(len(others)))]


def _choice(rng: np.random.Generator, weights: Mapping[T, float]) -> T:
    shares = np.array(list(weights.values()), dtype=float)
    return list(weights)[int(rng.choice(len(weights), p=shares / shares.sum()))]


def _seed(*parts: object) -> int:
    """A 63-bit number from names, the same on every machine."""
    digest = blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1
