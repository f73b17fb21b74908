"""Vorbis by libvorbis, through libsndfile."""

import io

import soundfile

from ml.units import Samples

BLOCK = 4096
"""Frames a write. libsndfile crashes when libvorbis is handed very long blocks."""


def encode_vorbis(y: Samples, *, sr: int, quality: float) -> bytes:
    """An Ogg Vorbis file at ``quality`` 0..1, as ``oggenc -q`` over ten.

    y : shape (channels, n)
    """
    out = io.BytesIO()
    with soundfile.SoundFile(
        out,
        "w",
        samplerate=sr,
        channels=len(y),
        format="OGG",
        subtype="VORBIS",
        compression_level=1.0 - quality,  # libsndfile turns it round: quality = 1 - level
    ) as file:
        for start in range(0, y.shape[1], BLOCK):
            file.write(y[:, start : start + BLOCK].T)
    return out.getvalue()
