"""Feature tables with known answers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ml.corpus import worst
from ml.dataset import Table
from ml.facts import Facts
from ml.features.spec import FeatureSpec
from ml.quality.classes import CLASSES, family
from ml.quality.presence import LOSSY


def told(texts: Sequence[str], *, groups: Sequence[str] | None = None, **columns: Sequence[float]) -> Table:
    """Rows whose facts are given; labels follow from them. Columns: ``mp3_confirmed`` stands for "mp3.confirmed"."""
    names = {name.replace("_confirmed", ".confirmed"): values for name, values in columns.items()}
    filled = names or {"a": np.zeros(len(texts))}
    labels = [worst(Facts.parse(text).history) for text in texts]
    return Table(
        FeatureSpec("quality", 1, tuple(filled)),
        np.array(list(filled.values()), dtype=np.float32).T,
        np.array(labels),
        np.array(groups or [f"artist {i}" for i in range(len(texts))]),
        np.array([str(i) for i in range(len(texts))]),
        np.array(texts),
    )


def even(*, n_groups: int = 20, encoder: str = "default", seed: int = 0) -> Table:
    """Two rows of each class for each artist; nothing about them tells the class."""
    n = n_groups * len(CLASSES) * 2
    labels = list(CLASSES) * (n // len(CLASSES))
    coded = [("", "") if c == "lossless" else (c, encoder) for c in labels]
    facts = [f"music|{coding}|trim|{tool}|16|44100|5.0|stereo" for coding, tool in coded]
    groups = [f"artist {i % n_groups}" for i in range(n)]
    noise = np.random.default_rng(seed).standard_normal((2, n))
    return told(facts, groups=groups, a=list(noise[0]), b=list(noise[1]))


def oracle(table: Table, p: float = 0.97) -> NDArray[np.float64]:
    """Probabilities of somebody who is right and never quite sure."""
    return np.array([sure(label, p) for label in table.labels])


def met(table: Table, p: float = 0.97) -> NDArray[np.float64]:
    """The same for the families among the codings, shape (n, 7)."""
    histories = [{family(coding) for coding in story.history} for story in table.stories()]
    return np.array([[p if name in history else 1 - p for name in LOSSY] for history in histories])


def sure(label: str, p: float = 0.97) -> list[float]:
    """Probabilities with one class far ahead."""
    return [p if c == label else (1 - p) / (len(CLASSES) - 1) for c in CLASSES]
