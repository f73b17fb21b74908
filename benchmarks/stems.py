"""A lossy stem in a lossless mix: how far its grid is still heard under takes that were never coded.

    python benchmarks/stems.py [--songs 60] [--jobs 2] [--json FILE]

Each song is one coded example of the training plan's kind (a seed of its own), summed with one or two lossless clips of
the same supergroup at each of LEVELS_DB, and rounded to 16 bits. All are answered by models that have met neither the
supergroup nor any mix. The same is done to lossless examples: what is said of those is what a mix alone provokes.
Measured rows are kept in .cache/stems.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ml.corpus import Example, Master, load, masters, plan, realise  # noqa: E402
from ml.dataset import Table, keep, measure  # noqa: E402
from ml.encode import quantise, resample  # noqa: E402
from ml.evaluation import TABLE  # noqa: E402
from ml.evaluation.answers import Answers  # noqa: E402
from ml.evaluation.shares import Share, share  # noqa: E402
from ml.evaluation.text import cell, count, line  # noqa: E402
from ml.evaluation.unseen import answer_unseen  # noqa: E402
from ml.facts import Facts  # noqa: E402
from ml.features import quality  # noqa: E402
from ml.quality.classes import family  # noqa: E402
from ml.units import Samples  # noqa: E402

SEED: Final = 77
LEVELS_DB: Final = (-30.0, -20.0, -10.0, 0.0)
"""Of the lossless takes together, against the stem, by RMS."""
SHORTEST_S: Final = 6.0
CODED: Final = ("mp3", "aac", "vorbis")


@dataclass(frozen=True, slots=True)
class Mix:
    """One stem under one level of other takes."""

    stem: Example
    takes: tuple[Master, ...]
    level_db: float

    @property
    def id(self) -> str:
        return f"stem-{self.stem.id}{self.level_db:+.0f}"

    def sound(self) -> tuple[Samples, int]:
        """``(y, sr)`` at 16 bits, y of shape (channels, n); turned down where the sum would clip."""
        y, sr = realise(self.stem)
        level = np.float32(10 ** (self.level_db / 20) * _rms(y))
        total = y + _bed(self.takes, like=y, sr=sr) * level
        peak = float(np.abs(total).max())
        return quantise((total / max(peak, 1.0)).astype(np.float32), depth="16"), sr


def main() -> int:
    arguments = _parsed()
    mixes = list(_mixes(arguments.songs))
    rows = _measured(mixes, jobs=arguments.jobs)
    answers, made = _answered(mixes, rows, jobs=arguments.jobs)
    figures = {f"{level:+.0f} dB": _figures(answers, made, level=level) for level in LEVELS_DB}
    print(line("lossless takes, against the stem", "n", "lossy found", "family right", "lossless accused"))
    for level, shares in figures.items():
        print(line(f"  {level}", count(shares["lossy found"]), *map(cell, shares.values())))
    print(
        f"of lossless stems {len(mixes) // len(LEVELS_DB) - next(iter(figures.values()))['lossy found']['n']}"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return 0


def _mixes(songs: int) -> Iterator[Mix]:
    """Stems of MP3, AAC and Vorbis in turn, and half as many lossless ones, each at all levels."""
    clips = masters()
    found = [e for e in plan(clips, per_class=songs, seed=SEED, external=False) if _fits(e)]
    lossy = [e for e in found if e.history][:songs]
    genuine = [e for e in found if not e.history][: songs // 2]
    for stem in (*lossy, *genuine):
        near = [m for m in clips if m.supergroup == stem.supergroup and m.clip != stem.master.clip]
        rng = np.random.default_rng(stem.seed)
        takes = tuple(near[int(i)] for i in rng.permutation(len(near))[:2])
        if takes:
            yield from (Mix(stem, takes, level) for level in LEVELS_DB)


def _fits(example: Example) -> bool:
    """Coded once or never, by a coder whose grid is read, and nothing done afterwards but trimming."""
    once = not example.history or (len(example.history) == 1 and family(example.label) in CODED)
    story = Facts.of(example)
    return once and not story.after and example.seconds >= SHORTEST_S and example.depth == "16"


def _bed(takes: Sequence[Master], *, like: Samples, sr: int) -> Samples:
    """The takes one over the other, looped to ``like``'s length, at an RMS of 1."""
    total = np.zeros_like(like)
    for take in takes:
        y = resample(load(take), sr=take.sr, to=sr)
        y = np.resize(y.mean(axis=0), like.shape[1])  # loops
        total += y / max(_rms(y), 1e-6)
    return total / np.float32(max(_rms(total), 1e-6))


def _rms(y: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(y), dtype=np.float64)))


def _measured(mixes: Sequence[Mix], *, jobs: int) -> NDArray[np.float32]:
    """Shape (n, n_features)."""
    folder = ROOT / ".cache" / "stems" / quality.spec().id
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(jobs) as pool:
        found = pool.map(_measure, mixes, [folder] * len(mixes))
        return np.stack(list(track(found, "Measuring", total=len(mixes), console=Console(stderr=True))))


def _measure(mix: Mix, folder: Path) -> NDArray[np.float32]:
    path = folder / f"{mix.id}.npz"
    if not path.exists():
        y, sr = mix.sound()
        keep(path, X=measure(y, sr=sr))
    with np.load(path) as data:
        return np.asarray(data["X"], dtype=np.float32)


def _answered(
    mixes: Sequence[Mix], rows: NDArray[np.float32], *, jobs: int
) -> tuple[Answers, NDArray[np.float64]]:
    """Answers about all rows, and the level of each that is a mix, NaN elsewhere."""
    base = Table.load(TABLE)
    mixed = Table(
        spec=base.spec,
        X=rows,
        labels=np.array([mix.stem.label for mix in mixes]),
        groups=np.array([mix.stem.supergroup for mix in mixes]),
        ids=np.array([mix.id for mix in mixes]),
        facts=np.array([str(replace(Facts.of(mix.stem), disturbances=("stem",))) for mix in mixes]),
    )
    level = np.concatenate([np.full(len(base), np.nan), [mix.level_db for mix in mixes]])
    return answer_unseen(base.and_rows(mixed), np.isfinite(level), seed=1, jobs=jobs), level


def _figures(answers: Answers, made: NDArray[np.float64], *, level: float) -> dict[str, Share]:
    here = made == level
    lossy, genuine = here & ~answers.genuine, here & answers.genuine
    return {
        "lossy found": share(answers.accused[lossy]),
        "family right": share(answers.family_right[lossy]),
        "lossless accused": share(answers.accused[genuine]),
    }


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--songs", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
