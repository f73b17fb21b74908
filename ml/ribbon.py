"""The lineage ribbon: an answer's generations as boxes, oldest first; for page and image card alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from ml.quality.classes import FAMILIES, KBPS, family
from ml.words import CONTAINER_WORDS, codec_words, coding_words, family_words, percent

SURE: Final = 0.95
"""From here on we say that nothing older was there; below it, that we can't see further back."""
LIKELY: Final = 0.8
"""Under this a box is drawn dashed."""
SAME_RATE: Final = 1.3
"""A coding within this ratio of the declared bitrate is the file's own."""

LOSSLESS: Final = ("flac", "alac", "pcm", "wavpack", "ape", "tta")
"""Codecs (or beginnings of their names) that keep every sample."""
CHANNELS: Final = {"L": "left", "R": "right", "M": "mid", "S": "side"}


@dataclass(frozen=True, slots=True)
class Box:
    """One place in the ribbon."""

    kind: Literal["source", "coding", "container"]
    title: str
    caption: str
    says: str
    """The same for a sentence."""
    uncertain: bool = False
    detail: Mapping[str, str] = field(default_factory=dict)
    """What the grid search found: framing offset, channel, strength."""


def boxes(answer: Mapping[str, Any]) -> list[Box]:
    """Boxes of one answer (the public JSON), oldest first, the file that was sent last."""
    declared, quality = answer.get("declared") or {}, answer.get("quality") or {}
    own = own_family(declared)
    found = list(quality.get("history") or _guess(quality))
    own_found = bool(found) and own is not None and _is_own(found[-1], own, declared)
    earlier = found[:-1] if own_found else found
    if quality.get("verdict") == "genuine":
        earlier = []  # a faint grid that the verdict didn't believe
    doubt = quality.get("verdict") == "undecided"
    ribbon = [_source(quality, found), *(_coding(g, doubt=doubt) for g in earlier)]
    if own is None:
        ribbon.append(_container(declared, nothing_found=not found and not doubt))
    else:
        ribbon.append(_own(declared, found[-1] if own_found else None))
    return ribbon


def sentence(ribbon: list[Box]) -> str:
    """The ribbon for a screen reader.

    >>> sentence([Box("source", "lossless", "", "Lossless source"), Box("container", "FLAC", "", "FLAC")])
    'Lossless source, then FLAC, which is the file you sent.'
    """
    return ", then ".join(box.says for box in ribbon) + ", which is the file you sent."


def own_family(declared: Mapping[str, Any]) -> str | None:
    """Family of the lossy coder that the file itself is in, or that coder's name; None for lossless.

    >>> own_family({"codec": "wmav2"}), own_family({"codec": "flac"}), own_family({"codec": "eac3"})
    ('wma', None, 'eac3')
    """
    codec = str(declared.get("codec") or "")
    if not codec or codec.startswith(LOSSLESS):
        return None
    return next((name for name in FAMILIES if codec.startswith(name)), codec)


def _guess(quality: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is likeliest where no generation was established: one box, unless it is "lossless"."""
    label = quality.get("label")
    if not label or label == "lossless":
        return []
    return [{"family": family(label), "label": label, "confidence": quality.get("confidence") or 0.0}]


def _is_own(generation: Mapping[str, Any], own: str, declared: Mapping[str, Any]) -> bool:
    if generation["family"] != own:
        return False
    kbps, nominal = declared.get("kbps"), KBPS.get(generation["label"])
    return not kbps or not nominal or max(kbps / nominal, nominal / kbps) <= SAME_RATE


def _source(quality: Mapping[str, Any], found: list[Any]) -> Box:
    sure = quality.get("verdict") == "genuine" or (bool(found) and found[0]["confidence"] >= SURE)
    if sure and quality.get("verdict") != "undecided":
        return Box("source", "lossless", "nothing older found", "Lossless source")
    return Box("source", "?", "can’t see further back", "Unknown before", uncertain=True)


def _coding(generation: Mapping[str, Any], *, doubt: bool) -> Box:
    label = generation["label"] or generation["family"]
    confidence = float(generation["confidence"])
    unsure = doubt or confidence < LIKELY
    says = f"{'perhaps ' if unsure else ''}{coding_words(label)} ({percent(confidence)})"
    return Box("coding", short(label), percent(confidence), says, unsure, _detail(generation))


def short(label: str) -> str:
    """A class in a box.

    >>> short("mp3-128"), short("vorbis-q5"), short("mp3-v0"), short("mp3")
    ('MP3 ~128', 'Vorbis ~q5', 'MP3 ~V0', 'MP3')
    """
    name, _, rate = label.partition("-")
    title = family_words(name).removeprefix("Ogg ")
    return f"{title} ~{rate.upper() if name == 'mp3' else rate}" if rate else title


def _own(declared: Mapping[str, Any], found: Mapping[str, Any] | None) -> Box:
    name, kbps = codec_words(declared.get("codec")), declared.get("kbps")
    about = "" if declared.get("bitrate_mode") == "CBR" else "~"
    title = f"{name.removeprefix('Ogg ')} {about}{kbps:.0f}" if kbps else name
    says = f"{name} of {'about ' if about else ''}{kbps:.0f} kbps" if kbps else name
    return Box("coding", title, "as declared", says, detail=_detail(found) if found else {})


def _container(declared: Mapping[str, Any], *, nothing_found: bool) -> Box:
    container, codec = str(declared.get("container") or ""), str(declared.get("codec") or "")
    name = CONTAINER_WORDS.get(codec) or CONTAINER_WORDS.get(container) or (container or "file").upper()
    return Box("container", name, "no coding found" if nothing_found else "", name)


def _detail(generation: Mapping[str, Any]) -> dict[str, str]:
    offset, sigma, channel = (generation.get(key) for key in ("offset", "sigma", "channel"))
    facts = {
        "frame offset": None if offset is None else f"{offset} samples",
        "found in": CHANNELS.get(str(channel)),
        "strength": None if sigma is None else f"{sigma:.1f} σ",
    }
    return {name: str(value) for name, value in facts.items() if value is not None}
