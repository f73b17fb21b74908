"""Which encoder, container and settings stand for a class id."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

FF_QP2LAMBDA: Final = 118
"""libavutil/avutil.h: scale of ``global_quality``."""


@dataclass(frozen=True, slots=True)
class Coder:
    """Settings of one encoder. ``kbps`` for coders steered by bitrate, ``quality`` (0..1) for libvorbis."""

    codec: str
    """FFmpeg's encoder name, or "libvorbis", which libsndfile brings."""
    container: str
    """FFmpeg's muxer name."""
    sample_format: str
    kbps: int | None = None
    quality: float | None = None
    rate: int | None = None
    """The only sampling rate it works at, in Hz; None: any."""
    options: Mapping[str, str] = field(default_factory=dict)


def coder(label: str) -> Coder:
    """The coder of a lossy class id; ``KeyError`` for others.

    >>> coder("mp3-320").kbps, coder("vorbis-q5").quality
    (320, 0.5)
    """
    return CODERS[label]


def _lame_vbr(level: int) -> Coder:
    """LAME's ``-V level`` (new VBR)."""
    options = {"flags": "+qscale", "global_quality": str(level * FF_QP2LAMBDA)}
    return Coder("libmp3lame", "mp3", "fltp", options=options)


CODERS: Final[Mapping[str, Coder]] = {
    **{f"mp3-{k}": Coder("libmp3lame", "mp3", "fltp", kbps=k) for k in (128, 160, 192, 256, 320)},
    "mp3-v0": _lame_vbr(0),
    "mp3-v2": _lame_vbr(2),
    **{f"aac-{k}": Coder("aac", "ipod", "fltp", kbps=k) for k in (96, 128, 192, 256, 320)},
    **{f"vorbis-q{q}": Coder("libvorbis", "ogg", "fltp", quality=q / 10) for q in (3, 5, 8)},
    **{f"opus-{k}": Coder("libopus", "ogg", "flt", kbps=k, rate=48000) for k in (96, 128, 192)},
    "ac3-192": Coder("ac3", "ac3", "fltp", kbps=192),
    "wma-192": Coder("wmav2", "asf", "fltp", kbps=192),
    "mp2-256": Coder("mp2", "mp2", "s16", kbps=256),
}

VARIANTS: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = {
    "libmp3lame": {
        "default": {},
        "stereo": {"joint_stereo": "0"},
        "q0": {"compression_level": "0"},
        "q2": {"compression_level": "2"},
        "q7": {"compression_level": "7"},
        "lowpass-16k": {"cutoff": "16000"},
        "lowpass-18k": {"cutoff": "18000"},
        "lowpass-20k": {"cutoff": "20000"},
        "lowpass-off": {"cutoff": "22000"},
    },
    "aac": {
        "default": {},
        "fast": {"aac_coder": "fast"},
        "no-tools": {"aac_tns": "0", "aac_is": "0", "aac_pns": "0"},
        "lowpass-16k": {"cutoff": "16000"},
        "lowpass-20k": {"cutoff": "20000"},
    },
    "libopus": {"default": {}, "cvbr": {"vbr": "constrained"}, "cbr": {"vbr": "off"}},
}
"""Ways to run the same coder that people do use: stereo mode, effort, low-pass; others: "default" alone."""


def variants(label: str) -> tuple[str, ...]:
    """Names of the ways to run a class's coder; "default" first.

    >>> variants("ac3-192")
    ('default',)
    """
    return tuple(VARIANTS.get(coder(label).codec, {"default": {}}))
