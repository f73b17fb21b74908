"""Sound that has none of the ten genres: speech, single instruments, noise, jingles. No answer should be confident."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np
from numpy.fft import irfft, rfftfreq

from ml.corpus.masters import Master, load, masters
from ml.genre.measuring import Row, blocks_of
from ml.units import Samples

JINGLES: Final = 40
JINGLE_S: Final = 2.0
NOISE_SR, NOISE_S = 44100, 12.0
SLOPES: Final = (0.0, 0.5, 1.0, 1.5, 2.0)
"""Of a noise's amplitude over frequency: white, pink (0.5), brown (1), darker."""
LEVELS: Final = (0.003, 0.01, 0.03, 0.1)
"""Of its deviation."""


def rows() -> list[Row]:
    """All of them, to be measured; ``FileNotFoundError`` without the data."""
    clips = masters()
    return [*map(_clip, clips), *_noises(), *map(_jingle, [m for m in clips if m.kind == "music"][:JINGLES])]


def _clip(master: Master) -> Row:
    sound = partial(blocks_of, master.path)
    return Row(master.clip, master.kind, master.supergroup, f"{master.seconds:.1f}", sound)


def _jingle(master: Master) -> Row:
    return Row(
        f"jingle/{master.clip}", "jingle", master.supergroup, f"{JINGLE_S}", partial(_beginning, master)
    )


def _beginning(master: Master) -> tuple[list[Samples], int]:
    return [load(master)[:, : round(JINGLE_S * master.sr)]], master.sr


def _noises() -> Iterator[Row]:
    for slope in SLOPES:
        for level in LEVELS:
            name = f"noise/{slope:g}-{level:g}"
            yield Row(name, "noise", name, f"{NOISE_S}", partial(_noise, slope, level))


def _noise(slope: float, level: float) -> tuple[list[Samples], int]:
    """Gaussian, its spectrum falling as frequency to the power of the slope."""
    n = round(NOISE_S * NOISE_SR)
    frequencies = np.maximum(rfftfreq(n, 1 / NOISE_SR), 20.0)
    rng = np.random.default_rng(round(1000 * (slope + level)))
    spectrum = rng.standard_normal((2, len(frequencies), 2)) @ np.array([1.0, 1j])
    y = irfft(spectrum / frequencies**slope, n=n, axis=1)
    return [np.asarray(level * y / y.std(), dtype=np.float32)], NOISE_SR
