"""What the 57 numbers are worth as a genre model: ``python -m ml.evaluation.gtzan tables | clips``."""

import argparse
import json
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from ml.evaluation import gtzan
from ml.evaluation.gtzan import clips
from ml.genre.songs import songs


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ml.evaluation.gtzan", description=__doc__)
    parser.add_argument(
        "what",
        choices=("tables", "clips"),
        help="published rows, fault-filtered split; or files, measured here",
    )
    parser.add_argument("--json", type=Path, metavar="FILE")
    asked = parser.parse_args()
    if asked.what == "tables":
        figures = gtzan.evaluate_tables()
        print(gtzan.report(figures))
    else:
        known = songs()
        rows = track(clips.measured(known), "Measuring", len(known), console=Console(stderr=True))
        figures = clips.evaluate_clips(known, np.stack(list(rows)))
        print(clips.report(figures))
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
