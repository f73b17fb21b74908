"""Songs to rows of a table: the network's activations, kept for each song so that a stopped run goes on."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.dataset import Table, keep
from ml.decode import stream
from ml.decode.stretches import Middle, Stretches
from ml.features import genre, network
from ml.features.level import levelled
from ml.features.timbre import NAMES
from ml.units import Samples


@dataclass(frozen=True, slots=True)
class Row:
    """What becomes a row, not yet measured."""

    id: str
    label: str
    group: str
    facts: str
    """For reports and for people: the song's name, or how long it is."""
    sound: Callable[[], tuple[Iterable[Samples], int]]
    """Blocks of samples, shape (channels, n), and their rate."""


def blocks_of(path: Path) -> tuple[list[Samples], int]:
    """A file's samples."""
    with stream(path) as pcm:
        return list(pcm), pcm.sr


def measure_all(rows: Sequence[Row], *, cache: Path) -> Iterator[int]:
    """Fill the cache; yields the number done."""
    cache.mkdir(parents=True, exist_ok=True)
    for done, row in enumerate(rows):
        yield done
        if not (target := _place(cache, row)).exists():
            measured = _measured(row)
            keep(
                target,
                starts_s=np.array(measured.starts_s),
                activations=measured.activations,
                loudness=measured.loudness,
                timbre=np.array(list(measured.timbre.values())),
            )
    yield len(rows)


def gather(rows: Sequence[Row], *, cache: Path) -> Table:
    """The table of rows that :func:`measure_all` has measured."""
    return _table(rows, [_cached(_place(cache, row)).values for row in rows])


def unheard(rows: Sequence[Row], *, timbre: Mapping[str, Mapping[str, float]]) -> Table:
    """The table of rows of which only the 57 numbers are known, by id; their activations are NaN."""
    nothing = np.full(network.UNITS, np.nan, dtype=np.float32)
    return _table(rows, [genre.named(nothing, nothing, levelled(timbre[row.id])) for row in rows])


def _table(rows: Sequence[Row], values: Iterable[Mapping[str, float]]) -> Table:
    spec = genre.spec()
    return Table(
        spec=spec,
        X=np.stack([spec.vector(numbers) for numbers in values]),
        labels=_words(row.label for row in rows),
        groups=_words(row.group for row in rows),
        ids=_words(row.id for row in rows),
        facts=_words(row.facts for row in rows),
    )


def _measured(row: Row) -> genre.Measurement:
    pieces, sr = row.sound()
    stretches, middle = Stretches(sr=sr), Middle(sr=sr)
    for piece in pieces:
        stretches.add(piece)
        middle.add(piece)
    return genre.measure(stretches.kept(), middle.kept(), sr=sr)


def _cached(path: Path) -> genre.Measurement:
    with np.load(path) as data:
        timbre = dict(zip(NAMES, map(float, data["timbre"]), strict=True))
        return genre.Measurement(tuple(data["starts_s"]), data["activations"], data["loudness"], timbre)


def _place(cache: Path, row: Row) -> Path:
    return cache / f"{row.id.replace('/', '+')}.npz"


def _words(words: Iterable[str]) -> NDArray[np.str_]:
    return np.array(list(words), dtype=np.str_)
