"""Whether a genre stays what it was after a coder, a filter, a volume knob or a hiss: models judge songs they never met.

    python benchmarks/genre_disturbed.py [--per-genre 10] [--json FILE]

The clips of LINEAGE_DATA have one channel and end at 11 kHz, so that they are brought to 44.1 kHz and coders get half of
the bitrate that two channels would have: MP3 at 64 kbps is what 128 is in stereo. Measured rows are kept in .cache/genre.
"""

import argparse
import json
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, zip_longest
from pathlib import Path

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from scipy import signal  # noqa: E402

from ml.dataset import Table  # noqa: E402
from ml.encode import decode, encode, quantise, resample  # noqa: E402
from ml.evaluation.genre import STRANGERS, TABLE  # noqa: E402
from ml.evaluation.genre.validation import Said, validate  # noqa: E402
from ml.evaluation.shares import Share, share  # noqa: E402
from ml.evaluation.text import cell, count, line  # noqa: E402
from ml.features import genre  # noqa: E402
from ml.genre.classes import CLASSES  # noqa: E402
from ml.genre.measuring import Row, blocks_of, gather, measure_all  # noqa: E402
from ml.genre.songs import Song, songs  # noqa: E402
from ml.training import CACHE, follow  # noqa: E402
from ml.units import Samples  # noqa: E402

SR = 44100
Change = Callable[[Samples], tuple[Samples, int]]


def main() -> None:
    asked = _arguments()
    table, strangers = (Table.load(path, task="genre") for path in (TABLE, STRANGERS))
    chosen = list(_chosen(songs(), per_genre=asked.per_genre))
    versions = {name: _measured(chosen, name, change) for name, change in CHANGES.items()}
    _, _, *said = validate(table, strangers, *versions.values(), seed=asked.seed)
    labels = versions[PLAIN].labels
    figures = {name: _shares(one, said[0], labels) for name, one in zip(versions, said, strict=True)}
    print(line(f"{len(chosen)} songs", "n", *figures[PLAIN]))
    for name, shares in figures.items():
        print(line(f"  {name}", count(shares["same word"]), *map(cell, shares.values())))
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--per-genre", type=int, default=10, metavar="N")
    parser.add_argument("--seed", type=int, default=1, help="of the folds")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


def _chosen(known: Sequence[Song], *, per_genre: int) -> Iterator[Song]:
    """Of each genre the first ones that can be listened to, from as many artists as there are."""
    for label in CLASSES:
        by_artist: defaultdict[str, list[Song]] = defaultdict(list)
        for song in known:
            if song.path and song.label == label:
                by_artist[song.group].append(song)
        turns = chain.from_iterable(zip_longest(*by_artist.values()))
        yield from [song for song in turns if song][:per_genre]


def _measured(chosen: Sequence[Song], name: str, change: Change) -> Table:
    rows = [Row(s.id, s.label, s.group, s.name, partial(_sound, s.path or Path(), change)) for s in chosen]
    cache = CACHE / "genre" / genre.spec().id / name
    follow(name, measure_all(rows, cache=cache), total=len(rows))
    return gather(rows, cache=cache)


def _sound(path: Path, change: Change) -> tuple[list[Samples], int]:
    pieces, sr = blocks_of(path)
    y, sr = change(resample(np.concatenate(pieces, axis=1), sr=sr, to=SR))
    return [y], sr


def _shares(said: Said, plain: Said, labels: NDArray[np.str_]) -> Mapping[str, Share]:
    names = np.array(CLASSES)
    words, before = names[said.proba.argmax(axis=1)], names[plain.proba.argmax(axis=1)]
    both = said.answered & plain.answered
    return {
        "same word": share(words == before),
        "right": share(words == labels),
        "answered": share(said.answered),
        "same, where both answered": share((words == before)[both]),
    }


def _quieter(y: Samples, *, db: float) -> tuple[Samples, int]:
    return quantise(y * np.float32(10 ** (db / 20)), depth="16"), SR


def _coded(y: Samples, *, label: str, kbps: int) -> tuple[Samples, int]:
    return decode(encode(y, sr=SR, label=label, kbps=kbps))


def _dull(y: Samples, *, hz: float) -> tuple[Samples, int]:
    return np.asarray(signal.sosfilt(signal.butter(8, hz, fs=SR, output="sos"), y), dtype=np.float32), SR


def _after_hiss(y: Samples) -> tuple[Samples, int]:
    hiss = 0.01 * np.random.default_rng(0).standard_normal((len(y), 3 * SR))
    return np.concatenate([hiss.astype(np.float32), y], axis=1), SR


PLAIN = "at 44.1 kHz"
CHANGES: Mapping[str, Change] = {
    PLAIN: lambda y: (y, SR),
    "-12 dB": partial(_quieter, db=-12),
    "-34 dB": partial(_quieter, db=-34),
    "+6 dB, clipped": partial(_quieter, db=6),
    "MP3 128": partial(_coded, label="mp3-128", kbps=64),
    "AAC 128": partial(_coded, label="aac-128", kbps=64),
    "Opus 96": partial(_coded, label="opus-96", kbps=48),
    "low-pass at 11 kHz": partial(_dull, hz=10900),
    "low-pass at 5 kHz": partial(_dull, hz=5000),
    "3 s of noise before, -40 dB": _after_hiss,
}


if __name__ == "__main__":
    main()
