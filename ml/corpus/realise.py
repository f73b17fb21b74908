"""From an example to its samples: excerpt, ensemble, studio, coding(s), editor, rounding."""

import numpy as np

from ml.corpus.ensemble import mix
from ml.corpus.masters import Master, load
from ml.corpus.plan import MARGIN, Example
from ml.corpus.treatments import AFTER, BEFORE, apply, splice, trim
from ml.encode import (
    HIGHEST_RATE,
    Depth,
    decode,
    encode,
    halves_one_channel,
    needs_two_channels,
    packet_kbps,
    quantise,
    resample,
)
from ml.units import Samples


def realise(example: Example) -> tuple[Samples, int]:
    """``(y, sr)`` of an example, y of shape (channels, round(seconds * sr)); the same on every call."""
    y, sr, _ = _coded(example)
    if "trim" in example.disturbance:
        y = trim(y, sr, _rng(example, "trim"))
    if "splice" in example.disturbance:
        y = splice(y, sr, _rng(example, "splice"))
    y = _edit(resample(y, sr=sr, to=example.sr), example=example)
    n = round(example.seconds * example.sr)
    assert y.shape[1] >= n, f"{example.id}: {y.shape[1]} samples of {n}"
    return y[:, :n], example.sr


def kbps_spent(example: Example) -> tuple[float, ...]:
    """What the packets of each coding really take for the channels that are kept, in kbps.

    An encoder may stop short of what it was asked for.
    """
    return _coded(example)[2]


def excerpt(example: Example) -> tuple[Samples, int]:
    """The part of the master an example is made from, with a margin behind its end."""
    master = example.master
    y = load(master)
    n = min(round((example.seconds + MARGIN) * master.sr), y.shape[1])
    start = int(_rng(example, "start").integers(0, y.shape[1] - n + 1))
    return y[:, start : start + n], master.sr


def _coded(example: Example) -> tuple[Samples, int, tuple[float, ...]]:
    """``(y, sr, kbps of each coding)`` after the last decode."""
    y, sr = excerpt(example)
    if "ensemble" in example.disturbance:
        y = mix(y, _company(example, n=y.shape[1]), sr=sr, rng=_rng(example, "ensemble"))
    y, sr = _studio(y, sr=sr, example=example)
    kbps: tuple[float, ...] = ()
    for generation in range(len(example.history)):
        y, sr, spent = _code(y, sr=sr, example=example, generation=generation)
        kbps += (spent,)
    return y, sr, kbps


def _company(example: Example, *, n: int) -> list[Samples]:
    """Up to n samples of each other clip at the master's rate; of the same clip, another part of it."""
    rng = _rng(example, "company")
    parts = []
    for other in example.others:
        y = load(other)
        length = round(n * other.sr / example.master.sr)
        if other.clip == example.master.clip:
            length = int(length * rng.uniform(0.5, 0.8))  # from elsewhere, so it is no copy in step
        start = int(rng.integers(0, max(1, y.shape[1] - length + 1)))
        parts.append(resample(y[:, start : start + length], sr=other.sr, to=example.master.sr)[:, :n])
    return parts


def _studio(y: Samples, *, sr: int, example: Example) -> tuple[Samples, int]:
    """Everything before the first coding; ends as a 16-bit file unless "hires"."""
    to = _working_rate(example.master, example)
    y = apply(resample(y, sr=sr, to=to), sr=to, names=example.disturbance, among=BEFORE, seed=example.seed)
    depth: Depth = "float" if "hires" in example.disturbance else "16"
    dither = _rng(example, "dither") if "dither" in example.disturbance else None
    return quantise(y, depth=depth, dither=dither), to


def _code(y: Samples, *, sr: int, example: Example, generation: int) -> tuple[Samples, int, float]:
    """One generation. Opus works at its own rate and leaves the sound there, as real files do.

    Where a class has no mono file, a single channel is coded twice and one is kept: the number of channels
    tells nothing either.
    """
    label, variant = example.history[generation], example.encoder[generation]
    if generation:
        y, sr = _between(y, sr=sr, example=example)
    single = len(y) == 1 and needs_two_channels(label, variant)
    data = encode(np.repeat(y, 2, axis=0) if single else y, sr=sr, label=label, variant=variant)
    last = generation == len(example.history) - 1
    depth = example.depth if last else "float"
    decoded, sr = decode(data, depth=depth, gapless="padded" not in example.disturbance)
    if not single:
        return decoded, sr, packet_kbps(data)
    return decoded[:1], sr, packet_kbps(data) / (2 if halves_one_channel(label, variant) else 1)


def _between(y: Samples, *, sr: int, example: Example) -> tuple[Samples, int]:
    """Between two codings: straight from file to file, or by way of a 16-bit file or an editor."""
    to = _working_rate(example.master, example)
    if "trim-between" in example.disturbance:
        y = y[:, int(_rng(example, "trim-between").integers(0, 2000)) :]
    if "round-between" in example.disturbance:
        y = quantise(y, depth="16")
    return resample(y, sr=sr, to=to), to


def _edit(y: Samples, *, example: Example) -> Samples:
    """Everything after the last decode, and the final rounding."""
    y = apply(y, sr=example.sr, names=example.disturbance, among=AFTER, seed=example.seed + 1)
    dither = _rng(example, "dither-after") if "dither-after" in example.disturbance else None
    return quantise(y, depth=example.depth, dither=dither)


def _working_rate(master: Master, example: Example) -> int:
    """Rate that coding happens at: the result's, or the master's own when the change comes after."""
    return min(master.sr, HIGHEST_RATE) if "resample-after" in example.disturbance else example.sr


def _rng(example: Example, purpose: str) -> np.random.Generator:
    """Own stream for each purpose, so that one disturbance more changes no other."""
    return np.random.default_rng([example.seed, *purpose.encode()])
