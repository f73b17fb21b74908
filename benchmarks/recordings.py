"""The files of ``side_by_side``: what may happen to a recording before somebody calls it a FLAC."""

from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal

from ml.corpus import Master, load, masters
from ml.encode import decode, encode, quantise, resample
from ml.units import Samples

SR, SHORTEST_S, LONGEST_S = 44100, 8.0, 10.0


def chosen(count: int) -> list[Master]:
    """One recording from each of ``count`` supergroups: stereo music first, then other stereo, then mono."""
    order = sorted(
        (m for m in masters() if m.seconds >= SHORTEST_S),
        key=lambda m: (m.channels == 1, m.kind != "music", _shuffled(m.supergroup), _shuffled(m.clip)),
    )
    first: dict[str, Master] = {}
    for master in order:
        first.setdefault(master.supergroup, master)
    if len(first) < count:
        raise SystemExit(f"Only {len(first)} origins have clips of {SHORTEST_S:g} s or more.")
    return list(first.values())[:count]


def song(*, seconds: int) -> Samples:
    """Clips of stereo music one after the other, from the start again if they end too soon, shape (2, n)."""
    clips = [load(m) for m in masters() if m.kind == "music" and m.channels == 2 and m.sr == SR]
    y = np.concatenate(clips, axis=1)
    return np.tile(y, (1, -(-SR * seconds // y.shape[1])))[:, : SR * seconds]


def files(master: Master, *, folder: Path) -> Iterator[tuple[str, Path]]:
    """(kind, FLAC file of 16 bits at 44.1 kHz) for each of KINDS."""
    y = resample(load(master)[:, : round(LONGEST_S * master.sr)], sr=master.sr, to=SR)
    y = quantise(y, depth="16")
    for number, (kind, make) in enumerate(KINDS.items()):
        path = folder / f"{_shuffled(master.clip)}-{number:02d}.flac"  # a name that tells nothing
        soundfile.write(path, quantise(make(y), depth="16").T, SR, subtype="PCM_16")
        yield kind, path


def _lowpassed(y: Samples) -> Samples:
    """At 16 kHz with a transition of 500 Hz, as a sampler's or a broadcaster's filter."""
    taps = signal.firwin(int(3.3 * SR / 500) | 1, 16000, fs=SR)
    return np.asarray(signal.oaconvolve(y, taps[None], mode="same", axes=1), dtype=np.float32)


def _turned_down(y: Samples) -> Samples:
    return quantise(y * np.float32(10 ** (-3 / 20)), depth="16", dither=np.random.default_rng(0))


def _coded(label: str) -> Callable[[Samples], Samples]:
    def through(y: Samples) -> Samples:
        z, sr = decode(encode(y, sr=SR, label=label))
        return resample(z, sr=sr, to=SR)

    return through


def _resampled(y: Samples) -> Samples:
    """MP3 at 256 kbps, to 48 kHz and back afterwards."""
    z = quantise(resample(_coded("mp3-256")(y), sr=SR, to=48000), depth="16")
    return resample(z, sr=48000, to=SR)


GENUINE = ("genuine", "genuine, low-passed at 16 kHz", "genuine, -3 dB and dither")
KINDS: Mapping[str, Callable[[Samples], Samples]] = {
    **dict(zip(GENUINE, (lambda y: y, _lowpassed, _turned_down), strict=True)),
    **{f"MP3 {kbps}": _coded(f"mp3-{kbps}") for kbps in (128, 192, 256, 320)},
    "MP3 V0": _coded("mp3-v0"),
    "MP3 256, resampled": _resampled,
    **{f"AAC {kbps}": _coded(f"aac-{kbps}") for kbps in (128, 256, 320)},
    "Vorbis q5": _coded("vorbis-q5"),
    "Opus 128": _coded("opus-128"),
}


def _shuffled(name: str) -> str:
    """A fixed order that has nothing to do with names."""
    return blake2b(name.encode(), digest_size=6).hexdigest()
