"""The possible answers of the quality task.

A class is a coder family at a nominal bitrate; its id is public (API, labels, manifests).
Order within a family is from worse to better, so that "one class off" has a meaning.
"""

from typing import Final

CLASSES: Final = (
    "lossless",
    "mp3-128",
    "mp3-160",
    "mp3-192",
    "mp3-256",
    "mp3-320",
    "mp3-v0",
    "mp3-v2",
    "aac-96",
    "aac-128",
    "aac-192",
    "aac-256",
    "aac-320",
    "vorbis-q3",
    "vorbis-q5",
    "vorbis-q8",
    "opus-96",
    "opus-128",
    "opus-192",
    "ac3-192",
    "wma-192",
    "mp2-256",
)

FAMILIES: Final = ("lossless", "mp3", "aac", "vorbis", "opus", "ac3", "wma", "mp2")

KBPS: Final = {
    "lossless": 1411,
    "mp3-128": 128,
    "mp3-160": 160,
    "mp3-192": 192,
    "mp3-256": 256,
    "mp3-320": 320,
    "mp3-v0": 245,
    "mp3-v2": 190,
    "aac-96": 96,
    "aac-128": 128,
    "aac-192": 192,
    "aac-256": 256,
    "aac-320": 320,
    "vorbis-q3": 112,
    "vorbis-q5": 160,
    "vorbis-q8": 256,
    "opus-96": 96,
    "opus-128": 128,
    "opus-192": 192,
    "ac3-192": 192,
    "wma-192": 192,
    "mp2-256": 256,
}
"""Nominal kbps; for quality-driven modes what they average on stereo music (LAME's and Vorbis' own tables)."""


def family(label: str) -> str:
    """Family of a class id.

    >>> family("mp3-v0"), family("lossless")
    ('mp3', 'lossless')
    """
    return label.partition("-")[0]


def codings(label: str) -> tuple[str, ...]:
    """The codings that a class tells of by itself: of one whose history nobody knows, all there were.

    >>> codings("mp3-192"), codings("lossless")
    (('mp3-192',), ())
    """
    return () if label == "lossless" else (label,)


def neighbours(label: str) -> frozenset[str]:
    """Classes one step away: the next lower and next higher bitrate of the same family, and itself.

    >>> sorted(neighbours("mp3-192"))
    ['mp3-192', 'mp3-v0', 'mp3-v2']
    """
    ladder = sorted((c for c in CLASSES if family(c) == family(label)), key=KBPS.__getitem__)
    at = ladder.index(label)
    return frozenset(ladder[max(0, at - 1) : at + 2])
