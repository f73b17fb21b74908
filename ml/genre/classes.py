"""The possible answers of the genre task: the ten of GTZAN (Tzanetakis and Cook, 2002)."""

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
