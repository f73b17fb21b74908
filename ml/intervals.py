"""Intervals and tests of counts, in the standard library alone."""

from math import comb, sqrt


def wilson(hits: int, n: int, *, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927); it takes rows for independent.

    >>> [round(x, 3) for x in wilson(0, 100)]
    [0.0, 0.037]
    """
    if n == 0:
        return 0.0, 1.0
    p, spread = hits / n, z / n * sqrt(hits * (n - hits) / n + z * z / 4)
    middle, scale = p + z * z / (2 * n), 1 + z * z / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def sign_test(lost: int, won: int) -> float:
    """One-sided exact p of at least ``lost`` losses among the pairs that differ (McNemar's test, exact).

    >>> sign_test(7, 0), sign_test(3, 3), sign_test(0, 0)
    (0.0078125, 0.65625, 1.0)
    """
    n = lost + won
    return float(sum(comb(n, k) for k in range(lost, n + 1)) / 2**n)
