"""Does a coder's frame grid run on through the whole recording, or does it jump?

Whoever cuts something out of decoded sound, or pastes something in, moves all that follows by as many samples; unless
that is a multiple of the frame length, the frames begin elsewhere from there on. So the evidence for the lattice of
steps (or the emptiness of lines, where that is clearer) is followed along the track: at the offset that is known, over
that at offsets where no grid is. A stretch that is silent there is searched for another offset, and an edit is said only
where both sides are clear, each at its own offset and not at the other's: the same coder twice leaves two grids at once,
and that is no edit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics.grid import NEAR, Grid, Pieces, Search, Transform
from ml.forensics.steps import Law
from ml.forensics.transforms import CODERS, Coder
from ml.forensics.trial import Bench, scout
from ml.units import Seconds

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

FOLLOWED: Final = ("mp3", "aac-kbd", "aac-sine", "opus")
"""Coders whose frames all begin on one grid. Vorbis' move by multiples of 128 wherever it switches blocks."""

FOLLOWED_FROM: Final = 6.0
"""Height of a grid's lattice from which it can be followed; an edit in the middle halves it."""

STRETCH_S: Final = 0.5
MOST_STRETCHES: Final = 32
FRAMES: Final = 8
"""The shortest stretch that is judged by itself; how many there are at most; frames looked at in each."""

CONTROLS: Final = (0.31, 0.64)
"""Where no grid is: so far behind the known offset, in frames."""

MOST_FRAMES: Final = 256
"""How many are looked at to find the moment of one edit."""

LEAST_SPREAD: Final = 0.005
"""Floor for the deviation of a frame's evidence, nats or octaves a line."""

EMPTY_FROM: Final = 8.0
"""The same for the height of its holes, which are followed where they are clearer: at low bitrates, after equalisers."""

CLEAR: Final = 6.0
"""Height of a stretch's evidence over that at the controls from which the grid is there."""
ABSENT: Final = 3.0
"""Height under which it is not."""
ELSEWHERE: Final = 0.35
"""What one side's grid may leave on the other side, as a share of its own side's evidence."""

NEW: Final = 5.0
"""Height of another offset in a silent stretch, among all others, from which it is believed."""
CANDIDATES: Final = 12
SCOUTED: Final = 4
TRIED: Final = 4
"""Offsets put to the test in a silent stretch: from a search there, by Layer III's lattice, and from the whole track."""
SEARCHES: Final = 2
"""How many silent stretches are searched."""

LONG: Final = 1024
SHORT: Final = 128
"""Block lengths of AAC and Vorbis."""

EFFORT: Final = 0.5
"""Share of the regions that a search of the whole looks at."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A place where something was cut out or pasted in."""

    coder: str
    start_s: Seconds
    offset_before: int
    offset_after: int
    within_s: Seconds
    """How far from ``start_s`` it may be, where it lies between two excerpts of a long track."""


def edits(
    pieces: Pieces, grid: Grid, *, transform: Transform, candidates: Sequence[int], noise: float
) -> tuple[Edit, ...]:
    """The places where a grid jumps, in order of time.

    pieces : (start, y) that the grid was found in, y of shape (2, n) in 16-bit steps
    candidates : likely offsets of the whole, best first
    noise : as for :class:`ml.forensics.trial.Bench`
    """
    if not followed(grid):
        return ()
    coder = CODERS[grid.coder]
    law = coder.exact if grid.exact else coder.free
    if not grid.lattice >= max(FOLLOWED_FROM, grid.confirmed):
        law = None
    track = _Track(pieces, coder=coder, transform=transform, law=law, grid=grid, noise=noise)
    return track.edits(list(candidates) if grid.second >= ABSENT else [])


def followed(grid: Grid) -> bool:
    """Whether a grid is clear enough, and its coder's frames even enough."""
    clear = grid.lattice >= FOLLOWED_FROM or grid.confirmed >= EMPTY_FROM
    return bool(clear and grid.coder in FOLLOWED)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Frames number ``first`` to ``last`` of one piece."""

    piece: int
    first: int
    last: int

    @property
    def numbers(self) -> NDArray[np.int_]:
        return np.arange(self.first, self.last + 1)


@dataclass(slots=True)
class _Track:
    """A recording cut into stretches, each with the evidence for the offsets that are known so far."""

    pieces: Pieces
    coder: Coder
    transform: Transform
    law: Law | None
    """None: no lattice is seen, only that lines are nearly empty."""
    grid: Grid
    noise: float
    stretches: list[_Stretch] = field(init=False)
    regions: F32 = field(init=False)
    null: F32 = field(init=False)
    """Evidence at the controls, shape (stretches, FRAMES)."""
    spread: float = field(init=False)
    excess: dict[int, F64] = field(init=False, default_factory=dict)
    """Offset -> evidence over that at the controls, shape (stretches,)."""

    def __post_init__(self) -> None:
        self.stretches = _stretches(self.pieces, self.transform, sr=self.grid.sr)
        frames = [self._regions(s, np.linspace(s.first, s.last, FRAMES).astype(int)) for s in self.stretches]
        shape = (0, 2, self.transform.reach)
        self.regions = np.concatenate(frames) if frames else np.empty(shape, dtype=np.float32)

    def edits(self, candidates: Sequence[int]) -> tuple[Edit, ...]:
        if len(self.stretches) < 2:
            return ()
        self._measure_null()
        self._measure(self.grid.offset)
        for _ in range(SEARCHES):
            run = self._longest_silence()
            other = self._other_offset(run, candidates) if run else None
            if other is None:
                break
            self._measure(other)
        if len(self.excess) < 2:
            return ()
        labels = zip(self.stretches, self._labels(), strict=True)
        labelled = [(stretch, offset) for stretch, offset in labels if offset is not None]
        return tuple(
            self._edit(one, before, other, after)
            for (one, before), (other, after) in pairwise(labelled)
            if before != after and self._apart(before, after)
        )

    def _measure_null(self) -> None:
        length = self.transform.length
        controls = [(self.grid.offset + round(share * length)) % length for share in CONTROLS]
        found = self._along(self.regions, controls).reshape(len(CONTROLS), -1, FRAMES)
        difference = found[0] - found[1]
        mad = 1.4826 * float(np.median(np.abs(difference - np.median(difference))))
        # a difference of two has sqrt(2) the deviation of one; one less the mean of two has sqrt(1.5)
        self.spread = max(mad * float(np.sqrt(1.5 / 2)), LEAST_SPREAD) / float(np.sqrt(FRAMES))
        self.null = found.mean(axis=0)

    def _measure(self, offset: int) -> None:
        found = self._along(self.regions, [offset]).reshape(-1, FRAMES)
        self.excess[offset] = (found - self.null).mean(axis=1).astype(np.float64)

    def _along(self, regions: F32, offsets: Sequence[int]) -> F32:
        bench = self._bench(regions, offsets)
        return bench.along(self.law) if self.law else bench.emptiness()

    def _bench(self, regions: F32, offsets: Sequence[int]) -> Bench:
        return Bench(regions, coder=self.coder, offsets=offsets, sr=self.grid.sr, noise=self.noise)

    def _labels(self) -> list[int | None]:
        """The offset that is clear in each stretch, or None."""
        offsets = list(self.excess)
        heights = np.stack(list(self.excess.values())) / self.spread
        best = heights.argmax(axis=0)
        return [
            offsets[i] if high >= CLEAR else None for i, high in zip(best, heights.max(axis=0), strict=True)
        ]

    def _longest_silence(self) -> list[_Stretch]:
        """The longest run of stretches in which none of the known offsets is heard."""
        silent = np.stack(list(self.excess.values())).max(axis=0) < ABSENT * self.spread
        runs: list[list[_Stretch]] = [[]]
        for stretch, is_silent in zip(self.stretches, silent, strict=True):
            if is_silent:
                runs[-1].append(stretch)
            elif runs[-1]:
                runs.append([])
        return max(runs, key=len)

    def _other_offset(self, run: Sequence[_Stretch], candidates: Sequence[int]) -> int | None:
        """An offset that this run has instead of the known ones."""
        cut = [self._piece(stretch) for stretch in run]
        search = Search(cut, sr=self.grid.sr, transform=self.transform).more(effort=EFFORT)
        regions = search.regions(2 * FRAMES)
        if len(regions) < FRAMES:
            return None
        if self.law is None:
            found = next(grid for grid in search.grids() if grid.coder == self.grid.coder)
            offset, height = found.offset, found.confirmed
        else:
            likely = [*self.excess, *search.candidates(self.grid.coder, CANDIDATES), *candidates[:TRIED]]
            offset, height = self._clearest(regions, likely, law=self.law)
            if height < NEW and self.grid.coder == "mp3":
                scouted = scout(
                    regions, coder=CODERS["mp3"], law=self.law, sr=self.grid.sr, noise=self.noise, n=SCOUTED
                )
                offset, height = self._clearest(regions, likely + scouted, law=self.law)
        moved = all(self._moved(offset, known) for known in self.excess)
        return offset if moved and height >= NEW else None

    def _clearest(self, regions: F32, offsets: Sequence[int], *, law: Law) -> tuple[int, float]:
        best = self._bench(regions, offsets).trials(law)[0]
        return best.offset, best.height

    def _moved(self, one: int, other: int) -> bool:
        """Whether two offsets are of two grids. AAC's window hears Vorbis, too, whose blocks move by short ones."""
        length = self.transform.length
        apart = min((one - other) % length, (other - one) % length)
        return apart > NEAR and not (length == LONG and apart % SHORT == 0)

    def _apart(self, one: int, other: int) -> bool:
        """Whether each of two grids is where the other is not."""
        labels = self._labels()
        a, b = (np.array([label == offset for label in labels]) for offset in (one, other))
        return bool(
            self.excess[one][b].mean() < ELSEWHERE * self.excess[one][a].mean()
            and self.excess[other][a].mean() < ELSEWHERE * self.excess[other][b].mean()
        )

    def _edit(self, one: _Stretch, before: int, other: _Stretch, after: int) -> Edit:
        """Frame by frame through both stretches: where is the best place to change?"""
        parts = [one, other] if one.piece != other.piece else [_Stretch(one.piece, one.first, other.last)]
        step = 1 + sum(part.last - part.first for part in parts) // MOST_FRAMES
        frames = np.concatenate([self._regions(part, part.numbers[::step]) for part in parts])
        numbers = np.concatenate([part.numbers[::step] for part in parts])
        found = self._along(frames, [before, after])
        last = int(np.cumsum(found[0] - found[1])[:-1].argmax())
        low, high = int(numbers[last]), int(numbers[last + 1])
        middle = (before + after + self.coder.span) / 2  # of the frames there, from their region's start
        frame_s = self.transform.length / self.grid.sr
        start = (low + high) / 2 * frame_s + middle / self.grid.sr
        return Edit(self.grid.coder, Seconds(start), before, after, Seconds((high - low - 1) / 2 * frame_s))

    def _regions(self, stretch: _Stretch, numbers: NDArray[np.int_]) -> F32:
        """Shape (n, 2, reach), as a search cuts them."""
        start, y = self.pieces[stretch.piece]
        length, reach = self.transform.length, self.transform.reach
        return np.stack([y[:, k * length - start : k * length - start + reach] for k in numbers])

    def _piece(self, stretch: _Stretch) -> tuple[int, F32]:
        start, y = self.pieces[stretch.piece]
        first = stretch.first * self.transform.length
        end = stretch.last * self.transform.length + self.transform.reach
        return first, y[:, first - start : end - start]


def _stretches(pieces: Pieces, transform: Transform, *, sr: int) -> list[_Stretch]:
    """Every piece cut into equal parts, counted in frames of the whole track."""
    total = sum(y.shape[1] for _, y in pieces) / transform.length
    usual = max(STRETCH_S * sr / transform.length, total / MOST_STRETCHES, FRAMES)
    out = []
    for number, (start, y) in enumerate(pieces):
        first = -(-start // transform.length)
        count = (start + y.shape[1] - transform.reach) // transform.length - first + 1
        parts = max(1, int(count / usual))
        edges = first + np.linspace(0, max(count, 0), parts + 1).astype(int)
        out += [_Stretch(number, int(a), int(b) - 1) for a, b in pairwise(edges) if b - a >= FRAMES]
    return out
