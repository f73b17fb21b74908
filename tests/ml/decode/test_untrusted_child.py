"""A child that was taken over may say anything; the parent ends it with an error of ours."""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ml import sandbox
from ml.decode.pcm import PcmStream, to_float
from ml.decode.recording import fold
from ml.errors import LineageError, SandboxError, TooLong
from ml.sandbox import Limits
from ml.sandbox.inside.wire import BLOCK, DONE, FORMATS, HEAD, PCM
from tests import signals

Message = tuple[bytes, memoryview]
GOOD = memoryview(json.dumps({"sr": 8000, "channels": 1, "bit_depth": 16}).encode())
NONSENSE = [
    b"",
    b"[]",
    b"{",
    b"\xff",
    b'{"sr": "x"}',
    b'{"sr": 0, "channels": 1}',
    b'{"sr": 8000, "channels": -1}',
    b"null",
]


@dataclass
class Liar:
    """Stands where the child's end stands."""

    said: list[Message]
    size: int = 1
    pid: int = field(default=0)

    def messages(self) -> Iterator[Message]:
        yield from self.said


@pytest.mark.parametrize("head", NONSENSE)
def test_nonsense_first(head: bytes) -> None:
    with pytest.raises(SandboxError):
        PcmStream(Liar([(HEAD, memoryview(head))]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        bytes(3),
        BLOCK.pack(99, 1, 0, 10, 0) + bytes(20),
        BLOCK.pack(1, 1, 0, 4_000_000_000, 0) + bytes(20),
        BLOCK.pack(1, 0, 0, 10, 0) + bytes(20),
        BLOCK.pack(3, 1, 0, 2, 0) + struct.pack("<f", 1.0),
    ],
)
def test_nonsense_as_samples(payload: bytes) -> None:
    pcm = PcmStream(Liar([(HEAD, GOOD), (PCM, memoryview(payload))]))  # type: ignore[arg-type]
    with pytest.raises(LineageError):
        list(pcm)


def test_endless_samples() -> None:
    block = memoryview(
        BLOCK.pack(1, 1, 0, 65536, 0) + signals.integers(signals.noise(seconds=1.4861), bits=16)[0].tobytes()
    )
    pcm = PcmStream(Liar([(HEAD, GOOD), *[(PCM, block)] * 50]))  # type: ignore[arg-type]
    with pytest.raises(TooLong):
        fold(pcm, limits=Limits(max_duration_s=60))


@pytest.mark.parametrize("report", NONSENSE)
def test_nonsense_at_the_end(report: bytes) -> None:
    block = memoryview(BLOCK.pack(1, 1, 0, 1, 0) + bytes(2))
    pcm = PcmStream(Liar([(HEAD, GOOD), (PCM, block), (DONE, memoryview(report))]))  # type: ignore[arg-type]
    try:
        assert sum(y.shape[1] for y in pcm) == 1
    except SandboxError as error:
        assert error.facts  # noqa: PT017


def test_samples_of_every_format_scale_to_one() -> None:
    raw = {
        "u8": bytes([0, 128]), "s16": struct.pack("<2h", -32768, 0), "s32": struct.pack("<2i", -(2**31), 0),
        "flt": struct.pack("<2f", -1, 0), "dbl": struct.pack("<2d", -1, 0),
    }  # fmt: skip
    for form in FORMATS:
        data = memoryview(raw[form.removesuffix("p")])
        assert to_float(form, data, channels=1, n=2).tolist() == [[-1.0, 0.0]]
        assert to_float(form, data, channels=2, n=1).tolist() == [[-1.0], [0.0]]


def test_a_device_is_no_audio() -> None:
    with pytest.raises(LineageError), sandbox.open(Path("/dev/zero"), job="stream", limits=Limits()):
        pass
