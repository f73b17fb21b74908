"""``render``: the spectrogram as the server draws it, with axes, a legend and what the file claims."""

import argparse

from ml.decode import probe, record
from ml.spectrogram.pictures import Pictures
from ml.spectrogram.render import describe, labelled


def run(asked: argparse.Namespace) -> int:
    """Writes the picture; raises ``InputError`` for a file that cannot be drawn. A mono file has a left only."""
    claim = describe(probe(asked.file))
    drawn: list[Pictures] = []
    record(asked.file, on_drawn=drawn.append)
    spectrogram = drawn[0].spectrogram
    channel = asked.channel if asked.channel in spectrogram.channels else "L"
    picture = labelled(spectrogram, channel, palette=asked.palette, title=asked.file.name, subtitle=claim)
    picture.save(asked.output, "PNG")
    return 0
