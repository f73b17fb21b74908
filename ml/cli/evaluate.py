"""``evaluate``: how right a model is, on recordings it was not trained on."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ml.dataset import Table
from ml.evaluation import TABLE, evaluate_quality, genre, gtzan, plot, report
from ml.evaluation.genre import plot as genre_plot
from ml.evaluation.genre import report as genre_report
from ml.evaluation.unseen import tools


def run(asked: argparse.Namespace) -> int:
    """Prints the figures of a cross-validation by group; writes and draws them where asked to."""
    return _genre(asked) if asked.suite == "genre" else _quality(asked)


def _quality(asked: argparse.Namespace) -> int:
    table = Table.load(asked.table or TABLE)
    known = tools(table)
    if unknown := sorted(set(asked.leave_out) - {*known, "each"}):
        print(
            f"--leave-out {', '.join(unknown)}: this table has {', '.join(known)}, or each.", file=sys.stderr
        )
        return 2
    without = _chosen(asked.leave_out, known=known)
    figures = evaluate_quality(table, jobs=asked.jobs, seed=asked.seed, without=without)
    return _told(asked, figures, report=report.report, draw=plot.draw)


def _genre(asked: argparse.Namespace) -> int:
    table = Table.load(asked.table or genre.TABLE, task="genre")
    strangers = Table.load(genre.STRANGERS, task="genre")
    figures = genre.evaluate_genre(table, strangers, seed=asked.seed, published=_published())
    return _told(asked, figures, report=genre_report.report, draw=genre_plot.draw)


def _published() -> dict[str, Any] | None:
    """What GTZAN's tables alone are worth; None without the data."""
    try:
        return gtzan.evaluate_tables()
    except FileNotFoundError:
        return None


def _told(
    asked: argparse.Namespace,
    figures: Mapping[str, Any],
    *,
    report: Callable[[Mapping[str, Any]], str],
    draw: Callable[[Mapping[str, Any]], bytes],
) -> int:
    print(report(figures))
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    if asked.plot:
        asked.plot.write_bytes(draw(figures))
    return 0


def _chosen(names: Sequence[str], *, known: Sequence[str]) -> list[str]:
    return list(known if "each" in names else dict.fromkeys(names))
