"""The three pieces of the front page; ml.examples makes the files."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Example:
    name: str
    file: str
    title: str
    says: str


EXAMPLES: Final = (
    Example("lossless", "lossless.flac", "A real lossless", "FLAC, never coded before"),
    Example("dressed-up", "dressed-up-320.mp3", "A 128 dressed up", "sold as MP3 320"),
    Example("picture", "spectrogram.png", "A spectrogram picture", "PNG, as forums post them"),
)


def by_name(name: str) -> Example | None:
    """
    >>> by_name("lossless").file, by_name("../etc/passwd")
    ('lossless.flac', None)
    """
    return next((example for example in EXAMPLES if example.name == name), None)
