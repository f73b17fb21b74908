import numpy as np
import pytest
from scipy.ndimage import median_filter

from ml.features.medians import SIZE, harmonic_share, running_median


@pytest.mark.parametrize("n", [3, 31, 200])
def test_running_median_is_a_median(n):
    x = np.abs(np.random.default_rng(n).standard_normal((n, 37))).astype(np.float32)
    x[: n // 3] = 0.0
    # mirrored here: of fewer rows than its window SciPy's filter reads memory that nobody has written
    reach = SIZE // 2
    longer = np.pad(x, ((reach, reach), (0, 0)), mode="symmetric")
    wanted = median_filter(longer, size=(SIZE, 1), mode="reflect")[reach:-reach]
    np.testing.assert_array_equal(running_median(x), wanted)


def test_a_steady_tone_is_harmonic_and_a_click_percussive():
    S = np.zeros((200, 150), dtype=np.float32)
    S[:, 70] = 1.0
    S[100] = 1.0
    share = harmonic_share(S)
    assert share[20, 70] == 1.0
    assert share[100, 20] == 0.0
    assert share[20, 20] == 0.5
