"""The lineage ribbon: an answer's generations as boxes, oldest first; for page and image card alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from ml.quality.classes import KBPS, family

SURE: Final = 0.95
"""From here on we say that nothing older was there; below it, that we can't see further back."""
LIKELY: Final = 0.8
"""Under this a box is drawn dashed."""
SAME_RATE: Final = 1.3
"""A coding within this ratio of the declared bitrate is the file's own."""

LOSSY: Final = ("mp3", "aac", "vorbis", "opus", "ac3", "wma", "mp2")
NAMES: Final = {
    "mp3": "MP3", "aac": "AAC", "vorbis": "Vorbis", "opus": "Opus", "ac3": "AC-3", "wma": "WMA", "mp2": "MP2",
    "flac": "FLAC", "alac": "ALAC", "wav": "WAV", "aiff": "AIFF",
}  # fmt: skip


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
    doubt = quality.get("verdict") == "undecided"
    ribbon = [_source(quality, found), *(_coding(g, doubt=doubt) for g in earlier)]
    if own is None:
        ribbon.append(_container(declared, nothing_found=not found and not doubt))
    else:
        ribbon.append(_own(own, declared, found[-1] if own_found else None))
    return ribbon


def sentence(ribbon: list[Box]) -> str:
    """The ribbon for a screen reader.

    >>> sentence([Box("source", "lossless", "", "Lossless source"), Box("container", "FLAC", "", "FLAC")])
    'Lossless source, then FLAC, which is the file you sent.'
    """
    return ", then ".join(box.says for box in ribbon) + ", which is the file you sent."


def own_family(declared: Mapping[str, Any]) -> str | None:
    """Family of the lossy coder that the file itself is in; None for a lossless container.

    >>> own_family({"codec": "wmav2"}), own_family({"codec": "flac"})
    ('wma', None)
    """
    codec = str(declared.get("codec") or "").lower()
    return next((name for name in LOSSY if codec.startswith(name)), None)


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
    title, says = _coding_words(generation["label"], generation["family"])
    confidence = float(generation["confidence"])
    unsure = doubt or confidence < LIKELY
    says = f"{'perhaps ' if unsure else ''}{says} ({percent(confidence)})"
    return Box("coding", title, percent(confidence), says, unsure, _detail(generation))


def _coding_words(label: str, of: str) -> tuple[str, str]:
    """
    >>> _coding_words("mp3-128", "mp3"), _coding_words("vorbis-q5", "vorbis"), _coding_words("mp3", "mp3")
    (('MP3 ~128', 'MP3 of about 128 kbps'), ('Vorbis ~q5', 'Vorbis of about q5'), ('MP3', 'MP3'))
    """
    name, _, rate = label.partition("-")
    name = NAMES.get(name, NAMES.get(of, of))
    if not rate:
        return name, name
    rate = rate.upper() if rate.startswith("v") else rate
    return f"{name} ~{rate}", f"{name} of about {rate}{' kbps' if rate.isdigit() else ''}"


def _own(own: str, declared: Mapping[str, Any], found: Mapping[str, Any] | None) -> Box:
    name, kbps = NAMES[own], declared.get("kbps")
    steady = declared.get("bitrate_mode") == "CBR"
    rate = f" {'' if steady else '~'}{kbps:.0f}" if kbps else ""
    says = f"{name} of {'' if steady else 'about '}{kbps:.0f} kbps" if kbps else name
    return Box("coding", name + rate, "as declared", says, detail=_detail(found) if found else {})


def _container(declared: Mapping[str, Any], *, nothing_found: bool) -> Box:
    key = str(declared.get("codec") or "")
    key = key if key in NAMES else str(declared.get("container") or "")
    name = NAMES.get(key, key.upper() or "file")
    return Box("container", name, "no coding found" if nothing_found else "", name)


def _detail(generation: Mapping[str, Any]) -> dict[str, str]:
    offset, sigma, channel = (generation.get(key) for key in ("offset", "sigma", "channel"))
    facts = {
        "frame offset": None if offset is None else f"{offset} samples",
        "found in": channel,
        "strength": None if sigma is None else f"{sigma:.1f} σ",
    }
    return {name: str(value) for name, value in facts.items() if value is not None}


def percent(share: float) -> str:
    """Never a round 100: that would hide the doubt.

    >>> percent(0.973), percent(0.9999), percent(0.001)
    ('97 %', 'over 99 %', 'under 1 %')
    """
    if share > 0.99:
        return "over 99 %"
    return f"{100 * share:.0f} %" if share >= 0.01 else "under 1 %"
