"""Examples as numbers: X, labels, groups; the table that is committed, and splits that keep groups together."""

import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.corpus import Example, as_spent, is_averaged, kbps_spent, realise
from ml.facts import Facts
from ml.features import quality
from ml.features.spec import FeatureSpec
from ml.units import Samples

Row = tuple[str, NDArray[np.float32]]
BATCH = 40


@dataclass(frozen=True, slots=True)
class Table:
    """Labelled rows of one feature spec."""

    spec: FeatureSpec
    X: NDArray[np.float32]
    """Shape (n, n_features); NaN where a number could not be measured."""
    labels: NDArray[np.str_]
    groups: NDArray[np.str_]
    """Supergroup of the master: all rows of one stay on one side of a split."""
    ids: NDArray[np.str_]
    facts: NDArray[np.str_]
    """How the row was made, for reports only: :class:`ml.facts.Facts` as text."""

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> "Table":
        """The chosen rows."""
        return Table(
            self.spec,
            self.X[index],
            self.labels[index],
            self.groups[index],
            self.ids[index],
            self.facts[index],
        )

    def and_rows(self, other: "Table") -> "Table":
        """These rows, then the other's, of the same spec."""
        columns = ("X", "labels", "groups", "ids", "facts")
        return Table(self.spec, *(np.concatenate([getattr(self, c), getattr(other, c)]) for c in columns))

    def stories(self) -> list[Facts]:
        """The facts of each row, to be read."""
        return [Facts.parse(str(text)) for text in self.facts]

    def save(self, path: Path) -> None:
        """Write a compressed table; half precision keeps three digits, more than the measurements repeat."""
        X = np.clip(self.X, -60000, 60000).astype(np.float16)
        np.savez_compressed(
            path,
            X=X.T.copy(),  # columns are alike: they compress better one after the other
            names=np.array(self.spec.names),
            version=np.array([self.spec.version]),
            labels=self.labels,
            groups=self.groups,
            ids=self.ids,
            facts=self.facts,
        )

    @classmethod
    def load(cls, path: Path, *, task: str = "quality") -> "Table":
        """Read what :meth:`save` wrote."""
        with np.load(path) as data:
            spec = FeatureSpec(task, int(data["version"][0]), tuple(map(str, data["names"])))
            X = np.ascontiguousarray(data["X"].T.astype(np.float32))
            return cls(spec, X, data["labels"], data["groups"], data["ids"], data["facts"])


def build(examples: Sequence[Example], *, cache: Path, jobs: int) -> Iterator[int]:
    """Measure all examples; yields the number done, resumes where an earlier run was stopped.

    cache : folder for the measured rows, one file a batch
    """
    cache.mkdir(parents=True, exist_ok=True)
    have = {id_ for id_, _ in _cached(cache)}
    todo = [example for example in examples if example.id not in have]
    batches = [todo[i : i + BATCH] for i in range(0, len(todo), BATCH)]
    done = len(examples) - len(todo)
    yield done
    with ProcessPoolExecutor(jobs, initializer=_one_thread) as pool:
        for rows in pool.map(_measure_all, batches):
            _keep(rows, cache)
            done += len(rows)
            yield done


def weigh(examples: Sequence[Example], *, cache: Path, jobs: int) -> Iterator[int]:
    """Code those again whose class goes by the bitrate spent; yields the number done, resumes as :func:`build` does.

    cache : file of what was spent, a line an example
    """
    cache.parent.mkdir(parents=True, exist_ok=True)
    have = spendings(cache)
    todo = [example for example in examples if is_averaged(example) and example.id not in have]
    done = len(examples) - len(todo)
    yield done
    with cache.open("a") as lines, ProcessPoolExecutor(jobs, initializer=_one_thread) as pool:
        for example, kbps in zip(todo, pool.map(kbps_spent, todo, chunksize=8), strict=True):
            lines.write(" ".join((example.id, *(f"{one:.2f}" for one in kbps))) + "\n")
            lines.flush()
            done += 1
            yield done


def spendings(cache: Path) -> dict[str, tuple[float, ...]]:
    """Id -> kbps of each coding, as :func:`weigh` has written so far."""
    if not cache.exists():
        return {}
    lines = (line.split() for line in cache.read_text().splitlines())
    return {id_: tuple(map(float, kbps)) for id_, *kbps in lines}


def gather(
    examples: Sequence[Example], *, cache: Path, spent: Mapping[str, tuple[float, ...]] | None = None
) -> Table:
    """The table of those examples that :func:`build` has measured so far.

    spent : id -> kbps of each coding; who is in it gets the class that was come to
    """
    spec = quality.spec()
    measured, spent = dict(_cached(cache)), spent or {}
    done = [
        as_spent(example, spent[example.id]) if example.id in spent else example
        for example in examples
        if example.id in measured
    ]
    return Table(
        spec=spec,
        X=np.stack([measured[example.id] for example in done]),
        labels=np.array([example.label for example in done]),
        groups=np.array([example.supergroup for example in done]),
        ids=np.array([example.id for example in done]),
        facts=np.array([str(Facts.of(example)) for example in done]),
    )


@dataclass(frozen=True, slots=True)
class _Excerpt:
    start: int
    y: NDArray[np.float32]


def measure(y: Samples, *, sr: int) -> NDArray[np.float32]:
    """The numbers of one stretch of sound, shape (n_features,).

    y : shape (1 or 2, n)
    """
    values = quality.measure([_Excerpt(0, y)], sr=sr, aside=False).values
    return np.array(list(values.values()), dtype=np.float32)


def keep(path: Path, **arrays: Any) -> None:
    """Write a cached measurement, whole or not at all; arrays by name."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(buffer.getvalue())
    partial.replace(path)


def _measure_all(examples: Sequence[Example]) -> list[Row]:
    rows = []
    for example in examples:
        y, sr = realise(example)
        rows.append((example.id, measure(y, sr=sr)))
    return rows


def _one_thread() -> None:
    os.nice(5)
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)


def _keep(rows: Iterable[Row], cache: Path) -> None:
    ids, vectors = zip(*rows, strict=True)
    keep(cache / f"{ids[0]}.npz", ids=np.array(ids), X=np.stack(vectors))


def _cached(cache: Path) -> Iterator[Row]:
    for path in sorted(cache.glob("*.npz")):
        with np.load(path) as data:
            yield from zip(map(str, data["ids"]), data["X"], strict=True)
