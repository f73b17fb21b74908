"""From an example to its samples: excerpt, studio, coding(s), editor, rounding."""

import numpy as np

from ml.corpus.masters import Master, load
from ml.corpus.plan import MARGIN, Example
from ml.corpus.treatments import AFTER, BEFORE, apply, trim
from ml.encode import HIGHEST_RATE, Depth, decode, encode, quantise, resample
from ml.units import Samples


def realise(example: Example) -> tuple[Samples, int]:
    """``(y, sr)`` of an example, y of shape (channels, round(seconds * sr)); the same on every call."""
    y, sr = excerpt(example)
    y, sr = _studio(y, sr=sr, example=example)
    for generation in range(len(example.history)):
        y, sr = _code(y, sr=sr, example=example, generation=generation)
    if "trim" in example.disturbance:
        y = trim(y, sr, _rng(example, "trim"))
    y = _edit(resample(y, sr=sr, to=example.sr), example=example)
    n = round(example.seconds * example.sr)
    assert y.shape[1] >= n, f"{example.id}: {y.shape[1]} samples of {n}"
    return y[:, :n], example.sr


def excerpt(example: Example) -> tuple[Samples, int]:
    """The part of the master an example is made from, with a margin behind its end."""
    master = example.master
    y = load(master)
    n = min(round((example.seconds + MARGIN) * master.sr), y.shape[1])
    start = int(_rng(example, "start").integers(0, y.shape[1] - n + 1))
    return y[:, start : start + n], master.sr


def _studio(y: Samples, *, sr: int, example: Example) -> tuple[Samples, int]:
    """Everything before the first coding; ends as a 16-bit file unless "hires"."""
    to = _working_rate(example.master, example)
    y = apply(resample(y, sr=sr, to=to), sr=to, names=example.disturbance, among=BEFORE, seed=example.seed)
    depth: Depth = "float" if "hires" in example.disturbance else "16"
    dither = _rng(example, "dither") if "dither" in example.disturbance else None
    return quantise(y, depth=depth, dither=dither), to


def _code(y: Samples, *, sr: int, example: Example, generation: int) -> tuple[Samples, int]:
    """One generation. Opus works at its own rate and leaves the sound there, as real files do."""
    label, variant = example.history[generation], example.encoder[generation]
    if generation:
        y, sr = _between(y, sr=sr, example=example)
    data = encode(y, sr=sr, label=label, variant=variant)
    last = generation == len(example.history) - 1
    depth = example.depth if last else "float"
    return decode(data, depth=depth, gapless="padded" not in example.disturbance)


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
