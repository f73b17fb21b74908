"""The fast transforms are the textbook ones."""

import numpy as np
import pytest

from ml.forensics import celt, hybrid, sliding, windows
from ml.forensics.grid import TRANSFORMS
from ml.forensics.lattice import layer3_lines, mdct_lines

RNG = np.random.default_rng(7)


def textbook_mdct(x, window):
    half = len(window) // 2
    n, k = np.arange(2 * half), np.arange(half)[:, None]
    basis = np.cos(np.pi / half * (n + 0.5 + half / 2) * (k + 0.5))
    return np.sqrt(2 / half) * basis @ (window * x)


@pytest.mark.parametrize("half", [256, 960, 1024])
def test_folded_dct4_is_the_mdct(half):
    window = windows.kbd(2 * half, alpha=4)
    x = RNG.standard_normal(5 * half).astype(np.float32)
    lines = mdct_lines(x, 17, window=window.astype(np.float32))
    assert len(lines) == 3
    expected = textbook_mdct(x[17 + half : 17 + 3 * half], window)
    np.testing.assert_allclose(lines[1], expected, atol=2e-4)


def test_mdct_of_a_window_pair_reconstructs():
    """Princen-Bradley: the analysis used here is that of a perfect-reconstruction coder."""
    for window in (
        windows.sine(512),
        windows.kbd(512, alpha=4),
        windows.vorbis(512),
        windows.celt(1920, overlap=120),
    ):
        half = len(window) // 2
        np.testing.assert_allclose(window[:half] ** 2 + window[half:] ** 2, 1, atol=1e-12)


@pytest.mark.parametrize("shape", ["sine", "kbd4", "vorbis"])
def test_sliding_scan_says_what_exact_lines_say(shape):
    half = 1024
    window = {"sine": windows.sine, "kbd4": lambda n: windows.kbd(n, alpha=4), "vorbis": windows.vorbis}[
        shape
    ](2 * half)
    y = (100 * RNG.standard_normal((2, 3 * half))).astype(np.float32)
    edges = np.array([23, 200, 500, 900], dtype=np.int32)
    out = np.zeros((half, 1, 4, 2, 3), dtype=np.float32)
    sliding.scan(y, half, windows.sine_series(shape, 2 * half)[None], edges, out)
    for offset in (0, 1, 511, half - 1):
        left, right = (textbook_mdct(channel[offset : offset + 2 * half], window) for channel in y)
        for c, lines in enumerate((left, right, (left + right) / 2, (left - right) / 2)):
            for band in range(3):
                part = np.log2(np.abs(lines[edges[band] : edges[band + 1]]) + 0.1)
                # the bit pattern of a float is its logarithm to within 0.09, 0.06 too low on average
                assert out[offset, 0, c, 0, band] == pytest.approx(part.mean() - 0.057, abs=0.05)


def test_one_tone_lands_in_its_line_and_subband():
    hz, sr = 5000.0, 44100
    x = np.cos(2 * np.pi * hz * np.arange(8192) / sr).astype(np.float32)
    bands = hybrid.polyphase(x)
    assert np.abs(bands).mean(axis=0).argmax() == int(hz // (sr / 64))
    lines = layer3_lines(x, 0)
    assert np.abs(lines).mean(axis=0).argmax() == int(hz // (sr / 1152))


def test_alias_reduction_undoes_itself():
    """The butterflies are rotations: energy stays."""
    lines = RNG.standard_normal((576, 3)).astype(np.float32)
    turned = lines.copy()
    hybrid._reduce_aliases(turned)
    np.testing.assert_allclose((turned**2).sum(axis=0), (lines**2).sum(axis=0), rtol=1e-5)
    assert not np.allclose(turned, lines)


def test_every_transform_fills_all_offsets():
    for transform in TRANSFORMS:
        y = (100 * RNG.standard_normal((2, transform.reach))).astype(np.float32)
        edges = transform.edges(44100)
        out = np.full(
            (transform.length, len(transform.coders), 4, 2, len(edges) - 1), np.nan, dtype=np.float32
        )
        transform.scan(y, edges, out)
        assert np.isfinite(out).all(), transform.coders


def test_emphasis_is_the_inverse_of_the_decoders():
    from scipy.signal import lfilter

    x = RNG.standard_normal((2, 1000)).astype(np.float32)
    deemphasised = lfilter([1.0], [1.0, -celt.EMPHASIS], x).astype(np.float32)
    np.testing.assert_allclose(celt.emphasise(deemphasised), x, atol=1e-4)
