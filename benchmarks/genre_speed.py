"""What the genre answer costs on a four-minute song, in CPU seconds in one thread, beside the rest of one analysis.

    python benchmarks/genre_speed.py [--repeats 5] [--minutes 4]

The song is made of the music clips in LINEAGE_DATA. What a running process pays for one more song is measured: network
and modules are loaded before. "keeping" is what the pass over the samples costs more for the sake of the genre.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from benchmarks.recordings import SR, song  # noqa: E402
from ml.artifact import load_shipped  # noqa: E402
from ml.decode.blocks import BLOCK, Excerpt  # noqa: E402
from ml.decode.stretches import Middle, Stretches  # noqa: E402
from ml.features import genre, mel, network, timbre  # noqa: E402
from ml.units import Samples  # noqa: E402


def main() -> None:
    asked = _arguments()
    y = song(seconds=round(60 * asked.minutes))
    stretches, middle = _kept(y)
    model = load_shipped("genre").estimator
    measured = genre.measure(stretches, middle, sr=SR)
    X = model.spec.vector(measured.values)[None].repeat(len(stretches) + 1, axis=0)
    windows = np.zeros((len(stretches), mel.SAMPLES), np.float32)
    steps: dict[str, Callable[[], object]] = {
        "keeping": lambda: _kept(y),
        "measuring": lambda: genre.measure(stretches, middle, sr=SR),
        "  mel bands": lambda: mel.log_mel(windows),
        "  network": lambda: network.activations(mel.log_mel(windows)),
        "  57 features": lambda: timbre.measure(middle.y, sr=SR),
        "answering": lambda: (model.predict_proba(X), model.neighbours.nearest(X[0, : network.UNITS])),
    }
    costs = {name: median(_cpu_s(step) for _ in range(asked.repeats)) for name, step in steps.items()}
    print(f"{asked.minutes:g} minutes, {len(stretches)} windows, medians of {asked.repeats}, CPU seconds")
    for name, cost in costs.items():
        print(f"{name:16}{cost:8.3f}")
    print(f"{'in all':16}{sum(costs[name] for name in ('keeping', 'measuring', 'answering')):8.3f}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=4.0)
    return parser.parse_args()


def _kept(y: Samples) -> tuple[tuple[Excerpt, ...], Excerpt]:
    stretches, middle = Stretches(sr=SR), Middle(sr=SR)
    for at in range(0, y.shape[1], BLOCK):
        stretches.add(y[:, at : at + BLOCK])
        middle.add(y[:, at : at + BLOCK])
    return stretches.kept(), middle.kept()


def _cpu_s(step: Callable[[], object]) -> float:
    start = time.process_time()
    step()
    return time.process_time() - start


if __name__ == "__main__":
    main()
