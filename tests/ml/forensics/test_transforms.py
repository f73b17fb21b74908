"""The fast transforms are the textbook ones."""

from dataclasses import replace

import numpy as np
import pytest

from ml.forensics import celt, hybrid, sliding, windows
from ml.forensics.channels import four
from ml.forensics.grid import TRANSFORMS
from ml.forensics.mdct import mdct
from ml.forensics.steps import fit
from ml.forensics.transforms import CODERS, PHASES, consecutive
from tests.coded import coded

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
    frames = np.lib.stride_tricks.sliding_window_view(x[17:], 2 * half)[::half]
    lines = mdct(frames, window.astype(np.float32))
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
    lines = consecutive(x, coder=CODERS["mp3"])
    assert np.abs(lines).mean(axis=0).argmax() == int(hz // (sr / 1152))


def test_alias_reduction_undoes_itself():
    """The butterflies are rotations: energy stays."""
    lines = RNG.standard_normal((576, 3)).astype(np.float32)
    turned = lines.copy()
    hybrid.reduce_aliases(turned)
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


@pytest.mark.parametrize(
    ("coder", "window"),
    [
        ("aac-sine", windows.sine(2048)),
        ("aac-kbd", windows.kbd(2048, alpha=4)),
        ("vorbis", windows.vorbis(2048)),
        ("opus", windows.celt(1920, overlap=120)),
        ("ac3", windows.kbd(512, alpha=5)),
    ],
)
def test_a_coders_lines_are_the_mdct_under_its_window(coder, window):
    frames = RNG.standard_normal((2, CODERS[coder].span)).astype(np.float32)
    lines = CODERS[coder].lines(frames)
    assert lines.shape == (2, CODERS[coder].length)
    np.testing.assert_allclose(lines[1], textbook_mdct(frames[1], window), atol=2e-4)


@pytest.mark.parametrize("coder", ["mp3", "aac-kbd", "opus", "ac3"])
def test_consecutive_frames_are_single_ones(coder):
    how = CODERS[coder]
    x = (100 * RNG.standard_normal(5 * how.length + how.span - 1)).astype(np.float32)
    frames = np.stack([x[k * how.length :][: how.span] for k in range(5)])
    lines = consecutive(x, coder=how)
    assert lines.shape == (5, how.length)
    np.testing.assert_allclose(lines, how.lines(frames), atol=1e-3)
    assert consecutive(x[: how.span - 1], coder=how).shape == (0, how.length)


def evidence(coder, *, law, at, gain=1.0):
    """Of the channel that says most, over the bands between 1 and 12 kHz of a float decode at 192 kbps."""
    how = CODERS[coder]
    y, sr = coded({"mp3": "mp3-192", "aac-kbd": "aac-192"}[coder], depth="float")
    edges = how.bands(sr)
    edges = edges[(edges > how.length / 22) & (edges < how.length * 12 / 22)]
    channels = (consecutive(x[at:] * np.float32(gain * 32768), coder=how)[10:60] for x in y)
    found = [fit(np.abs(x), edges, law=law, noise=0.1)[1] for x in four(*channels)]
    return max(np.clip(x, -1, 3).mean() for x in found)


@pytest.mark.parametrize(("coder", "offset"), [("mp3", 48), ("aac-kbd", 0)])
def test_steps_have_the_coders_absolute_size(coder, offset):
    """The transform's scale and the exact law's phase belong together; one sample beside the grid nothing fits."""
    law = CODERS[coder].exact
    here = evidence(coder, law=law, at=offset)
    assert here > 0.3
    assert evidence(coder, law=law, at=offset + 1) < -0.5
    for beside in (1 / 16, 1 / 8, 3 / 16):
        assert evidence(coder, law=replace(law, phase=law.phase + beside), at=offset) < here - 0.2


@pytest.mark.parametrize(("coder", "offset"), [("mp3", 48), ("aac-kbd", 0)])
@pytest.mark.parametrize("phase", [0, 3, 6])
def test_a_gain_is_told_by_the_law_that_fits(coder, offset, phase):
    how = CODERS[coder]
    gain = 2 ** (phase / how.exact.per_octave / PHASES)
    found = [evidence(coder, law=law, at=offset, gain=gain) for law in how.shifted()]
    assert np.argmax(found) == phase


def test_only_coders_with_a_known_step_have_shifted_laws():
    assert {len(CODERS[coder].shifted()) for coder in ("mp3", "aac-sine", "aac-kbd")} == {PHASES}
    assert CODERS["vorbis"].shifted() == ()
