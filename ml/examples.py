"""The front page's three examples, synthesised: ``python -m ml.examples --out static/examples``.

Every note is made here, so the pieces are ours to give away and their history is known for certain.
"""

import argparse
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

from ml.encode import decode, encode, quantise
from ml.spectrogram.accumulate import Accumulator
from ml.spectrogram.render import labelled
from ml.units import Samples

SR: Final = 44100
LENGTH_S: Final = 9.0
A4: Final = 440.0
Sound = NDArray[np.float64]


class Tune(NamedTuple):
    """What makes one piece different from the next."""

    seed: int
    beat_s: float
    chords: tuple[tuple[int, ...], ...]
    """Semitones from A4, one chord each four beats."""
    brightness: float
    """0 to 1: how slowly a string loses its overtones."""


TUNES: Final = {
    "dawn": Tune(7, 0.30, ((-24, -12, -5, 0, 4, 7), (-26, -14, -7, -2, 2, 5), (-28, -16, -9, -4, 0, 3)), 0.5),
    "dusk": Tune(21, 0.26, ((-21, -9, -2, 3, 6, 10), (-25, -13, -6, -1, 3, 6), (-23, -11, -4, 1, 5, 8)), 0.7),
    "port": Tune(40, 0.36, ((-19, -7, 0, 5, 9, 12), (-24, -12, -5, 0, 4, 9), (-22, -10, -3, 2, 7, 10)), 0.4),
}


def main(argv: list[str] | None = None) -> int:
    """Write all three."""
    parser = argparse.ArgumentParser(prog="python -m ml.examples", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("static/examples"))
    folder: Path = parser.parse_args(argv).out
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files():
        (folder / name).write_bytes(data)
    return 0


def files() -> Iterable[tuple[str, bytes]]:
    """File names and bytes: a lossless, a 128 dressed up as 320, and a spectrogram picture of a 192."""
    yield "lossless.flac", flac(piece(TUNES["dawn"]))
    once, sr = decode(encode(piece(TUNES["dusk"]), sr=SR, label="mp3-128"), depth="16")
    yield "dressed-up-320.mp3", encode(once, sr=sr, label="mp3-320")
    coded, sr = decode(encode(piece(TUNES["port"]), sr=SR, label="mp3-192"), depth="16")
    yield "spectrogram.png", picture(coded, sr=sr, title="harbour.flac")


def flac(y: Samples) -> bytes:
    """16 bit; y : shape (2, n), already on that lattice."""
    out = io.BytesIO()
    soundfile.write(out, np.rint(y.T * 32768).astype(np.int16), SR, format="FLAC", subtype="PCM_16")
    return out.getvalue()


def picture(y: Samples, *, sr: int, title: str) -> bytes:
    """As people post them; y : shape (2, n)."""
    accumulator = Accumulator(sr=sr)
    accumulator.add(y)
    out = io.BytesIO()
    labelled(accumulator.finish(), "L", title=title).save(out, "PNG", optimize=True)
    return out.getvalue()


def piece(tune: Tune) -> Samples:
    """Strings, pad and percussion in a small room; shape (2, n), 16 bit with dither, the same every time."""
    rng = np.random.default_rng(tune.seed)
    n = int(LENGTH_S * SR)
    dry = np.zeros((2, n))
    for beat in range(int(LENGTH_S / tune.beat_s)):
        at, chord = beat * tune.beat_s, tune.chords[beat // 8 % len(tune.chords)]
        string = _pluck(_hz(chord[1 + beat * 2 % 5]), rng, brightness=tune.brightness)
        _add(dry, string, at=at, pan=rng.uniform(-0.7, 0.7))
        if beat % 4 == 0:
            _add(dry, 1.3 * _pluck(_hz(chord[0]), rng, brightness=0.9), at=at, pan=0.0)
        if beat % 8 == 0:
            _add(dry, _pad([_hz(s) for s in chord], rng, seconds=8 * tune.beat_s), at=at, pan=0.0)
        accent = 0.32 if beat % 2 else 0.2
        _add(dry, accent * _shaker(rng), at=at + rng.uniform(0.0, 0.004), pan=0.4)
        if beat % 4 == 2:
            _add(dry, 0.5 * _clap(rng), at=at, pan=-0.2)
    wet = dry + 0.22 * np.stack([fftconvolve(side, _room(rng))[:n] for side in dry])
    fade = np.minimum(1.0, np.arange(n)[::-1] / (0.8 * SR))
    y = (0.7 * wet / np.abs(wet).max() * fade).astype(np.float32)
    return quantise(y, depth="16", dither=rng)


def _hz(semitones: int) -> float:
    return float(A4 * 2.0 ** (semitones / 12))


def _add(mix: Sound, sound: Sound, *, at: float, pan: float) -> None:
    """``sound`` is mono or has two sides; pan from -1 to 1, equal power."""
    start = int(at * SR)
    length = min(sound.shape[-1], mix.shape[1] - start)
    gains = np.array([np.cos((pan + 1) * np.pi / 4), np.sin((pan + 1) * np.pi / 4)])
    mix[:, start : start + length] += gains[:, None] * np.atleast_2d(sound)[:, :length]


def _pluck(hz: float, rng: np.random.Generator, *, brightness: float) -> Sound:
    """Karplus and Strong, 1983: a burst of noise in a loop that damps its overtones."""
    n, period = int(1.6 * SR), round(SR / hz)
    burst = np.zeros(n)
    burst[:period] = lfilter([0.5], [1.0, -0.5], rng.uniform(-1, 1, period))
    loop = np.zeros(period + 2)
    loop[0] = 1.0
    loop[period : period + 2] = -0.996 * np.array([0.5 + brightness / 2, 0.5 - brightness / 2])
    string: Sound = lfilter([1.0], loop, burst)
    return 0.35 * string * np.exp(-np.arange(n) / (0.5 * SR))


def _pad(chord: list[float], rng: np.random.Generator, *, seconds: float) -> Sound:
    """Detuned saws, a little different on each side, swelling in and out; shape (2, n)."""
    t = np.arange(int(seconds * SR)) / SR
    sides = np.zeros((2, t.size))
    for side, detune in zip(sides, (0.998, 1.002), strict=True):
        for hz in chord:
            for k in range(1, min(24, int(18000 / hz))):
                side += np.sin(2 * np.pi * hz * detune * k * t + rng.uniform(0, 2 * np.pi)) / k**1.3
    return np.asarray(0.03 * np.sin(np.pi * np.clip(t / seconds, 0, 1)) ** 0.7 * sides)


def _shaker(rng: np.random.Generator) -> Sound:
    """Noise above 5 kHz with two grains; reaches to the end of the band on both sides apart; shape (2, n)."""
    n = int(0.12 * SR)
    t = np.arange(n) / SR
    shape = np.exp(-t / 0.018) + 0.5 * np.exp(-np.abs(t - 0.045) / 0.012)
    noise: Sound = sosfilt(butter(2, 5000, "highpass", fs=SR, output="sos"), rng.standard_normal((2, n)))
    return np.asarray(0.22 * shape * noise)


def _clap(rng: np.random.Generator) -> Sound:
    n = int(0.25 * SR)
    t = np.arange(n) / SR
    noise: Sound = sosfilt(butter(1, 1200, "highpass", fs=SR, output="sos"), rng.standard_normal((2, n)))
    return np.asarray(0.2 * np.exp(-t / 0.05) * noise)


def _room(rng: np.random.Generator) -> Sound:
    n = int(0.7 * SR)
    tail: Sound = lfilter([0.35], [1.0, -0.65], rng.standard_normal(n))  # walls swallow the highs
    return np.asarray(0.08 * tail * np.exp(-np.arange(n) / (0.16 * SR)))


if __name__ == "__main__":
    raise SystemExit(main())
