"""A step is found where lines lie on its lattice, and nowhere else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.forensics.steps import Law, code_length, fit, fit_columns, numbers
from ml.forensics.transforms import CODERS, FREE_POWER, FREE_UNIFORM

BANDS = np.arange(0, 193, 24, dtype=np.int32)
EXACT = CODERS["aac-kbd"].exact
LAWS = {"exact": EXACT, "power": FREE_POWER, "uniform": FREE_UNIFORM}


def on_a_lattice(
    law: Law, *, log_step: float, noise: float, n: int = 12, mean: float = 1.5, seed: int = 0
) -> np.ndarray:
    """|sign * step * q ** power + noise|, shape (n, 192); q falls off geometrically."""
    rng = np.random.default_rng(seed)
    q = rng.geometric(1 / (1 + mean), (n, BANDS[-1])) - 1
    signed = rng.choice((-1, 1), q.shape) * 2.0**log_step * np.minimum(q, law.most) ** law.power
    return np.abs(signed + noise * rng.standard_normal(q.shape)).astype(np.float32)


@pytest.mark.parametrize("log_step", [2.0, 3.25, 6.5])
def test_a_coders_own_step_is_found_to_the_dot(log_step: float) -> None:
    steps, evidence = fit(on_a_lattice(EXACT, log_step=log_step, noise=0.3), BANDS, law=EXACT, noise=0.3)
    assert (np.abs(steps - log_step) < 1e-4).mean() > 0.95
    assert evidence.min() > 0.2


@pytest.mark.parametrize("law", [FREE_POWER, FREE_UNIFORM], ids=["power", "uniform"])
@pytest.mark.parametrize("log_step", [2.5, 4.06, 7.19])
def test_any_step_is_found_to_the_nearest_that_is_tried(law: Law, log_step: float) -> None:
    steps, evidence = fit(on_a_lattice(law, log_step=log_step, noise=0.3), BANDS, law=law, noise=0.3)
    found = np.abs(steps - log_step) < 1 / law.per_octave
    twice = (
        np.abs(steps + law.power - log_step) < 1 / law.per_octave
    )  # every q doubled: nearer to a step tried
    assert found.mean() > 0.8
    assert (found | twice).mean() > 0.95
    assert np.median(evidence) > 0.3


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("spread", [3.0, 20.0, 300.0])
def test_lines_that_lie_anywhere_fit_no_step(name: str, spread: float) -> None:
    rng = np.random.default_rng(1)
    anywhere = np.abs(rng.laplace(0, spread, (60, BANDS[-1]))).astype(np.float32)
    _, evidence = fit(anywhere, BANDS, law=LAWS[name], noise=0.3)
    assert evidence.mean() < 0
    assert (evidence > 0.3).mean() < 0.03


@pytest.mark.parametrize("name", LAWS)
def test_silence_has_no_step_and_says_nothing(name: str) -> None:
    quiet = np.full((3, BANDS[-1]), 0.2, dtype=np.float32)
    quiet[1] = 0
    quiet[2, :24] = 40.0  # one band of one frame is heard
    steps, evidence = fit(quiet, BANDS, law=LAWS[name], noise=0.3)
    heard = np.zeros(steps.shape, dtype=bool)
    heard[2, 0] = True
    np.testing.assert_array_equal(np.isnan(steps), ~heard)
    assert (evidence[~heard] == 0).all()


@pytest.mark.parametrize("name", LAWS)
def test_evidence_falls_as_noise_nears_the_step(name: str) -> None:
    law = LAWS[name]
    means = [
        fit(on_a_lattice(law, log_step=3, noise=8 * share), BANDS, law=law, noise=8 * share)[1].mean()
        for share in (0.02, 0.05, 0.1, 0.2, 0.3, 0.45)
    ]
    assert (np.diff(means) < 0).all()
    assert means[0] > 1 > 0.2 > means[-1]


def test_rows_and_columns_are_the_same() -> None:
    lines = on_a_lattice(FREE_POWER, log_step=3.3, noise=0.4)
    by_row = fit(lines, BANDS, law=FREE_POWER, noise=0.4)
    by_column = fit_columns(np.ascontiguousarray(lines.T), BANDS, law=FREE_POWER, noise=0.4)
    alone = [fit(line[None], BANDS, law=FREE_POWER, noise=0.4) for line in lines]
    for part in (0, 1):
        np.testing.assert_array_equal(by_row[part], by_column[part])
        np.testing.assert_allclose(by_row[part], np.concatenate([one[part] for one in alone]), atol=1e-4)


@settings(deadline=None, max_examples=20)
@given(octaves=st.floats(-2, 2), name=st.sampled_from(list(LAWS)), seed=st.integers(0, 99))
def test_gain_moves_the_step_and_nothing_else(octaves: float, name: str, seed: int) -> None:
    law = LAWS[name]
    moved = Law(law.power, law.per_octave, law.phase + octaves, law.tolerance, law.most)
    lines = on_a_lattice(law, log_step=3, noise=0.3, n=2, seed=seed)
    steps, evidence = fit(lines, BANDS, law=law, noise=0.3)
    louder, again = fit(lines * np.float32(2**octaves), BANDS, law=moved, noise=0.3 * 2**octaves)
    np.testing.assert_allclose(again, evidence, atol=2e-3)
    np.testing.assert_allclose(louder, steps + octaves, atol=1e-4)


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 999))
def test_the_order_of_the_lines_in_a_band_says_nothing(seed: int) -> None:
    lines = on_a_lattice(EXACT, log_step=3, noise=0.3, n=2, seed=seed)
    order = np.concatenate([low + np.random.default_rng(seed).permutation(24) for low in BANDS[:-1]])
    for first, second in zip(
        fit(lines, BANDS, law=EXACT, noise=0.3),
        fit(np.ascontiguousarray(lines[:, order]), BANDS, law=EXACT, noise=0.3),
        strict=True,
    ):
        np.testing.assert_allclose(first, second, atol=1e-4)


@pytest.mark.parametrize("name", LAWS)
def test_the_numbers_come_back(name: str) -> None:
    law = LAWS[name]
    q = np.random.default_rng(3).integers(0, law.most, (5, BANDS[-1]))
    steps = np.tile(np.linspace(1, 8, 8, dtype=np.float32), (5, 1))
    lines = np.repeat(2**steps, 24, axis=1) * q**law.power
    np.testing.assert_array_equal(numbers(lines.astype(np.float32), BANDS, steps=steps, law=law), q)


@given(q=st.lists(st.integers(0, 200), min_size=24, max_size=24), at=st.integers(0, 23))
def test_larger_numbers_cost_more(q: list[int], at: int) -> None:
    one_band = BANDS[:2]
    more = list(q)
    more[at] += 1
    cost, dearer = (code_length(np.array(x, dtype=np.float32), one_band)[0] for x in (q, more))
    assert dearer > cost >= 0
    assert cost > 0 or not any(q)


def test_zeros_cost_nothing() -> None:
    assert (code_length(np.zeros((2, BANDS[-1]), np.float32), BANDS) == 0).all()


@pytest.mark.parametrize("theta", [0.05, 0.3, 0.6, 0.9])
def test_the_code_is_as_long_as_the_entropy(theta: float) -> None:
    """Of two-sided geometric numbers, P(q) = (1 - theta) / (1 + theta) * theta ** |q|."""
    rng = np.random.default_rng(5)
    n = 40000
    q = rng.geometric(1 - theta, n) - rng.geometric(1 - theta, n)  # the difference of two one-sided ones
    _, counts = np.unique(q, return_counts=True)
    entropy = -(counts / n * np.log2(counts / n)).sum()
    bits = code_length(np.abs(q).astype(np.float32), np.array([0, n], dtype=np.int32))[0] / n
    assert bits == pytest.approx(entropy, rel=0.02)
