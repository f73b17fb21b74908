"""Every coder of a history is told, and a test that another coder's frames fool is not believed."""

import numpy as np

from ml.features.spec import FeatureSpec
from ml.forensics.grid import CODERS
from ml.quality.presence import LOSSY, Presence

SPEC = FeatureSpec("quality", 1, (*(f"{coder}.confirmed" for coder in CODERS), "spectrum.level_500"))


def rows(n=300, seed=0):
    """MP3, or WMA (which AAC's test hears too), or both, or AAC, or nothing."""
    rng = np.random.default_rng(seed)
    histories = [(), ("mp3-128",), ("wma-192",), ("wma-192", "mp3-320"), ("aac-128",)] * (n // 5)
    X = rng.uniform(2, 4, (n, len(SPEC.names))).astype(np.float32)
    for row, history in zip(X, histories, strict=True):
        for coding in history:
            name = {"mp3-128": "mp3", "mp3-320": "mp3", "wma-192": "wma", "aac-128": "aac-kbd"}[coding]
            row[CODERS.index(name)] = rng.uniform(20, 60)
        if "wma-192" in history:
            row[CODERS.index("aac-kbd")] = rng.uniform(7, 16)
    return X, histories


def test_all_codings_are_told_and_no_echo():
    present = Presence(SPEC).fit(*rows())(rows(seed=1)[0]) > 0.5
    histories = rows(seed=1)[1]
    for name in LOSSY:
        met = np.array([any(coding.startswith(name) for coding in history) for history in histories])
        assert (present[:, LOSSY.index(name)] == met).mean() > 0.98, name


def test_the_same_seed_gives_the_same_answers():
    X, histories = rows()
    np.testing.assert_array_equal(Presence(SPEC).fit(X, histories)(X), Presence(SPEC).fit(X, histories)(X))
