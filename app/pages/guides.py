"""The usual cutoffs, drawn as thin lines in the spectrogram."""

from typing import Final

GUIDES: Final = (
    (16500, "MP3 128"),
    (20000, "MP3 320, Opus"),
    (18600, "MP3 192"),
    (19300, "MP3 256, AAC 192"),
    (17200, "MP3 160, AAC 128"),
    (15800, "AAC 96, Vorbis q1"),
    (20800, "AC-3"),
    (17900, "AAC 160"),
)
"""Hz where noise is 3 dB down, measured on LAME 3.100, FFmpeg 5.1 and libvorbis; the most telling ones first,
because a line whose name would cover another one's goes without a name."""


def lines() -> list[dict[str, object]]:
    """For the page's viewer."""
    return [{"hz": hz, "name": name} for hz, name in GUIDES]
