"""The ten genres, as G. Tzanetakis and P. Cook named them (Musical Genre Classification of Audio Signals, 2002)."""

from typing import Final

CLASSES: Final = (
    "blues",
    "classical",
    "country",
    "disco",
    "hiphop",
    "jazz",
    "metal",
    "pop",
    "reggae",
    "rock",
)
