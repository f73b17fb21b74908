"""What the original network says, for tests/ml/features/test_network.py: python scripts/network_reference.py WHEEL

Runs musicnn's own graph (models.py out of its wheel) under TensorFlow on a few patches and writes both down. In an
environment of its own: pip install tensorflow-cpu tf_keras librosa==0.11.* soundfile. The real patches come from
LINEAGE_DATA.
"""

import os
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Final

os.environ |= {"TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}

import librosa
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

ROOT: Final = Path(__file__).resolve().parent.parent
DATA: Final = Path(os.environ.get("LINEAGE_DATA") or ROOT.parent / "shared" / "data")
TARGET: Final = ROOT / "tests" / "ml" / "features" / "network_reference.npz"
CLIPS: Final = ("classical/classical.00002", "hiphop/hiphop.00002", "metal/metal.00009")
SR, SAMPLES = 16000, 48128


def main(wheel: Path) -> None:
    mel = np.stack([patch(y) for y in (noise(), np.zeros(SAMPLES), *map(excerpt, CLIPS))]).astype(np.float16)
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(wheel).extractall(folder)
        tags, penultimate = original(mel.astype(np.float32), folder=folder)
    np.savez_compressed(TARGET, mel=mel, tags=tags, penultimate=penultimate)
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size} bytes")


def patch(y: NDArray[Any]) -> NDArray[Any]:
    """As extractor.py makes it, in single precision."""
    S = librosa.feature.melspectrogram(
        y=np.asarray(y, dtype=np.float32), sr=SR, n_fft=512, hop_length=256, n_mels=96, center=False
    )
    return np.asarray(np.log10(10000 * S + 1).T)


def noise() -> NDArray[Any]:
    return 0.1 * np.random.default_rng(0).standard_normal(SAMPLES)


def excerpt(name: str) -> NDArray[Any]:
    y, _ = librosa.load(DATA / "genre" / "gtzan" / "audio_flac" / f"{name}.flac", sr=SR)
    return y[5 * SR : 5 * SR + SAMPLES]


def original(mel: NDArray[np.float32], *, folder: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Logits and penultimate activations."""
    sys.path.insert(0, folder)
    tf.compat.v1.disable_eager_execution()
    from musicnn import models

    x = tf.compat.v1.placeholder(tf.float32, [None, *mel.shape[1:]])
    training = tf.compat.v1.placeholder(tf.bool)
    with tf.name_scope("model"):
        outputs = models.define_model(x, training, "MSD_musicnn", 50)
    with tf.compat.v1.Session() as session:
        tf.compat.v1.train.Saver().restore(session, f"{folder}/musicnn/MSD_musicnn/")
        tags, penultimate = session.run([outputs[0], outputs[-1]], {x: mel, training: False})
    return tags, penultimate


if __name__ == "__main__":
    main(Path(sys.argv[1]))
