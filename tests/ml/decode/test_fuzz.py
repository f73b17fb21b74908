"""Mutated files: any answer or any reason, in time; no decoder crashes, and never a dead parent."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from ml.decode import Limits, probe, record
from ml.errors import DecoderOutOfMemory, DecoderTimeout, InputError
from tests import signals

SEEDS = {
    "wav": {"codec": "pcm_s16le", "container": "wav"},
    "aiff": {"codec": "pcm_s16be", "container": "aiff"},
    "caf": {"codec": "alac", "container": "caf"},
    "flac": {"codec": "flac", "container": "flac"},
    "ogg flac": {"codec": "flac", "container": "ogg"},
    "opus": {"codec": "libopus", "container": "ogg", "kbps": 96, "sr": 48000},
    "matroska": {"codec": "aac", "container": "matroska", "kbps": 96},
    "m4a": {"codec": "aac", "container": "ipod", "kbps": 96},
    "alac": {"codec": "alac", "container": "ipod"},
    "mp3": {"codec": "libmp3lame", "container": "mp3", "kbps": 96},
    "adts": {"codec": "aac", "container": "adts", "kbps": 96},
    "ac3": {"codec": "ac3", "container": "ac3", "kbps": 192},
    "wma": {"codec": "wmav2", "container": "asf", "kbps": 128},
    "mp2": {"codec": "mp2", "container": "mp2", "kbps": 192},
}
Write = Callable[[bytes], Path]


def mutants(data: bytes, *, count: int, seed: int) -> Iterator[bytes]:
    """Half of the changes fall into the first kilobyte, where the headers are."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        made = bytearray(data)
        for _ in range(int(rng.integers(1, 24))):
            at = int(rng.integers(0, min(1024, len(made)) if rng.random() < 0.5 else len(made)))
            _mutate(made, at, rng)
        yield bytes(made[: int(rng.integers(1, len(made) + 1))] if number % 5 == 0 else made)


def _mutate(made: bytearray, at: int, rng: np.random.Generator) -> None:
    kind, size = int(rng.integers(0, 5)), int(rng.integers(1, 9))
    if kind == 0:
        made[at] ^= 1 << int(rng.integers(0, 8))
    elif kind == 1:
        made[at : at + size] = rng.bytes(size)
    elif kind == 2:
        made[at : at + 4] = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4), b"\x80\0\0\0")[size % 4]
    elif kind == 3 and len(made) > 64:
        del made[at : at + size]
    else:
        made[at:at] = made[at : at + 16 * size]


def _survives(data: bytes, write: Write) -> None:
    path = write(data)
    for look in (probe, lambda p, limits: record(p, limits=limits)):
        began = time.monotonic()
        with suppress(InputError, DecoderOutOfMemory, DecoderTimeout):
            look(path, limits=Limits())
        assert time.monotonic() - began < 10
    path.unlink()


@pytest.mark.parametrize("name", SEEDS)
def test_a_few_mutants(name: str, write: Write) -> None:
    settings = {"sr": 44100, **SEEDS[name]}
    data = signals.encode(signals.music(sr=settings["sr"], seconds=1.5), **settings)
    for made in mutants(data, count=4, seed=len(name)):
        _survives(made, write)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", SEEDS)
def test_many_mutants(name: str, write: Write) -> None:
    settings = {"sr": 44100, **SEEDS[name]}
    data = signals.encode(signals.music(sr=settings["sr"], seconds=1.5), **settings)
    for made in mutants(data, count=60, seed=1000 + len(name)):
        _survives(made, write)
