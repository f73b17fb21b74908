"""The figures as text, for a terminal of 120 columns."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ml.evaluation.shares import Share
from ml.evaluation.text import cell, count, line, percent, table
from ml.quality.classes import CLASSES

Lines = Iterator[str]

EMPTY: Final = "·"
OVERALL: Final = {
    "exact class": "exact",
    "family": "family",
    "within one neighbour": "within_one_class",
    "genuine accused": "lossless_accused",
    "genuine undecided": "lossless_undecided",
    "lossy found": "lossy_found",
    "family of those found": "family_of_found",
    "honest lossy file accused": "lossy_accused",
    "dressed-up lossy file found": "dressed_up_found",
}


def report(figures: Mapping[str, Any]) -> str:
    """All of them, the goals first."""
    parts = [_head(figures), _reach(figures["reach"]), _overall(figures)]
    parts += [table("In a lossless file, called", figures["verdicts"])]
    parts += [table("One coding or none, by material", figures["material"])]
    parts += [table(f"Genuine, by {name}", rows) for name, rows in figures["genuine"].items()]
    parts += [table(f"One coding, by {name}", rows) for name, rows in figures["lossy"].items()]
    parts += [_two(figures["two_generations"]), _left_out(figures["left_out"])]
    parts += [_confusion(figures["confusion"]), _calibration(figures["calibration"])]
    parts += [_leakage(figures["leakage"])]
    return "\n\n".join("\n".join(part) for part in parts)


def _head(figures: Mapping[str, Any]) -> Lines:
    at = {name: f"{value:.3f}" for name, value in figures["thresholds"].items()}
    yield f"{figures['rows']} examples of {figures['groups']} supergroups, five folds by supergroup."
    yield f"A lossless file is accused from P(lossy) {at['accuse']} on, cleared from P(lossless) {at['acquit']} on;"
    yield f"a lossy one is accused from {at['accuse_lossy']} on. Each fold had these from the others."
    yield "Shares in %, with Wilson's 95 % interval, which takes rows for independent."


def _reach(goals: list[Mapping[str, Any]]) -> Lines:
    heads = f"{'floor':>8}{'aim':>8}{'n':>6}  {'value':23}{'reached':9}all such rows"
    yield f"{'Reach, on clips of 6 s or more':36}{heads}"
    for goal in goals:
        sign = "≤ " if goal["at_most"] else ""
        bounds = "".join(f"{sign + percent(goal[key]):>8}" for key in ("floor", "aim"))
        status = goal["status"] if goal["n"] else ""
        more = f"{cell(goal['beside'])} n {goal['beside']['n']}" if goal["beside"] else ""
        yield f"{goal['name']:36}{bounds}{count(goal):>6}  {cell(goal, 2):23}{status:9}{more}".rstrip()
    yield "Found: one coding, untouched since. Family, class: treated ones, too. All such rows: those coded twice, too."


def _overall(figures: Mapping[str, Any]) -> Lines:
    yield line("All lengths", "n")
    for name, key in OVERALL.items():
        yield line(f"  {name}", count(figures[key]), cell(figures[key]))
    for kind in ("class", "family"):
        error = {"value": figures[f"ece_{kind}"], "low": None, "high": None}
        yield line(f"  calibration error, {kind}", str(figures["rows"]), cell(error))


def _two(pairs: Mapping[str, Mapping[str, Share]]) -> Lines:
    yield from table("Two codings, older > newer", pairs)
    yield "  both: each family is told; of one family twice, that the sound was worse than its last coding"


def _left_out(tools: list[Mapping[str, Any]]) -> Lines:
    if not tools:
        yield "Encoders left out of training: none (--leave-out TOOL)"
        return
    yield from table("Encoders left out, one coding", {one["tool"]: one["shares"] for one in tools})
    for one in tools:
        if one["untaught"]:
            yield f"  {one['tool']} was not left out: nothing else here makes {_few(one['untaught'])}"


def _few(names: list[str]) -> str:
    """
    >>> _few(["a", "b"]), _few(list("abcdef"))
    ('a, b', 'a, b, c and 3 more')
    """
    return ", ".join(names) if len(names) <= 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"


def _confusion(counts: list[list[int]]) -> Lines:
    shown = ["none", *CLASSES[1:]]
    families, _, rates = zip(*(name.partition("-") for name in shown), strict=True)
    yield "Confusion, one coding or none: truth down, answer across"
    for words in (families, rates):
        yield f"{'':11}{''.join(f'{word[:4]:>5}' for word in words)}"
    for name, row in zip(shown, counts, strict=True):
        yield f"{name:11}{''.join(f'{n or EMPTY:>5}' for n in row)}"


def _calibration(bins: Mapping[str, list[Share]]) -> Lines:
    for kind, curve in bins.items():
        yield line(f"Confidence in the {kind}", "n", "  mean", "right")
        for one in curve:
            if one["n"]:
                mean = f"{percent(one['confidence']):>6}"
                yield line(f"  from {percent(one['from'], 0)} % on", count(one), mean, cell(one))


def _leakage(found: Mapping[str, Any]) -> Lines:
    says = "at chance" if found["at_chance"] else "NOT at chance: the table leaks"
    yield "Leakage: classes guessed from depth, rate and length of a row alone"
    yield line("  balanced accuracy", count(found), cell(found), f"chance {percent(found['chance'])}: {says}")
    for name, test in found["independence"].items():
        yield line(
            f"  {name}",
            "",
            f"chi-square {test['chi_square']:.1f} of {test['freedom']} degrees, p {test['p']:.3f}",
        )
