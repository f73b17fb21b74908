"""From probabilities and what the file says of itself to a verdict.

The file's claims never reach the model; only here, behind it, are they held against the answer. A verdict
is given where the calibrated probability allows it, else the answer is "undecided", with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isnan
from typing import Final

from ml import words
from ml.answer import Declared, Evidence, Generation, Quality, Verdict
from ml.decode import Levels
from ml.features.quality import Measurement
from ml.forensics.grid import Grid
from ml.quality.classes import CLASSES, FAMILIES, KBPS, family
from ml.quality.evidence import FOUND, TWICE
from ml.words import percent

LOSSY_CODECS: Final = {
    "mp3": "mp3",
    "mp3float": "mp3",
    "mp2": "mp2",
    "mp2float": "mp2",
    "aac": "aac",
    "vorbis": "vorbis",
    "opus": "opus",
    "ac3": "ac3",
    "wmav1": "wma",
    "wmav2": "wma",
}
"""Codec of a file -> family; other lossy codecs are ones we have not learnt."""

LOSSLESS_CODECS: Final = frozenset({"flac", "alac", "wavpack", "ape", "tta", "wmalossless", "mlp", "truehd"})

SAME_RATE: Final = 0.88
"""A measured class whose nominal bitrate is at least this share of the declared one agrees with it."""

SAME_RATE_VBR: Final = 0.6
"""VBR spends what the music needs: the declared mean says little about the setting."""

LOWEST_RATE: Final = 32000
"""Slower files hold none of the treble that was learnt from."""

SHORTEST_S: Final = 3.0
"""In less than this a faint grid is easily missed, so that finding none says nothing."""

TOLD: Final = 0.3
"""Probability from which a coding beside the worst one is told: rows with two families are few, and half of those that
read 0.2 to 0.4 had met it (n 30); in 1.2 % of files coded once one too many is told so (n 690)."""

BENEATH: Final = {"mp3": 6.0}
"""Height of a grid under another coder's from which its coder is told, however few rows had one to learn from: of 9,096
that never met MP3 and were asked, one reads as much, of 644 that did, 292."""

BEYOND_DOUBT: Final = {"patient": 4.0, "combed": 9.0}
"""Heights in the two tests that are made where nothing else is heard, which no genuine recording reaches: of 1,228
examples 2.9 and 7.6 at most. Few rows reach them, so the trees had hardly any to learn from."""
LATTICES_BEYOND_DOUBT: Final = {"vorbis": 5.0, "opus": 4.5}
"""The same of these coders' lattices: 4.0 and 3.5 at most, of 1,296. Loops of drum machines bring those of MPEG's coders,
whose steps are many, to 15."""
CERTAIN: Final = 0.995
"""Least probability of "lossy" then: of so many none."""

NYQUISTS: Final = (44100, 48000)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How sure one must be; chosen on out-of-fold probabilities, stored with the model."""

    accuse: float = 0.9
    """Least probability of "lossy" for a transcode verdict on a lossless file."""
    accuse_lossy: float = 0.95
    """Least probability of "worse than it says" for one on a lossy file."""
    acquit: float = 0.7
    """Least probability of "as it says" for a genuine verdict."""


def decide(
    probabilities: Mapping[str, float],
    *,
    present: Mapping[str, float],
    measured: Measurement,
    declared: Declared,
    levels: Levels,
    sr: int,
    duration_s: float,
    thresholds: Thresholds,
    evidence: tuple[Evidence, ...],
) -> Quality:
    """The answer of the quality task.

    probabilities : class id -> calibrated probability of being the worst coding
    present : lossy family -> probability of being among the codings
    """
    probabilities = _beyond_doubt(probabilities, measured.grids)
    label = max(CLASSES, key=probabilities.__getitem__)
    agreeing = agreeing_classes(declared)
    worse = 1.0 - sum(probabilities[c] for c in agreeing)
    verdict: Verdict
    if sr >= LOWEST_RATE and worse >= (
        thresholds.accuse if is_lossless_file(declared) else thresholds.accuse_lossy
    ):
        verdict, label = (
            "transcode",
            max((c for c in CLASSES if c not in agreeing), key=probabilities.__getitem__),
        )
        sentence = _transcode(label, declared=declared)
    elif 1.0 - worse >= thresholds.acquit and _can_acquit(declared, sr=sr, duration_s=duration_s):
        label = max(agreeing, key=probabilities.__getitem__)
        verdict, sentence = _genuine(label, declared=declared, measured=measured, sr=sr)
    else:
        verdict = "undecided"
        sentence = _undecided(probabilities, declared=declared, levels=levels, duration_s=duration_s, sr=sr)
    return Quality(
        verdict=verdict,
        sentence=sentence,
        label=label,
        family=family(label),
        confidence=_confidence(verdict, worse=worse, probability=probabilities[label]),
        probabilities=dict(probabilities),
        cutoff_hz=measured.cutoff_hz,
        history=_history(
            verdict,
            label,
            probabilities=probabilities,
            present=present,
            declared=declared,
            measured=measured,
        ),
        evidence=evidence,
    )


def _beyond_doubt(probabilities: Mapping[str, float], grids: Mapping[str, Grid]) -> Mapping[str, float]:
    """The same, with at least CERTAIN for the lossy classes where a grid leaves no doubt."""
    clear = any(
        getattr(grid, test) >= height for grid in grids.values() for test, height in BEYOND_DOUBT.items()
    ) or any(
        coder in grids and grids[coder].lattice >= height for coder, height in LATTICES_BEYOND_DOUBT.items()
    )
    lossy = 1.0 - probabilities["lossless"]
    if not clear or lossy >= CERTAIN:
        return probabilities
    more = CERTAIN / max(lossy, 1e-9)
    return {name: p * more for name, p in probabilities.items()} | {"lossless": 1.0 - CERTAIN}


def is_lossless_file(declared: Declared) -> bool:
    """Whether the file's own codec keeps every sample."""
    codec = declared.codec or ""
    return codec in LOSSLESS_CODECS or codec.startswith("pcm_")


def agreeing_classes(declared: Declared) -> frozenset[str]:
    """The classes that are what the file says of itself, or better."""
    return frozenset(c for c in CLASSES if _agrees(c, declared=declared))


def _agrees(label: str, *, declared: Declared) -> bool:
    if label == "lossless":
        return True
    if is_lossless_file(declared) or family(label) != LOSSY_CODECS.get(declared.codec or ""):
        return False
    share = SAME_RATE if declared.bitrate_mode == "CBR" else SAME_RATE_VBR
    spent = (declared.kbps or 0) * (1 - float(declared.details.get("padding", 0)))
    return KBPS[label] >= share * spent


def _unknown_coder(declared: Declared) -> bool:
    return not is_lossless_file(declared) and (declared.codec or "") not in LOSSY_CODECS


def _can_acquit(declared: Declared, *, sr: int, duration_s: float) -> bool:
    """Whether finding nothing means anything."""
    return not _unknown_coder(declared) and sr >= LOWEST_RATE and duration_s >= SHORTEST_S


def _confidence(verdict: Verdict, *, worse: float, probability: float) -> float:
    """Of the verdict, where there is one: how probable it is that the file is, or is not, what it says."""
    if verdict == "undecided":
        return probability
    return worse if verdict == "transcode" else 1.0 - worse


def _transcode(label: str, *, declared: Declared) -> str:
    if is_lossless_file(declared):
        return words.transcode_to_lossless(label, file=_file(declared))
    return words.transcode_to_lossy(label, file=_file(declared), kbps=declared.kbps)


def _file(declared: Declared) -> str:
    return words.codec_words(declared.codec, container=declared.container)


def _genuine(label: str, *, declared: Declared, measured: Measurement, sr: int) -> tuple[Verdict, str]:
    if is_lossless_file(declared):
        true_rate = _true_rate(measured, sr=sr)
        if true_rate:
            return "upsampled", words.upsampled(sample_rate=sr, true_rate=true_rate)
        return "genuine", words.genuine_lossless(file=_file(declared))
    say = words.genuine_faint if label == "lossless" else words.genuine_lossy
    return "genuine", say(file=_file(declared), kbps=declared.kbps)


def _true_rate(measured: Measurement, *, sr: int) -> int | None:
    """The rate at whose Nyquist frequency a faster file's spectrum ends in a wall."""
    if sr < 64000 or measured.cutoff_hz is None:
        return None
    for rate in NYQUISTS:
        if 0.9 <= measured.cutoff_hz / (rate / 2) <= 1.01:
            return rate
    return None


def _undecided(
    probabilities: Mapping[str, float], *, declared: Declared, levels: Levels, duration_s: float, sr: int
) -> str:
    if sr < LOWEST_RATE:
        return words.undecided("rate", rate=f"{sr / 1000:g}")
    if _unknown_coder(declared):
        return words.undecided("foreign", codec=_file(declared))
    if duration_s < SHORTEST_S:
        return words.undecided("short")
    if levels.dual_mono:
        return words.undecided("mono")
    first, second = sorted(CLASSES, key=lambda c: -probabilities[c])[:2]
    return words.undecided(
        "close",
        first=words.label_words(first),
        second=words.label_words(second),
        p_first=percent(probabilities[first]),
        p_second=percent(probabilities[second]),
    )


def _history(
    verdict: Verdict,
    label: str,
    *,
    probabilities: Mapping[str, float],
    present: Mapping[str, float],
    declared: Declared,
    measured: Measurement,
) -> tuple[Generation, ...]:
    """Every coding that shows, oldest first; the file's own comes last.

    Nothing has rounded the last coding's lattice since, but every later coding blurs an earlier one's: of several
    foreign codings the one with the faintest lattice is taken for the oldest. Where one coder shows twice the later
    coding is told without bitrate.
    """
    own = None if is_lossless_file(declared) else LOSSY_CODECS.get(declared.codec or "")
    grids = _by_family(measured.grids)
    last = (_own(own, declared=declared, grid=grids.get(own)),) if own else ()
    if verdict in ("genuine", "upsampled"):
        return last
    told = {name for name, p in present.items() if (p >= TOLD or _beneath(name, grids)) and name != own}
    if label != "lossless" and not _agrees(label, declared=declared):
        told.add(family(label))
    earlier = [
        _generation(name, grids.get(name), label=label, probabilities=probabilities, present=present)
        for name in sorted(told, key=lambda name: (_lattice(grids.get(name)), FAMILIES.index(name)))
    ]
    return (*(one for found in earlier for one in _twice(found, grids.get(found.family), own=own)), *last)


def _beneath(name: str, grids: Mapping[str, Grid]) -> bool:
    """Whether a family's grid shows under another coder's."""
    return name in BENEATH and name in grids and grids[name].blurred >= BENEATH[name]


def _twice(found: Generation, grid: Grid | None, *, own: str | None) -> tuple[Generation, ...]:
    """A coding, and another one where its coder shows twice and the file's own coding is not the second.

    The clearest grid is the later one's, which nothing was laid over; the class is the worse one's, so the earlier one's.
    """
    if grid is None or found.family == own or not grid.twice >= TWICE:
        return (found,)
    earlier = replace(found, offset=None, sigma=round(grid.twice, 1), channel=None)
    return earlier, replace(found, label=found.family)


def _by_family(grids: Mapping[str, Grid]) -> dict[str, Grid]:
    """The clearest grid of each family, where one is clear enough to be named."""
    clear = [grid for grid in grids.values() if grid.height >= FOUND]
    return {family(grid.coder): grid for grid in sorted(clear, key=lambda grid: grid.height)}


def _lattice(grid: Grid | None) -> float:
    return 0.0 if grid is None or isnan(grid.lattice) else grid.lattice


def _family_probability(name: str, probabilities: Mapping[str, float]) -> float:
    return sum(p for c, p in probabilities.items() if family(c) == name)


def _generation(
    name: str,
    grid: Grid | None,
    *,
    label: str,
    probabilities: Mapping[str, float],
    present: Mapping[str, float],
) -> Generation:
    is_worst = family(label) == name
    return Generation(
        family=name,
        label=label if is_worst else name,
        confidence=_family_probability(name, probabilities) if is_worst else present[name],
        offset=grid.offset if grid else None,
        sigma=round(grid.height, 1) if grid else None,
        channel=grid.channel if grid else None,
    )


def _own(name: str, *, declared: Declared, grid: Grid | None) -> Generation:
    """The file's own coding is known from its container, not measured."""
    kbps = declared.kbps or 0.0
    classes = [c for c in CLASSES if family(c) == name]
    nearest = min(classes, key=lambda c: abs(KBPS[c] - kbps)) if kbps else name
    return Generation(
        family=name,
        label=nearest,
        confidence=1.0,
        offset=grid.offset if grid else None,
        sigma=round(grid.height, 1) if grid else None,
        channel=grid.channel if grid else None,
    )
