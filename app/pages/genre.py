"""The genre answer as the page shows it: word, likeliest ones, course over the song, songs it sounds like."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.pages.words import clock, ranking
from ml import gate
from ml.words import label_words

UNSURE: Final = 0.5
"""Below it no genre has more than half of a moment."""
FIRST: Final = 3
WIDE, NARROW = 0.2, 0.06
"""Shares of the song from which on a word fits into the strip of a phone, and of a screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stretch of the song with one likeliest genre."""

    start_s: float
    end_s: float
    label: str
    confidence: float
    """Mean over its moments."""
    share: float
    """Of the song."""

    @property
    def words(self) -> str:
        return label_words(self.label)

    @property
    def unsure(self) -> bool:
        return self.confidence < UNSURE

    @property
    def room(self) -> str:
        """Whether the word fits: wide everywhere, some only on a screen, none nowhere."""
        return "wide" if self.share >= WIDE else "some" if self.share >= NARROW else "none"

    @property
    def says(self) -> str:
        perhaps = "perhaps " if self.unsure else ""
        return f"{clock(self.start_s)} to {clock(self.end_s)} {perhaps}{self.words}"


def shown(answer: Mapping[str, Any], *, manifest: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
    """What the template asks for; None where the genre was not asked or is not known."""
    genre = answer.get("genre")
    if not genre:
        return None
    duration_s = (answer.get("spectrogram") or {}).get("duration_s") or 0.0
    ranked = ranking(genre)
    return {
        "sentence": genre["sentence"],
        "undecided": genre["undecided"],
        "first": ranked[:FIRST],
        "probabilities": ranked,
        "course": course(
            genre.get("timeline") or (), duration_s=duration_s, doubted=bool(genre["undecided"])
        ),
        "neighbours": [_neighbour(one) for one in genre.get("neighbours") or ()],
        "about": about(manifest or {}, label=genre["label"]),
        "how_right": how_right(manifest or {}),
    }


def course(
    timeline: Sequence[Mapping[str, Any]], *, duration_s: float, doubted: bool = False
) -> dict[str, Any] | None:
    """Runs, the genres among them with their share of the song, and a sentence; None for fewer than two moments.

    doubted : whether the song as a whole is undecided
    """
    if len(timeline) < 2 or not duration_s:
        return None
    found = list(runs(timeline, duration_s=duration_s))
    shares: dict[str, float] = {}
    for run in found:
        shares[run.label] = shares.get(run.label, 0.0) + run.share
    kinds = sorted(shares, key=lambda label: -shares[label])
    return {
        "runs": found,
        "kinds": [{"label": label, "words": label_words(label), "share": shares[label]} for label in kinds],
        "unsure": any(run.unsure for run in found),
        "doubted": doubted,
        "sentence": f"Genre over the song: {', then '.join(run.says for run in found)}.",
    }


def runs(timeline: Iterable[Mapping[str, Any]], *, duration_s: float) -> Iterable[Run]:
    """Neighbouring moments of the same genre joined; each lasts until the next begins."""
    moments = list(timeline)
    ends = [moment["start_s"] for moment in moments[1:]] + [max(duration_s, moments[-1]["start_s"])]
    held: list[tuple[Mapping[str, Any], float]] = []
    for moment, end in zip(moments, ends, strict=True):
        if held and held[0][0]["label"] != moment["label"]:
            yield _run(held, duration_s)
            held = []
        held.append((moment, end))
    yield _run(held, duration_s)


def about(manifest: Mapping[str, Any], *, label: str) -> str:
    """What the model was trained on, how often it is right, and how often with songs of this genre: by its manifest."""
    mean, of = (manifest.get("metrics") or {}).get("mean_recall"), recall(manifest, label)
    says = [_learnt(manifest), how_right(manifest)]
    says += [f"On average over the ten genres it was {_share(mean)}."] if mean else []
    says += [f"Of the {of['n']} {label_words(label)} songs among them, it named {_share(of)}."] if of else []
    return " ".join(filter(None, says))


def how_right(manifest: Mapping[str, Any]) -> str:
    r"""How often it is right; a model that came with the code was cross-validated, one trained here has a test part.

    >>> how_right({"metrics": {"accuracy": {"value": 0.85, "low": 0.81, "high": 0.88, "n": 400}}})
    'Of 400 songs it had not met, the model named the right one of ten in 85\xa0% (81\xa0to\xa088\xa0%).'
    """
    evaluation = manifest.get("evaluation")
    right = (manifest.get("metrics") or {}).get("accuracy") or (
        gate.exact(evaluation) if evaluation else None
    )
    if not right or not right.get("n"):
        return ""
    return f"Of {right['n']} songs it had not met, the model named the right one of ten in {_share(right)}."


def recall(manifest: Mapping[str, Any], label: str) -> Mapping[str, Any] | None:
    """Of songs of this genre, the share that was named so; None where none was tried."""
    classes = (manifest.get("metrics") or {}).get("classes") or {}
    found: Mapping[str, Any] | None = (classes.get(label) or {}).get("recall")
    return found if found and found.get("n") else None


def _learnt(manifest: Mapping[str, Any]) -> str:
    """In a sentence; nothing where the manifest does not say."""
    training = manifest.get("training") or {}
    rows, heard = training.get("rows"), training.get("heard")
    if not rows:
        return ""
    if "songs" in training:  # trained here
        return f"Trained on {rows} songs, {training['songs']} of them labelled here."
    if heard is None or heard == rows:
        return f"Trained on the sound of {rows} songs{_spread(manifest)}."
    more = f"and on published measurements of {rows - heard} more"
    return f"Trained on the sound of {heard} songs{_spread(manifest)}, {more}."


def _spread(manifest: Mapping[str, Any]) -> str:
    """How many songs the genres had: the fewest and the most."""
    classes = (manifest.get("metrics") or {}).get("classes") or {}
    often = sorted((of["recall"]["n"], label) for label, of in classes.items())
    return f", from {often[0][0]} ({label_words(often[0][1])}) to {often[-1][0]} a genre" if often else ""


def _share(of: Mapping[str, Any]) -> str:
    value, low, high = (f"{100 * of[end]:.0f}" for end in ("value", "low", "high"))
    return f"{value}\u00a0% ({low}\u00a0to\u00a0{high}\u00a0%)"


def _run(held: Sequence[tuple[Mapping[str, Any], float]], duration_s: float) -> Run:
    start, end = held[0][0]["start_s"], held[-1][1]
    return Run(
        start_s=start,
        end_s=end,
        label=held[0][0]["label"],
        confidence=sum(moment["confidence"] for moment, _ in held) / len(held),
        share=(end - start) / duration_s,
    )


def _neighbour(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"song": one["song"], "words": label_words(one["label"]), "distance": one["distance"]}
