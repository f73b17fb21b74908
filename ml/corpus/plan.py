"""Which examples to make: balanced over classes and origins, every choice drawn from a seed.

The k-th example of a class is the same whatever ``per_class`` is, so a larger plan extends a smaller one.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from ml.corpus import draw
from ml.corpus.masters import Master
from ml.encode import Depth
from ml.quality.classes import CLASSES, KBPS
from ml.units import Seconds

LOSSLESS_SHARE = 4
"""Lossless examples for each one of a lossy class: nobody may be accused wrongly."""

MARGIN = Seconds(0.4)
"""Recording beyond an excerpt's end, so that trims, splices and coder delays never shorten it."""

REVISION = 2
"""Part of every id: rises when a plan of the same seed gives other sound, so that no old measurement is
taken for a new example's."""


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
    others: tuple[Master, ...] = ()
    """What an "ensemble" is mixed with: clips of the same origin, of its supergroup, or the same clip again."""

    @property
    def one_channel(self) -> bool:
        """Whether what is coded has a single channel; two equal ones are made of the mean, if both are drawn."""
        if "dual-mono" in self.disturbance:
            return False
        return "mono" in self.disturbance or (
            self.master.channels == 1 and "ensemble" not in self.disturbance
        )


def plan(masters: Sequence[Master], *, per_class: int, seed: int, external: bool = True) -> list[Example]:
    """``per_class`` examples of each lossy class and four times as many lossless, origins taking turns.

    external : draw the encoders of other programs too. The plan is the same wherever it is made; an example
        whose encoder is not installed raises EncoderMissing when it is realised.
    """
    origins, company = _by_origin(masters), _company(masters)
    return [
        _example(
            _turn(origins, label=label, k=k, seed=seed),
            company,
            label=label,
            k=k,
            seed=seed,
            external=external,
        )
        for turn in range(per_class)
        for label in CLASSES
        for k in _numbers(label, turn=turn)
    ]


def _numbers(label: str, *, turn: int) -> range:
    """Which examples of a class come in a turn: classes take turns, so that a run that was stopped has some of each."""
    share = LOSSLESS_SHARE if label == "lossless" else 1
    return range(turn * share, (turn + 1) * share)


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


def _company(masters: Sequence[Master]) -> dict[str, tuple[Master, ...]]:
    """Clip -> the others of its origin; where there are none, of its supergroup."""
    found = {}
    for master in masters:
        others = [m for m in masters if m.supergroup == master.supergroup and m.clip != master.clip]
        near = [m for m in others if m.origin == master.origin]
        found[master.clip] = tuple(near or others)
    return found


def _turn(origins: list[list[Master]], *, label: str, k: int, seed: int) -> Master:
    """The k-th master of a class: origins in a shuffled round, then each origin's clips in turn."""
    round_, place = divmod(k, len(origins))
    shuffled = np.random.default_rng(_seed(seed, label)).permutation(len(origins))
    clips = origins[int(shuffled[place])]
    at = (round_ + _seed(seed, label, place)) % len(clips)
    return clips[at]


def _example(
    master: Master, company: Mapping[str, Sequence[Master]], *, label: str, k: int, seed: int, external: bool
) -> Example:
    own = _seed(seed, label, k)
    rng = np.random.default_rng(own)
    depth = draw.depth(rng)
    sr = draw.rate(rng, master=master)
    history = draw.history(rng, label=label)
    drawn = draw.disturbance(rng, master=master, label=label, depth=depth)
    pointless = draw.pointless(history, same_rate=sr == master.sr)
    coders = np.random.default_rng(_seed(seed, label, k, "encoder"))
    encoder = tuple(draw.encoder(coders, label=coding, external=external) for coding in history)
    seconds = draw.seconds(rng)
    others = draw.others(rng, master=master, clips=company[master.clip]) if "ensemble" in drawn else ()
    return Example(
        id=f"{label}-r{REVISION}-s{seed}-{k:05d}",
        master=master,
        supergroup=master.supergroup,
        label=label,
        history=history,
        encoder=encoder,
        disturbance=tuple(name for name in drawn if name not in pointless),
        depth=depth,
        sr=sr,
        seconds=Seconds(min(seconds, master.seconds - MARGIN)),
        seed=own,
        others=others,
    )


def _seed(*parts: object) -> int:
    """A 63-bit number from names, the same on every machine."""
    digest = blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1
