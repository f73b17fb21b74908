"""The MDCT at *every* sample offset, by a sliding DFT, and what its lines look like there.

With ``D[p]`` the rectangular 2N-point DFT (half-sample phase) of the samples from ``o`` on,

    D[p](o+1) = e^{i pi p / N} D[p](o) + (x[o+2N] - x[o]) e^{i pi p / 2N}

and, once each bin is turned by its own constant so that only real parts are left (A, B: real and
imaginary part of the turned bin), an MDCT line under the window ``sum_m a[m] sin((2m+1) theta)`` is

    X[k] = a0 (A[k] + B[k+1]) + a1 (B[k-1] + A[k+2]) - a2 (A[k-2] + B[k+3]) - a3 (B[k-3] + A[k+4]) + ...

so one slide serves all windows of a length. Written for float64 in the recursion (a thousand steps
leave an error near 1e-12) and float32 behind it.
"""

import math

import numba
import numpy as np
import scipy.fft
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
C128 = NDArray[np.complex128]
I32 = NDArray[np.int32]

EPS_LSB = np.float32(0.1)
"""Added to |X| (in 16-bit steps) before the logarithm, so that exact zeros of a float decode stay finite."""

HOLE_DECADES = 1.2
"""A line this many decades under the mean of its band counts as a hole."""

MARGIN = 5
"""Lines that must be left free at both ends: a window's sine series reaches that far."""

_ONE_OCTAVE = float(1 << 23)  # float32 bits grow by 2**23 an octave: the bit pattern is a cheap log2
_HOLE_BITS = HOLE_DECADES * math.log2(10.0) * _ONE_OCTAVE


@numba.njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def line_statistics(lines: F32, bits: I32, edges: I32, out: F32) -> None:
    """Mean log2(|X| + eps) and share of holes in each band of one spectrum.

    lines : shape (n_lines,), MDCT lines in 16-bit steps; overwritten
    bits : the same memory seen as int32
    edges : shape (n_bands + 1,), line numbers
    out : shape (2, n_bands), receives (mean log2, share of holes)
    """
    for b in range(len(edges) - 1):
        first, last = edges[b], edges[b + 1]
        if last <= first:
            out[0, b] = 0.0
            out[1, b] = 0.0
            continue
        band, band_bits = lines[first:last], bits[first:last]
        for k in range(len(band)):
            band[k] = abs(band[k]) + EPS_LSB
        total = np.int64(0)
        for k in range(len(band)):
            total += np.int64(band_bits[k])
        mean = total / len(band)
        threshold = np.int32(max(mean - _HOLE_BITS, 0.0))
        holes = np.int32(0)
        for k in range(len(band)):
            holes += np.int32(band_bits[k] < threshold)
        out[0, b] = np.float32(mean / _ONE_OCTAVE - 127.0)
        out[1, b] = np.float32(holes / len(band))


@numba.njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def column_statistics(lines: F32, bits: I32, edges: I32, out: F32) -> None:
    """The same for many spectra that stand side by side.

    lines : shape (n_lines, n), a spectrum a column; overwritten
    bits : the same memory seen as int32
    out : shape (n, 2, n_bands)
    """
    n = lines.shape[1]
    total, holes = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int32)
    threshold = np.empty(n, dtype=np.int32)
    for b in range(len(edges) - 1):
        first, last = edges[b], edges[b + 1]
        total[:] = 0
        holes[:] = 0
        for k in range(first, last):
            line, line_bits = lines[k], bits[k]
            for o in range(n):
                line[o] = abs(line[o]) + EPS_LSB
            for o in range(n):
                total[o] += np.int64(line_bits[o])
        count = max(last - first, 1)
        for o in range(n):
            threshold[o] = np.int32(max(total[o] / count - _HOLE_BITS, 0.0))
        for k in range(first, last):
            line_bits = bits[k]
            for o in range(n):
                holes[o] += np.int32(line_bits[o] < threshold[o])
        for o in range(n):
            out[o, 0, b] = np.float32(total[o] / count / _ONE_OCTAVE - 127.0) if last > first else 0.0
            out[o, 1, b] = np.float32(holes[o] / count)


def scan(y: F32, half: int, series: F64, edges: I32, out: F32) -> None:
    """Line statistics of the MDCT at ``half`` consecutive offsets, for all windows and L, R, M, S.

    y : shape (2, 3 * half), left and right in 16-bit steps, from the first offset on
    series : shape (n_windows, 4), sine series of each window
    edges : shape (n_bands + 1,), band edges as line numbers, within [MARGIN, half - MARGIN]
    out : shape (half, n_windows, 4, 2, n_bands)
    """
    bins = np.arange(edges[0] - 4, edges[-1] + 5)
    turn = np.exp(1j * np.pi * bins / half)
    # the bin's own constant e^{-i pi/4} (-i)^p / 2i, times the half-sample phase of the newest sample
    angle = np.pi * bins / (2 * half) - np.pi / 4 - np.pi / 2 * (bins % 4) - np.pi / 2
    newest = math.sqrt(0.5 / half) * np.exp(1j * angle)
    frame = scipy.fft.fft(y[:, : 2 * half].astype(np.float64), axis=1)[:, bins % (2 * half)]
    _scan(y, half, series, edges, turn, newest, frame * (newest / turn), out)


@numba.njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _scan(
    y: F32, half: int, series: F64, edges: I32, turn: C128, newest: C128, first: C128, out: F32
) -> None:
    """turn, newest : shape (n_bins,); first : turned bins at the first offset, shape (2, n_bins)"""
    n_windows = len(series)
    n_bins, n_lines = len(turn), edges[-1] - edges[0]  # bins begin four before the lines
    turn_r, turn_i, in_r, in_i = turn.real.copy(), turn.imag.copy(), newest.real.copy(), newest.imag.copy()
    real, imag = first.real.copy(), first.imag.copy()
    a, b = np.zeros((2, n_bins), dtype=np.float32), np.zeros((2, n_bins), dtype=np.float32)
    lines = np.zeros((4, n_lines), dtype=np.float32)
    bits = lines.view(np.int32)
    for o in range(half):
        for c in range(2):
            _narrow(real[c], a[c])
            _narrow(imag[c], b[c])
        for w in range(n_windows):
            for c in range(2):
                _window(a[c], b[c], series[w], lines[c])
            _mid_side(lines[0], lines[1], lines[2], lines[3])
            for c in range(4):
                line_statistics(lines[c], bits[c], edges - edges[0], out[o, w, c])
        if o + 1 < half:
            for c in range(2):
                _slide(real[c], imag[c], turn_r, turn_i, in_r, in_i, y[c, o + 2 * half] - y[c, o])


@numba.njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _slide(real: F64, imag: F64, turn_r: F64, turn_i: F64, in_r: F64, in_i: F64, new: float) -> None:
    for p in range(len(real)):
        r, i = real[p], imag[p]
        real[p] = turn_r[p] * r - turn_i[p] * i + new * in_r[p]
        imag[p] = turn_i[p] * r + turn_r[p] * i + new * in_i[p]


@numba.njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _narrow(wide: F64, narrow: F32) -> None:
    for p in range(len(wide)):
        narrow[p] = wide[p]


@numba.njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _mid_side(left: F32, right: F32, mid: F32, side: F32) -> None:
    for k in range(len(left)):
        mid[k] = np.float32(0.5) * (left[k] + right[k])
        side[k] = np.float32(0.5) * (left[k] - right[k])


@numba.njit(cache=True, fastmath=True, error_model="numpy", nogil=True)
def _window(a: F32, b: F32, series: F64, lines: F32) -> None:
    s0, s1 = np.float32(series[0]), np.float32(series[1])
    s2, s3 = np.float32(series[2]), np.float32(series[3])
    if s1 == 0:
        for k in range(len(lines)):
            lines[k] = s0 * (a[k + 4] + b[k + 5])
    else:
        for k in range(len(lines)):
            lines[k] = (
                s0 * (a[k + 4] + b[k + 5])
                + s1 * (b[k + 3] + a[k + 6])
                - s2 * (a[k + 2] + b[k + 7])
                - s3 * (b[k + 1] + a[k + 8])
            )
