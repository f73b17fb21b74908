"""The encoders of other programs and other years, and how each is asked for a class.

A variant of theirs is written "tool:variant"; names without a colon are ways to run PyAV's own encoders.
FFmpeg 4.2, 7.0 and 9.0 come in imageio-ffmpeg's wheels, the others in Debian 12; ``scripts/encoders.py``
fetches them all. Not to be had freely there: Fraunhofer's FDK, FAAC, Apple's, and any encoder of HE-AAC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ml.encode.pcm import Depth

OWN: Final = "pyav"
DEBIAN_FFMPEG: Final = "5.1"
"""The one that has Shine and libtwolame built in."""

Words = tuple[str, ...]
Ways = Mapping[str, Mapping[str, Words]]
"""Class id -> variant, "default" first -> words of the command line."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One program. ``command`` holds ``{source}``, ``{target}`` and, as a word of its own, ``{way}``."""

    program: str
    command: Words
    ways: Ways
    suffix: Mapping[str, str]
    """Of the file it writes, by codec family: some programs go by it."""
    depth: Depth = "float"
    """What it reads: 16-bit integers, or floats."""
    version: str = ""
    """How its ``-version`` must begin, where a name stands for a version."""


def tool_of(variant: str) -> str:
    """Whose encoder a variant is.

    >>> tool_of("lowpass-16k"), tool_of("ffmpeg-4.2:fast")
    ('pyav', 'ffmpeg-4.2')
    """
    name, colon, _ = variant.partition(":")
    return name if colon else OWN


def tools_for(label: str) -> tuple[str, ...]:
    """The programs besides PyAV that know a class.

    >>> tools_for("mp2-256")
    ('ffmpeg-4.2', 'ffmpeg-5.1', 'ffmpeg-7.0', 'ffmpeg-9.0', 'libtwolame', 'twolame')
    """
    return tuple(name for name, tool in TOOLS.items() if label in tool.ways)


def tool_variants(tool: str, label: str) -> tuple[str, ...]:
    """Full names of the ways a tool makes a class; the default first.

    >>> tool_variants("opusenc", "opus-96")
    ('opusenc:default', 'opusenc:cvbr', 'opusenc:cbr')
    """
    return tuple(f"{tool}:{variant}" for variant in TOOLS[tool].ways[label])


def needs_two_channels(label: str, variant: str) -> bool:
    """Would one channel be refused, or get the same file as a lower class?

    An AAC channel holds 6144 bits a frame and most encoders stop long before, Layer II allows 192 kbps in
    mono, Shine's 320 fails, and VisualOn's falls back to 64 kbps.

    >>> needs_two_channels("aac-256", "default"), needs_two_channels("mp3-320", "lame:default")
    (True, False)
    """
    return label in _TWO_CHANNELS or (tool_of(variant), label) in _TWO_CHANNELS_OF


def halves_one_channel(label: str, variant: str) -> bool:
    """Whether one channel goes in twice and each copy gets half of the bits; others code the mean and no difference.

    >>> halves_one_channel("mp3-320", "shine:default"), halves_one_channel("aac-256", "default")
    (True, False)
    """
    return needs_two_channels(label, variant) and tool_of(variant) in _CODE_APART


_TWO_CHANNELS: Final = {"aac-256", "aac-320", "mp2-256"}
_CODE_APART: Final = {"shine", "voaacenc"}
_TWO_CHANNELS_OF: Final = {("shine", "mp3-320"), ("voaacenc", "aac-192")}
_MP3 = (128, 160, 192, 256, 320)
_AAC = (96, 128, 192, 256, 320)
_OPUS = (96, 128, 192)
_SUFFIX: Final = {
    "mp3": ".mp3",
    "aac": ".m4a",
    "vorbis": ".ogg",
    "opus": ".opus",
    "ac3": ".ac3",
    "wma": ".wma",
    "mp2": ".mp2",
}


def _each(base: Words, extras: Mapping[str, Words]) -> dict[str, Words]:
    return {name: base + extra for name, extra in extras.items()}


def _ffmpeg_ways(other_coder: str) -> Ways:
    """other_coder : the AAC coder that is not this version's default."""
    vbr: dict[str, Words] = {"default": (), "stereo": ("-joint_stereo", "0")}
    cbr = vbr | {
        "q0": ("-compression_level", "0"),
        "lowpass-16k": ("-cutoff", "16000"),
        "lowpass-off": ("-cutoff", "22000"),
    }
    aac = {
        "default": (),
        other_coder: ("-aac_coder", other_coder),
        "no-tools": ("-aac_tns", "0", "-aac_is", "0", "-aac_pns", "0"),
        "lowpass-16k": ("-cutoff", "16000"),
    }
    opus = {"default": (), "cvbr": ("-vbr", "constrained"), "cbr": ("-vbr", "off")}
    plain: dict[str, Words] = {"default": ()}
    return {
        **{f"mp3-{k}": _each(("-c:a", "libmp3lame", "-b:a", f"{k}k"), cbr) for k in _MP3},
        **{f"mp3-v{v}": _each(("-c:a", "libmp3lame", "-q:a", f"{v}"), vbr) for v in (0, 2)},
        **{f"aac-{k}": _each(("-c:a", "aac", "-b:a", f"{k}k"), aac) for k in _AAC},
        **{f"vorbis-q{q}": _each(("-c:a", "libvorbis", "-q:a", f"{q}"), plain) for q in (3, 5, 8)},
        **{f"opus-{k}": _each(("-c:a", "libopus", "-b:a", f"{k}k"), opus) for k in _OPUS},
        "ac3-192": _each(("-c:a", "ac3", "-b:a", "192k"), plain),
        "wma-192": _each(("-c:a", "wmav2", "-b:a", "192k"), plain),
        "mp2-256": _each(("-c:a", "mp2", "-b:a", "256k"), plain),
    }


_FFMPEG_COMMAND: Final = (
    *("{program}", "-nostdin", "-loglevel", "error", "-y", "-threads", "1", "-i", "{source}"),
    *("-map_metadata", "-1", "-threads", "1", "{way}", "{target}"),
)


def _ffmpeg(version: str, *, ways: Ways) -> Tool:
    """FFmpeg of a version: a wheel's binary of that name, or the system's if it is of that version."""
    program = "ffmpeg" if version == DEBIAN_FFMPEG else f"ffmpeg-{version}"
    return Tool(program, _FFMPEG_COMMAND, ways, _SUFFIX, version=version)


def _lame_ways() -> Ways:
    cbr = {
        "default": (),
        "q0": ("-q", "0"),
        "q2": ("-q", "2"),
        "q7": ("-q", "7"),
        "stereo": ("-m", "s"),
        "nores": ("--nores",),
        "lowpass-off": ("--lowpass", "-1"),
    }
    vbr: dict[str, Words] = {"default": (), "vbr-old": ("--vbr-old",), "stereo": ("-m", "s")}
    presets = {f"mp3-{k}": {"preset": ("--preset", "cbr", f"{k}")} for k in (128, 160, 192)}
    return {
        **{f"mp3-{k}": _each(("--cbr", "-b", f"{k}"), cbr) | presets.get(f"mp3-{k}", {}) for k in _MP3},
        **{f"mp3-v{v}": _each(("-V", f"{v}"), vbr) for v in (0, 2)},
    }  # the other presets are the same settings under another name


_SHINE: Final[Ways] = {f"mp3-{k}": {"default": ("-c:a", "libshine", "-b:a", f"{k}k")} for k in _MP3}
_LIBTWOLAME: Final[Ways] = {"mp2-256": {"default": ("-c:a", "libtwolame", "-b:a", "256k")}}
_TWOLAME: Final[Ways] = {
    "mp2-256": _each(
        ("-b", "256"),
        {"default": (), "psy1": ("-P", "1")},
    )
}
_VOAACENC: Final[Ways] = {f"aac-{k}": {"default": (f"bitrate={k}000",)} for k in _AAC}
_OGGENC: Final[Ways] = {f"vorbis-q{q}": {"default": ("-q", f"{q}")} for q in (3, 5, 8)}
_OPUSENC: Final[Ways] = {
    f"opus-{k}": _each(("--bitrate", f"{k}"), {"default": (), "cvbr": ("--cvbr",), "cbr": ("--hard-cbr",)})
    for k in _OPUS
}

TOOLS: Final[Mapping[str, Tool]] = {
    "ffmpeg-4.2": _ffmpeg("4.2", ways=_ffmpeg_ways("twoloop")),
    "ffmpeg-5.1": _ffmpeg(DEBIAN_FFMPEG, ways=_ffmpeg_ways("fast")),
    "ffmpeg-7.0": _ffmpeg("7.0", ways=_ffmpeg_ways("fast")),
    "ffmpeg-9.0": _ffmpeg("9.0", ways=_ffmpeg_ways("fast")),
    "lame": Tool("lame", ("{program}", "--quiet", "{way}", "{source}", "{target}"), _lame_ways(), _SUFFIX),
    "shine": _ffmpeg(DEBIAN_FFMPEG, ways=_SHINE),
    "libtwolame": _ffmpeg(DEBIAN_FFMPEG, ways=_LIBTWOLAME),
    "twolame": Tool(
        "twolame",
        ("{program}", "--quiet", "{way}", "{source}", "{target}"),
        _TWOLAME,
        _SUFFIX,
        depth="16",
    ),
    "voaacenc": Tool(
        "gst-launch-1.0",
        (
            *("{program}", "-q", "filesrc", "location={source}", "!", "wavparse", "!", "voaacenc", "{way}"),
            *("!", "mp4mux", "!", "filesink", "location={target}"),
        ),
        _VOAACENC,
        _SUFFIX,
        depth="16",
    ),
    "oggenc": Tool(
        "oggenc", ("{program}", "--quiet", "{way}", "-o", "{target}", "{source}"), _OGGENC, _SUFFIX
    ),
    "opusenc": Tool("opusenc", ("{program}", "--quiet", "{way}", "{source}", "{target}"), _OPUSENC, _SUFFIX),
}
