"""The class that a coding really came to.

Encoders steered by an average bitrate stop where nothing is left to code: FFmpeg's AAC, asked for 320 kbps,
writes 210 to 270 on half of all music, now and then the very file that it writes for 256; VisualOn's pads.
What the file holds is the truth, so those classes go by the bitrate of the packets. LAME, AC-3 and MP2 fill their
frames, Vorbis, Opus and VBR are asked for a quality: there the setting is the class.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import log
from typing import Final

from ml.corpus.plan import Example, worst
from ml.quality.classes import CLASSES, KBPS, family

AVERAGED: Final = ("aac",)
"""Families whose classes go by the bitrate spent."""


def is_averaged(example: Example) -> bool:
    """Whether a class of its history depends on what was spent."""
    return any(family(label) in AVERAGED for label in example.history)


def as_spent(example: Example, kbps: Sequence[float]) -> Example:
    """The example under the classes it came to.

    kbps : of each coding, as :func:`ml.corpus.kbps_spent` tells
    """
    history = tuple(spent_class(label, one) for label, one in zip(example.history, kbps, strict=True))
    return replace(example, history=history, label=worst(history))


def spent_class(label: str, kbps: float) -> str:
    """The class of a coding that took ``kbps``: of the same family, nearest by ratio.

    >>> spent_class("aac-320", 236.5), spent_class("mp3-320", 236.5)
    ('aac-256', 'mp3-320')
    """
    if family(label) not in AVERAGED:
        return label
    rivals = [one for one in CLASSES if family(one) == family(label)]
    return min(rivals, key=lambda one: abs(log(KBPS[one] / kbps)))
