"""What a file spent, as it is read back from its samples, against what it holds.

    python benchmarks/counted.py [--examples 60] [--jobs 2] [--json FILE]

Examples of the training plan's kind (a seed of its own), coded once, 6 s or longer, nothing done afterwards but trimming
and rounding. Held: bits of the packets without padding. The ratio of the two, over the files that are counted at all.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from rich.progress import track

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ml.corpus import Example, kbps_spent, masters, plan, realise  # noqa: E402
from ml.dataset import measure  # noqa: E402
from ml.facts import Facts  # noqa: E402
from ml.features import quality  # noqa: E402
from ml.quality.classes import family  # noqa: E402
from ml.quality.evidence import SPENT  # noqa: E402

SEED: Final = 79
SHORTEST_S: Final = 6.0
PERCENTILES: Final = (5, 25, 50, 75, 95)
CLOSE: Final = (0.03, 0.1)


def main() -> int:
    arguments = _parsed()
    figures, names = {}, quality.spec().names
    for coder, column in SPENT.items():
        examples = _examples(coder, arguments.examples)
        with ProcessPoolExecutor(arguments.jobs) as pool:
            told = pool.map(_ratio, examples, [names.index(column)] * len(examples))
            ratios = np.array(list(track(told, coder, total=len(examples), console=Console(stderr=True))))
        figures[coder] = _figures(ratios)
    print("read / held   " + "".join(f"{name:>14}" for name in next(iter(figures.values()))))
    for coder, values in figures.items():
        print(f"{coder:<14}" + "".join(f"{value:>14.3f}" for value in values.values()))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return 0


def _examples(coder: str, n: int) -> list[Example]:
    found = [e for e in plan(masters(), per_class=n, seed=SEED) if family(e.label) == coder]
    plain = [e for e in found if len(e.history) == 1 and not Facts.of(e).after and e.seconds >= SHORTEST_S]
    return plain[:n]


def _ratio(example: Example, column: int) -> float:
    """NaN where the coder's grid is not clear."""
    y, sr = realise(example)
    return float(measure(y, sr=sr)[column]) / kbps_spent(example)[0]


def _figures(ratios: Sequence[float] | np.ndarray) -> dict[str, float]:
    there = np.asarray(ratios)[np.isfinite(ratios)]
    return {
        "n": len(ratios),
        "counted": len(there),
        **{f"p{p}": float(np.percentile(there, p)) for p in PERCENTILES},
        **{f"within {100 * most:g} %": float((np.abs(there - 1) < most).mean()) for most in CLOSE},
    }


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--examples", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
