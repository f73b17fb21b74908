"""How many bits MPEG's coders spent on the numbers of a frame, with the best choice of tables."""

import numba
import numpy as np
from numpy.typing import NDArray

from ml.forensics.huffman import AAC_DELTA, AAC_FOURS, AAC_PAIRS, COUNT1, LAYER3, NONE

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


def layer3_bits(q: I32, edges: I32) -> I32:
    """Length of the coded numbers of each granule, shape (n,): ISO 11172-3, 2.4.2.7.

    q : |q|, shape (n, 576)
    edges : where regions may end, line numbers, from 0 to 576: of 22 bands in long blocks, or 0, 36 and 576 in short
    Three regions of pairs with a table each, then fours of at most 1, then nothing.
    """
    out = np.empty(len(q), dtype=np.int32)
    _layer3(q.astype(np.int32), edges.astype(np.int32), LAYER3, COUNT1, out)
    return out


def aac_bits(q: I32, edges: I32) -> I32:
    """Length of the coded numbers of each channel of a frame, shape (n,), sections included: ISO 13818-7, 6.3.

    q : |q|, shape (n, 1024); edges : of the bands, line numbers
    """
    out = np.empty(len(q), dtype=np.int32)
    _aac(q.astype(np.int32), edges.astype(np.int32), AAC_FOURS, AAC_PAIRS, out)
    return out


@numba.njit(cache=True, nogil=True)
def _layer3(q: I32, edges: I32, pairs: I32, fours: I32, out: I32) -> None:
    n_bands, n_tables = len(edges) - 1, len(pairs)
    cost = np.zeros((n_tables, n_bands + 1), np.int32)  # running sums over the bands
    long, top = np.zeros(n_bands + 1, np.int32), np.zeros(n_bands, np.int32)
    region = np.zeros((n_bands + 1, n_bands + 1), np.int32)
    for g in range(len(q)):
        x = q[g]
        last = 576
        while last > 0 and x[last - 1] == 0 and x[last - 2] == 0:
            last -= 2
        ends = last
        ones = np.zeros(2, np.int32)
        while ends > 3 and max(x[ends - 1], x[ends - 2], x[ends - 3], x[ends - 4]) <= 1:
            ends -= 4
            k = 8 * x[ends] + 4 * x[ends + 1] + 2 * x[ends + 2] + x[ends + 3]
            ones[0] += fours[0, k]
            ones[1] += fours[1, k]
        used = 0
        for b in range(n_bands):
            high = 0
            more = 0
            if edges[b] < ends:
                used = b + 1
            cost[:, b + 1] = cost[:, b]
            for i in range(edges[b], min(edges[b + 1], ends), 2):
                high = max(high, x[i], x[i + 1])
                more += (x[i] >= 15) + (x[i + 1] >= 15)
                k = 16 * min(x[i], 15) + min(x[i + 1], 15)
                for t in range(n_tables):
                    cost[t, b + 1] += min(pairs[t, k], 100000)
            top[b] = high
            long[b + 1] = long[b] + more
        for a in range(used):
            high = 0
            for b in range(a + 1, used + 1):
                high = max(high, top[b - 1])
                region[a, b] = _region(cost, long, high, a, b, n_tables)
        best = region[0, used] if used else 0
        for a in range(1, min(16, used) + 1):
            for b in range(a, min(a + 8, used) + 1):
                total = region[0, a]
                if b > a:
                    total += region[a, b]
                if used > b:
                    total += region[b, used]
                best = min(best, total)
        out[g] = best + min(ones[0], ones[1])


@numba.njit(cache=True, nogil=True)
def _region(cost: I32, long: I32, high: int, a: int, b: int, n_tables: int) -> int:
    if high == 0:
        return 0
    best = NONE
    extra = 0
    while high - 15 >= 1 << extra:
        extra += 1
    for t in range(n_tables):
        bits = cost[t, b] - cost[t, a]
        if high < 15 or t >= n_tables - 2:
            if t == n_tables - 2:  # table 16 and on: 1, 2, 3, 4, 6, 8, 10, 13 more bits
                wide = 1 if extra <= 1 else extra
                wide = wide if wide <= 4 else 6 if wide <= 6 else 8 if wide <= 8 else 10 if wide <= 10 else 13
                bits += wide * (long[b] - long[a])
            elif t == n_tables - 1:  # table 24 and on: 4 to 9, 11, 13
                wide = max(extra, 4)
                wide = wide if wide <= 9 else 11 if wide <= 11 else 13
                bits += wide * (long[b] - long[a])
            best = min(best, bits)
        elif high == 15:
            best = min(best, bits)
    return best


@numba.njit(cache=True, nogil=True)
def _aac(q: I32, edges: I32, fours: I32, pairs: I32, out: I32) -> None:
    """The cheapest path through books and bands: a new book costs a section's 9 bits."""
    n_books = 12
    for g in range(len(q)):
        x = q[g]
        total = np.full(n_books, 9, np.int32)
        for b in range(len(edges) - 1):
            cost = np.zeros(n_books, np.int32)
            for i in range(edges[b], edges[b + 1], 4):
                high = max(x[i], x[i + 1], x[i + 2], x[i + 3])
                if high == 0:
                    for t in range(4):
                        cost[1 + t] += fours[t, 0]
                    for t in range(7):
                        cost[5 + t] += 2 * pairs[t, 0]
                    continue
                cost[0] = NONE
                k = 27 * min(x[i], 2) + 9 * min(x[i + 1], 2) + 3 * min(x[i + 2], 2) + min(x[i + 3], 2)
                for t in range(4):
                    cost[1 + t] = NONE if high > 2 else min(NONE, cost[1 + t] + fours[t, k])
                for j in (i, i + 2):
                    k = 17 * min(x[j], 16) + min(x[j + 1], 16)
                    over = max(x[j], x[j + 1]) > 16
                    for t in range(7):
                        if t < 6 and over:
                            cost[5 + t] = NONE
                        else:
                            cost[5 + t] = min(NONE, cost[5 + t] + pairs[t, k])
                    for y in (x[j], x[j + 1]):
                        if y >= 16:
                            cost[11] += 2 * int(np.log2(y)) - 3
            change = total.min() + 9
            for t in range(n_books):
                total[t] = min(total[t], change) + cost[t]
        out[g] = total.min()


def aac_step_bits(steps: F32, q: F32, edges: I32) -> F32:
    """Length of AAC's scale factors, about: shape (n, channels) from steps of shape (n, channels, n_bands).

    Unknown steps are NaN. Bands with numbers say by how much their step is another than the last one's.
    """
    used = np.add.reduceat(q, edges[:-1], axis=-1) > 0
    out = np.zeros(steps.shape[:2], dtype=np.float32)
    for at in np.ndindex(out.shape):
        quarters = steps[at][used[at]]
        known = quarters[np.isfinite(quarters)]
        changes = np.abs(np.round(4 * np.diff(known))).astype(int)
        out[at] = AAC_DELTA[np.minimum(changes, 60)].sum() + 4 * (len(quarters) - len(known))
    return out
