"""The genre figures as text, for a terminal of 120 columns."""

from collections.abc import Iterator, Mapping
from typing import Any

from ml.evaluation import gtzan
from ml.evaluation.shares import Share
from ml.evaluation.text import cell, count, line, percent
from ml.genre.classes import CLASSES

Lines = Iterator[str]


def report(figures: Mapping[str, Any]) -> str:
    """All of them."""
    parts = [_head(figures), _overall(figures), _classes(figures), _strangers(figures["strangers"])]
    parts += [_confusion(figures["confusion"]), _calibration(figures["calibration"])]
    parts += [_published(figures["published"])] if figures["published"] else []
    return "\n\n".join("\n".join(part) for part in parts)


def _head(figures: Mapping[str, Any]) -> Lines:
    at = figures["thresholds"]
    yield f"{figures['rows']} songs of {figures['groups']} groups (artist, or the same song again), and"
    yield f"{figures['unheard']} more with the 57 features alone, to learn from where their group is not asked;"
    yield f"{figures['folds']} folds by group, seed {figures['seed']}. A genre is given from a confidence of"
    yield f"{at['answer']:.3f} on, unless it is strange from {at['strange']:.3f} on; each fold had model, calibration"
    yield "and both thresholds from the others. Shares in %, with Wilson's 95 % interval, which takes rows for"
    yield "independent; that of the mean recall is from 1,000 draws of groups."


def _overall(figures: Mapping[str, Any]) -> Lines:
    baseline = figures["baseline"]
    yield line("All songs", "n", "model", "57 features alone")
    for name, key in (("accuracy", "accuracy"), ("mean recall of the genres", "mean_recall")):
        yield line(f"  {name}", count(figures[key]), cell(figures[key]), cell(baseline[key]))
    others = figures["other_splits"]
    spread = ", ".join(percent(one["mean_recall"]) for one in others)
    yield line(f"  mean recall, {len(others)} other splits", "", f" {spread}")
    for name, key in (
        ("among the first three", "among_three"),
        ("uncertain", "uncertain"),
        ("right, of those answered", "right_of_answered"),
        ("nearest song of another artist", "neighbours"),
    ):
        yield line(f"  {name}", count(figures[key]), cell(figures[key]))
    error: Share = {"value": figures["ece"], "low": None, "high": None}
    yield line("  calibration error", str(figures["rows"]), cell(error))


def _classes(figures: Mapping[str, Any]) -> Lines:
    baseline = figures["baseline"]
    yield line("By genre", "n", "recall", "57 features alone", "uncertain", "right of answered")
    for name, one in figures["classes"].items():
        shares = [one["recall"], baseline["classes"][name], one["uncertain"], one["right_of_answered"]]
        yield line(f"  {name} ({one['artists']} groups)", count(one["recall"]), *map(cell, shares))


def _strangers(kinds: Mapping[str, Mapping[str, Share]]) -> Lines:
    yield line("Sound that is no such song", "n", "answered with a genre")
    for kind, shares in kinds.items():
        yield line(f"  {kind}", count(shares["answered"]), cell(shares["answered"]))


def _confusion(counts: list[list[int]]) -> Lines:
    yield "Confusion: truth down, answer across"
    yield f"{'':11}{''.join(f'{name[:5]:>6}' for name in CLASSES)}"
    for name, row in zip(CLASSES, counts, strict=True):
        yield f"{name:11}{''.join(f'{n or chr(183):>6}' for n in row)}"


def _calibration(curve: list[Share]) -> Lines:
    yield line("Confidence", "n", "  mean", "right")
    for one in curve:
        if one["n"]:
            yield line(
                f"  from {percent(one['from'], 0)} % on",
                count(one),
                f"{percent(one['confidence']):>6}",
                cell(one),
            )


def _published(figures: Mapping[str, Any]) -> Lines:
    yield "GTZAN's tables alone, without sound, fault-filtered songs"
    yield from gtzan.report(figures).splitlines()
