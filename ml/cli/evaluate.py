"""``evaluate``: how right a model is, on recordings it was not trained on."""

import argparse
import json
import sys
from collections.abc import Sequence

from ml.dataset import Table
from ml.evaluation import TABLE, evaluate_quality
from ml.evaluation.plot import draw
from ml.evaluation.report import report
from ml.evaluation.unseen import tools


def run(asked: argparse.Namespace) -> int:
    """Prints the figures of a cross-validation by supergroup; writes and draws them where asked to."""
    table = Table.load(asked.table or TABLE)
    known = tools(table)
    if unknown := sorted(set(asked.leave_out) - {*known, "each"}):
        print(
            f"--leave-out {', '.join(unknown)}: this table has {', '.join(known)}, or each.", file=sys.stderr
        )
        return 2
    without = _chosen(asked.leave_out, known=known)
    figures = evaluate_quality(table, jobs=asked.jobs, seed=asked.seed, without=without)
    print(report(figures))
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    if asked.plot:
        asked.plot.write_bytes(draw(figures))
    return 0


def _chosen(names: Sequence[str], *, known: Sequence[str]) -> list[str]:
    return list(known if "each" in names else dict.fromkeys(names))
