"""How large were the coder's rounding steps, and is there a step at all?

A coder sends ``q`` and a step; the decoder makes ``|X| = step * q ** power`` of them (ISO 11172-3 and 13818-7: power
4/3 and steps of 2**(k/4); Vorbis, CELT and AC-3: power 1). So for a band of lines every step is tried, and judged by the
likelihood of the lines on its lattice (with the noise of the file's own rounding around each point) against lines that
lie anywhere between its points. The best step's logarithm of that ratio, a line, is the *evidence*: positive where the
lines do lie on a lattice, below 0 where they do not, since then no step fits (after Derrien, "Detection of genuine
lossless audio files", JAES 67, 2019, who looks at the misfit alone). It has no lower end: under a law without small
steps one loud tonal band may give -1000, so whoever adds bands up clips it first.

What a step loses in a 16-bit file is the rounding to 16 bits: steps under about two units cannot be told from none.
"""

import math
from dataclasses import dataclass
from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]

HIGHEST_OCTAVE: Final = 13
"""Steps of up to 2 ** 13 units are tried; a band so loud that it needs larger ones has none."""

LEAST_IN_NOISE: Final = 2.0
"""The least step that is tried, in deviations of the noise."""

_LOG2: Final = tuple(map(np.float32, (-2.50561466, 4.04961689, -2.09940228, 0.63551112, -0.08001088)))
"""log2 on [1, 2) as a polynomial (Chebyshev nodes), within 1e-4: a loop over it becomes vectors."""


@dataclass(frozen=True, slots=True)
class Law:
    """How a coder's numbers become lines, and which steps are worth trying."""

    power: float
    per_octave: int
    """Steps tried an octave."""
    phase: float
    """log2 of one step that the coder has, where it is known."""
    tolerance: float
    """Deviation, as a share of the line, of the nearest step tried from the real one: the grid's width / sqrt(12)."""
    most: int
    """The largest number looked at: beyond, a step that is a little wrong fits nothing, and any small one everything."""


def fit(magnitudes: F32, bands: I32, *, law: Law, noise: float) -> tuple[F32, F32]:
    """The likeliest step of every band: (log2 of it, evidence in nats a line), both of shape (n, n_bands).

    magnitudes : |X| in 16-bit steps, shape (n, n_lines)
    bands : band edges as line numbers, shape (n_bands + 1,)
    noise : deviation of what the file's own rounding adds to a line, in 16-bit steps, above 0
    A band with nothing above the noise has no step (NaN) and no evidence (0). Where every number is even, the step that
    makes them half as large is the likelier; under a free law the doubled one may lie nearer to a step that is tried.
    """
    return fit_columns(np.ascontiguousarray(magnitudes.T), bands, law=law, noise=noise)


def fit_columns(magnitudes: F32, bands: I32, *, law: Law, noise: float) -> tuple[F32, F32]:
    """:func:`fit` for spectra that stand side by side, shape (n_lines, n): what a search over offsets has at hand."""
    scale = 2.0**-law.phase
    steps = np.full((magnitudes.shape[1], len(bands) - 1), np.nan, dtype=np.float32)
    evidence = np.zeros_like(steps)
    _fit(
        magnitudes * np.float32(scale),
        bands,
        noise * scale,
        law.power,
        law.per_octave,
        law.tolerance,
        law.most,
        steps,
        evidence,
    )
    return steps + np.float32(law.phase), evidence


def numbers(magnitudes: F32, bands: I32, *, steps: F32, law: Law) -> F32:
    """What the coder sent: the nearest q of each line, shape of magnitudes (..., n_lines).

    magnitudes : |X| in 16-bit steps
    steps : log2 of the step of each band, shape (..., n_bands), no NaN
    """
    steps_by_line = np.repeat(np.exp2(-steps), np.diff(bands), axis=-1)
    return np.asarray(np.floor((magnitudes * steps_by_line) ** (1 / law.power) + 0.5), dtype=np.float32)


def code_length(q: F32, bands: I32) -> F32:
    """About how many bits a coder spends on the numbers of every band: (..., n_lines) -> (..., n_bands).

    q : |q|, whole numbers; bands of zeros alone cost nothing
    The ideal code of a two-sided geometric distribution with the band's own mean stands for the coder's tables.
    """
    counts = np.diff(bands)
    total = np.add.reduceat(q, bands[:-1], axis=-1)
    mean = np.maximum(total / counts, 1e-6)
    theta = mean / (np.sqrt(1 + mean**2) + 1)
    bits = -counts * np.log2((1 - theta) / (1 + theta)) - total * np.log2(theta)
    return np.asarray(np.where(total > 0, bits, 0.0), dtype=np.float32)


@numba.njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _fit(
    magnitudes: F32,
    bands: I32,
    noise: float,
    power: float,
    per_octave: int,
    tolerance: float,
    most: int,
    steps: F32,
    evidence: F32,
) -> None:
    """Spectra stand side by side, shape (n_lines, n), so that the innermost loops run over them and vectorise.

    The distance to the lattice is measured in the domain of q and brought back by the slope of the law there.
    """
    n = magnitudes.shape[1]
    inverse = 1.0 / power
    low = math.ceil(math.log2(LEAST_IN_NOISE * noise) * per_octave)
    highest = HIGHEST_OCTAVE * per_octave - low
    gauss = 0.5 * math.log(2 * math.pi)
    zero_weight = np.float32(0.5 / noise**2)
    zero_below, q_below = np.float32(0.5**inverse), np.float32(most + 0.5)
    variance, spread = np.float32(noise * noise), np.float32(tolerance * tolerance)
    half, none, slope = np.float32(0.5), np.float32(0), np.float32(power)
    widest = 0
    for b in range(len(bands) - 1):
        widest = max(widest, bands[b + 1] - bands[b])
    root, weight = np.empty((widest, n), np.float32), np.empty((widest, n), np.float32)
    base, at_zero = np.empty((widest, n), np.float32), np.empty((widest, n), np.float32)
    total, best = np.empty(n, np.float32), np.empty(n, np.float32)
    best_j, top, bottom = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32)
    for b in range(len(bands) - 1):
        start, width = bands[b], bands[b + 1] - bands[b]
        for o in range(n):
            largest = none
            for k in range(width):
                largest = max(largest, magnitudes[start + k, o])
            octave = math.log2(max(largest, np.float32(1e-6)))
            heard = largest > 2.5 * noise
            top[o] = min(math.floor((octave + 0.06) * per_octave) - low, highest) if heard else -1
            bottom[o] = max(math.floor((octave - power * math.log2(most + 0.4)) * per_octave) - low, 0)
        if top.max() < 0:
            continue
        for k in range(width):
            for o in range(n):
                x = max(magnitudes[start + k, o], np.float32(1e-6))
                y = math.sqrt(x * math.sqrt(x)) if power > 1.0 else x
                by_q = slope * x / y
                root[k, o] = y
                weight[k, o] = by_q * by_q * half / (variance + spread * x * x)
                at_zero[k, o] = -x * x * zero_weight
            _half_log(weight[k], weight[k].view(np.int32), base[k])
            for o in range(n):
                base[k, o] += np.float32(0.5 * math.log(2.0) - gauss)
        best[:] = np.float32(-1e30)
        best_j[:] = -1
        for j in range(bottom.min(), top.max() + 1):
            octave = (low + j) / per_octave
            a, s = np.float32(2.0 ** (-octave * inverse)), np.float32(4.0 ** (octave * inverse))
            here = np.float32(octave * math.log(2.0) * inverse)
            zero = np.float32(octave * math.log(2.0) - math.log(noise) - gauss)
            total[:] = none
            for k in range(width):
                for o in range(n):
                    y = root[k, o] * a
                    r = y - np.floor(y + half)
                    on_lattice = base[k, o] + here - r * r * weight[k, o] * s
                    total[o] += (
                        (at_zero[k, o] + zero) if y < zero_below else (on_lattice if y < q_below else none)
                    )
            for o in range(n):
                if bottom[o] <= j and j <= top[o] and total[o] > best[o]:
                    best[o] = total[o]
                    best_j[o] = j
        for o in range(n):
            if best_j[o] >= 0:
                steps[o, b] = (low + best_j[o]) / per_octave
                evidence[o, b] = best[o] / width


@numba.njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _half_log(values: F32, bits: I32, out: F32) -> None:
    """Half the natural logarithm, within 1e-4: the exponent's bits, and a polynomial for the mantissa.

    values : shape (n,), above 0; bits : the same memory seen as int32
    """
    mantissa = np.empty(len(values), dtype=np.float32)
    mantissa_bits = mantissa.view(np.int32)
    for o in range(len(values)):
        mantissa_bits[o] = (bits[o] & 0x7FFFFF) | 0x3F800000
    for o in range(len(values)):
        m = mantissa[o]
        log2 = np.float32(bits[o] >> 23) - np.float32(127.0)
        log2 += _LOG2[0] + m * (_LOG2[1] + m * (_LOG2[2] + m * (_LOG2[3] + m * _LOG2[4])))
        out[o] = np.float32(0.5 * math.log(2.0)) * log2
