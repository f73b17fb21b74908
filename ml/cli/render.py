"""``render``: the spectrogram as the server draws it."""

import argparse

from ml.decode import record
from ml.spectrogram.render import png


def run(asked: argparse.Namespace) -> int:
    """Writes the picture; raises ``InputError`` for a file that cannot be drawn."""
    spectrogram = record(asked.file).spectrogram
    asked.output.write_bytes(png(spectrogram, asked.channel, palette=asked.palette))
    return 0
