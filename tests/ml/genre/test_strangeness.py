"""What is unlike songs is told from them, also where nothing of its kind was taught."""

import numpy as np

from ml.genre.strangeness import STRANGE, Strangeness, taught


def test_the_strange_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    songs, strange = (rng.standard_normal((80, 12)) + at for at in (0.0, 1.5))
    apart = Strangeness().fit(songs[:40].astype(np.float32), strange[:40].astype(np.float32))
    assert apart(songs[40:]).mean() < 0.4 < 0.6 < apart(strange[40:]).mean()


def test_both_sides_weigh_the_same() -> None:
    rng = np.random.default_rng(0)
    songs, strange = (rng.standard_normal((n, 12)).astype(np.float32) for n in (400, 20))
    assert abs(Strangeness().fit(songs, strange)(songs).mean() - 0.5) < 0.15


def test_music_does_not_teach_what_is_strange() -> None:
    kinds = np.array(["music", "voice", "drums", "noise"])
    assert list(taught(kinds)) == [False, True, False, True]
    assert "music" not in STRANGE
