"""The ported network says what the original one said, and hears what that heard."""

from pathlib import Path

import librosa
import numpy as np
import pytest

from ml.features import mel, network
from tests import signals

REFERENCE = Path(__file__).parent / "network_reference.npz"
"""Patches and what musicnn's own graph says of them under TensorFlow (scripts/network_reference.py)."""


@pytest.mark.parametrize("layer", ["penultimate", "tags"])
def test_the_port_agrees_with_tensorflow(layer: str) -> None:
    with np.load(REFERENCE) as data:
        found = getattr(network.activations(data["mel"].astype(np.float32)), layer)
        expected = data[layer]
    assert found.shape == expected.shape == (5, {"penultimate": 200, "tags": 50}[layer])
    assert np.abs(found - expected).max() <= 1e-4 * np.abs(expected).max()
    assert np.abs(found - np.roll(expected, 1, axis=0)).max() > 1.0, "the patches differ"


@pytest.mark.parametrize("rms", [1e-3, 0.1, 1.0])
def test_the_bands_are_librosas(rms: float) -> None:
    y = signals.noise(sr=mel.SR, seconds=mel.SAMPLES / mel.SR, rms=rms, channels=2)
    found = mel.log_mel(y)
    assert found.shape == (2, mel.FRAMES, mel.MELS)
    for one, heard in zip(y, found, strict=True):
        S = librosa.feature.melspectrogram(
            y=one, sr=mel.SR, n_fft=512, hop_length=256, n_mels=96, center=False
        )
        np.testing.assert_allclose(heard.T, np.log10(1 + 10000 * S), atol=2e-5)


def test_a_window_is_the_originals_patch_of_three_seconds() -> None:
    assert (mel.FRAMES, mel.SAMPLES) == (187, 186 * 256 + 512)


def test_windows_do_not_know_of_each_other() -> None:
    y = np.concatenate([signals.chirp(200, 4000, sr=mel.SR, seconds=mel.SAMPLES / mel.SR)] * 7)
    y *= np.linspace(0.1, 1, 7, dtype=np.float32)[:, None]
    together = network.activations(mel.log_mel(y)).penultimate
    alone = np.concatenate([network.activations(mel.log_mel(one[None])).penultimate for one in y])
    np.testing.assert_allclose(together, alone, atol=1e-4)
