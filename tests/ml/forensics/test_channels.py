"""Mid and side hold what left and right do."""

import numpy as np

from ml.forensics.channels import CHANNELS, four


def test_left_and_right_come_back_from_mid_and_side() -> None:
    left, right = np.random.default_rng(0).standard_normal((2, 50)).astype(np.float32)
    made = dict(zip(CHANNELS, four(left, right), strict=True))
    np.testing.assert_array_equal(made["L"], left)
    np.testing.assert_array_equal(made["R"], right)
    np.testing.assert_allclose(made["M"] + made["S"], left, atol=1e-6)
    np.testing.assert_allclose(made["M"] - made["S"], right, atol=1e-6)
    assert all(part.dtype == np.float32 for part in made.values())
