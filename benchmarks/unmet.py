"""Which encoder the model has never met: one with enough songs to send and to judge by, its classes known from others."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.dataset import Table
from ml.facts import Facts
from ml.quality.classes import family

JUDGED: Final = 60
"""So many rows at least that are never sent."""
TAUGHT: Final = 4
"""So many rows at least of each of its classes by other encoders: classes that nobody else knows are left aside."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """One coder, whichever programs have it inside; ``programs`` are beginnings of their names."""

    name: str
    family: str
    programs: tuple[str, ...]

    def made(self, story: Facts) -> bool:
        """Any of the codings."""
        return any(
            family(label) == self.family and tool.startswith(self.programs)
            for label, tool in zip(story.history, story.tools, strict=True)
        )


ENCODERS: Final = (
    Encoder("voaacenc", "aac", ("voaacenc",)),
    Encoder("shine", "mp3", ("shine",)),
    Encoder("ffmpeg-aac", "aac", ("pyav", "ffmpeg")),
)
"""The first one with enough songs is taken. FFmpeg's releases share coders, so one release alone is never unmet."""


def choose(table: Table, *, songs: int, encoders: Sequence[Encoder] = ENCODERS) -> Encoder:
    """The first of which ``songs`` can be sent, of other recordings than those that are judged."""
    for encoder in encoders:
        sent, kept, _ = split(table, encoder, most=songs, seed=1)
        if len(sent) >= songs and len(kept) >= JUDGED:
            return encoder
    raise SystemExit(
        f"no encoder has {songs} songs to send and {JUDGED} to judge by: fewer --steps, or a larger --table"
    )


def split(table: Table, encoder: Encoder, *, most: int, seed: int) -> tuple[Table, Table, Table]:
    """Rows to be sent, rows to be judged by (of other recordings), and the base without the encoder.

    What is new is the encoder, not the class: others made all classes that are sent.
    """
    stories = table.stories()
    made = np.array([encoder.made(story) for story in stories], dtype=bool)
    known = Counter(map(str, table.labels[~made]))
    fair = [
        len(s.history) == 1 and known[str(c)] >= TAUGHT for s, c in zip(stories, table.labels, strict=True)
    ]
    rows = np.flatnonzero(made & np.array(fair, dtype=bool))
    judged = _recordings(table.groups[rows], seed=seed, rows=max(len(rows) - 2 * most, len(rows) * 9 // 20))
    aside = np.isin(table.groups[rows], judged)
    sent = np.random.default_rng(seed).permutation(rows[~aside])[:most]
    return table.rows(sent), table.rows(rows[aside]), table.rows(~made)


def smaller(table: Table, *, rows: int, seed: int) -> Table:
    """Whole recordings, about so many rows of the table."""
    return table.rows(np.isin(table.groups, _recordings(table.groups, seed=seed, rows=rows)))


def _recordings(groups: NDArray[np.str_], *, seed: int, rows: int) -> list[str]:
    """Drawn until they have so many of the rows."""
    often, drawn, n = Counter(map(str, groups)), [], 0
    for group in sorted(often, key=lambda g: hashlib.sha256(f"{seed} {g}".encode()).digest()):
        if n >= rows:
            break
        drawn.append(group)
        n += often[group]
    return drawn
