"""The floor of a Vorbis block: a step for every line, along straight pieces on a scale of half decibels.

Vorbis sends whole numbers (the residue) and multiplies each by its line's floor. That curve is drawn in straight pieces
between posts, as integers: entries of one table of 256 values 0.547 dB apart, whose largest is full scale (Vorbis I
specification, sections 7.2 and 10.1). So a line is a whole multiple of a step that is one of 256 known values, or of
these times one gain; and it moves from line to line, which a step for a whole band cannot follow. Coupled channels are
whole numbers again once they are uncoupled (square polar mapping, section 1.3.3): left and right each lie on a lattice.

All curves over libvorbis' posts are tried by dynamic programming, judged as in :mod:`ml.forensics.steps`.
"""

import math
from dataclasses import dataclass
from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

OCTAVES: Final = -math.log2(1.0649863e-07) / 255
"""Between neighbours of the table, whose first entry this is."""

FULL_SCALE: Final = 19.5
"""log2 of the largest entry as a line of our MDCT, in 16-bit steps: 15 for full scale, 4.5 for sqrt(1024 / 2)."""

SHORT: Final = 128
"""Lines of a short block, and samples from one to the next."""

POSTS: Final = (
    *(
        18,
        23,
        28,
        33,
        39,
        46,
        55,
        65,
        79,
        93,
        111,
        130,
        158,
        186,
        220,
        260,
        312,
        372,
        464,
        556,
        650,
        750,
        850,
    ),
    1024,
)
"""Lines at which libvorbis may bend the floor of a long block (its floor of 1024 lines and 27 posts, which files of all
qualities and rates carry); those under line 18 are so close that they would fit anything."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How the floor of a kind of block may look."""

    posts: tuple[int, ...]
    """Lines at which it may bend; from the first on it is known."""
    full_scale: float
    """log2 of the table's largest entry as a line of our MDCT."""
    steepest: int
    """Entries between the ends of a piece."""
    around: int
    """Lines whose mean size a line without a multiple is compared to."""


LONG: Final = Shape(POSTS, FULL_SCALE, steepest=28, around=33)
BRIEF: Final = Shape(
    (4, 6, 8, 10, 12, 14, 16, 19, 23, 28, 33, 39, 46, 58, 70, 90, 128),
    FULL_SCALE - 1.5,
    steepest=14,
    around=9,
)
"""Of a short block: libvorbis' floor of 128 lines and 17 posts, which holds those of its floors with fewer."""

LEAST_IN_NOISE: Final = 2.0
"""The least step that is tried, in deviations of the noise."""

MOST_LEVELS: Final = 144
"""Entries over the least step that are tried."""

WORST: Final = -8.0
"""Nats that one line may speak against a curve."""


def fit(
    magnitudes: F32,
    *,
    noise: float,
    phase: float,
    tolerance: float,
    most: int,
    end: int | None = None,
    shape: Shape = LONG,
) -> tuple[F32, F32]:
    """The likeliest floor of every block: (log2 of it at each line, evidence in nats), both of the shape of magnitudes.

    magnitudes : |X| in 16-bit steps, shape (n, n_lines)
    noise : deviation of what the file's own rounding adds to a line, in 16-bit steps, above 0
    phase : log2 of a gain, within one entry of the table: moves all steps
    tolerance : deviation, as a share of the line, of the nearest step tried from the real one
    most : the largest number that is told from any other
    end : the post up to which is looked, the last one if not given
    Lines outside the posts have no step (NaN) and no evidence (0).
    libvorbis leaves posts out and gives the others every second entry only; here each has any, which errs by one entry
    in few lines and is five times as fast.
    """
    origin = shape.full_scale + phase
    end = shape.posts[-1] if end is None else end
    posts = np.array([post for post in shape.posts if post <= end], dtype=np.int32)
    low = origin + math.ceil((math.log2(LEAST_IN_NOISE * noise) - origin) / OCTAVES) * OCTAVES
    size = uniform_filter1d(magnitudes, shape.around, axis=-1, mode="nearest")
    levels = np.zeros(magnitudes.shape, dtype=np.int32)
    evidence = np.zeros(magnitudes.shape, dtype=np.float32)
    for x, around, level, says in zip(magnitudes, size, levels, evidence, strict=True):
        loudest = math.log2(max(float(x[posts[0] : end].max()), 4 * noise))
        n = min(max(int((loudest - low) / OCTAVES) + 1, 8), MOST_LEVELS)
        likely = np.empty((end, n), dtype=np.float32)
        _likelihood(x, around, low, noise, tolerance, most, posts[0], likely)
        _draw(likely, posts, shape.steepest, level, says)
    steps = (low + levels * OCTAVES).astype(np.float32)
    steps[:, : posts[0]] = np.nan
    steps[:, end:] = np.nan
    return steps, evidence


@numba.njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _likelihood(
    x: F32, size: F32, low: float, noise: float, tolerance: float, most: int, first: int, out: F32
) -> None:
    """What each line from the first on says for each step, over a line that lies anywhere; shape (lines, n_levels).

    A line without a multiple says no more than how rare one so small is among its neighbours.
    """
    n = out.shape[1]
    half, worst, none = np.float32(0.5), np.float32(WORST), np.float32(0)
    steps, inverse, logs = np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n, np.float32)
    for j in range(n):
        logs[j] = (low + j * OCTAVES) * math.log(2.0)
        steps[j] = math.exp(logs[j])
        inverse[j] = 1 / steps[j]
    gauss = 0.5 * math.log(2 * math.pi)
    q_below = np.float32(most + 0.5)
    for k in range(first, len(out)):
        v = x[k]
        around = noise * noise + (tolerance * v) ** 2
        weight = np.float32(0.5 / around)
        on_lattice = np.float32(-0.5 * math.log(around) - gauss)
        at_zero = np.float32(-v * v * 0.5 / (noise * noise) - math.log(noise) - gauss)
        widest = np.float32(math.log(max(size[k], np.float32(noise))))
        row = out[k]
        for j in range(n):
            y = v * inverse[j]
            r = (y - np.floor(y + half)) * steps[j]
            cell = min(logs[j], widest)
            says = max(cell + (at_zero if y < half else on_lattice - r * r * weight), worst)
            row[j] = says if y < q_below else none


@numba.njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _draw(likely: F32, posts: I32, steepest: int, levels: I32, evidence: F32) -> None:
    """The best curve through the posts, and what each line says of it.

    likely : shape (n_lines, n_levels)
    levels, evidence : shape (n_lines,), receive level and likelihood of each line from the first post on
    """
    n = likely.shape[1]
    steepest = min(steepest, n - 1)
    best = np.full((len(posts), n), np.float32(-1e30))
    best[0] = 0
    rise = np.zeros((len(posts), n), np.int32)
    total = np.empty(n, np.float32)
    for p in range(1, len(posts)):
        start, width = posts[p - 1], posts[p] - posts[p - 1]
        for d in range(-steepest, steepest + 1):
            first, last = max(0, -d), min(n, n - d)
            sums = total[: last - first]
            sums[:] = best[p - 1, first:last]
            for k in range(width):
                at = first + _risen(d, k, width)
                row = likely[start + k, at : at + last - first]
                for g in range(len(row)):
                    sums[g] += row[g]
            for g in range(len(sums)):
                if sums[g] > best[p, first + d + g]:
                    best[p, first + d + g] = sums[g]
                    rise[p, first + d + g] = d
    level = np.int64(best[-1].argmax())
    for p in range(len(posts) - 1, 0, -1):
        d, start, width = rise[p, level], posts[p - 1], posts[p] - posts[p - 1]
        level -= d
        for k in range(width):
            levels[start + k] = level + _risen(d, k, width)
            evidence[start + k] = likely[start + k, levels[start + k]]


@numba.njit(cache=True, inline="always")
def _risen(d: int, k: int, width: int) -> int:
    """How far a piece that rises by ``d`` has come after ``k`` of its lines: Bresenham's, rounded towards its start."""
    return d * k // width if d >= 0 else -(-d * k // width)
