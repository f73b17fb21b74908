"""A file's PCM as a stream of float32 blocks, decoded in a sandboxed child."""

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ml import sandbox
from ml.errors import DecoderCrashed, Undecodable
from ml.sandbox.inside.wire import BLOCK, DONE, FORMATS, HEAD, PCM
from ml.sandbox.limits import Limits
from ml.units import Samples

_DTYPES = {"u8": "u1", "s16": "i2", "s32": "i4", "flt": "f4", "dbl": "f8"}
_LOUDEST = 1e4
"""+80 dBFS: beyond it a float is no sample value."""


@contextmanager
def stream(path: str | os.PathLike[str], *, limits: Limits | None = None) -> Iterator["PcmStream"]:
    """Decode the first audio stream of the file.

    Raises what :mod:`ml.errors` calls InputError and SandboxError, here or while the blocks are read.
    """
    with sandbox.open(path, job="stream", limits=limits or Limits()) as child:
        yield PcmStream(child)


class PcmStream:
    """Iterate for blocks of shape (1 or 2, n), float32, full scale 1.0, of any length n >= 1.

    Integers are scaled by 2**-(bits - 1) exactly, a lossy decoder's floats come as they are, and of more
    than two channels the first two. What the container says about padding at start and end is applied.
    """

    def __init__(self, child: sandbox.Child) -> None:
        self._child = child
        self._messages = child.messages()
        kind, payload = next(self._messages)
        self._ended = kind == DONE
        if self._ended:
            raise Undecodable(reason="no sample could be decoded")
        self.sr, self.n_channels, self.bit_depth = _head(sandbox.sense(payload))
        """Rate and channels of the file; bits a sample where it is lossless."""
        self.fraction = 0.0
        """Share of the file that has been read, 0 to 1."""
        self.faults = 0
        """Damaged packets that were skipped; known at the end."""

    def __iter__(self) -> Iterator[Samples]:
        for kind, payload in self._messages:
            if kind == PCM:
                yield self._block(payload)
            elif kind == DONE:
                self.faults = int(sandbox.sense(payload).get("faults", 0))
            elif kind != HEAD:
                raise DecoderCrashed(reason="an unknown message")

    def _block(self, payload: memoryview) -> Samples:
        try:
            index, channels, _, n, position = BLOCK.unpack_from(payload)
            y = to_float(FORMATS[index], payload[BLOCK.size :], channels=channels, n=n)
        except (struct.error, ValueError, IndexError):
            raise DecoderCrashed(reason="a message that makes no sense") from None
        if not y.size:
            raise DecoderCrashed(reason="a message that makes no sense")
        self.fraction = min(1.0, position / self._child.size)
        wanted = min(2, self.n_channels)
        return y if len(y) == wanted else np.repeat(y[:1], wanted, axis=0) if len(y) < wanted else y[:wanted]


def _head(said: dict[str, Any]) -> tuple[int, int, int | None]:
    sr, channels, bits = said.get("sr"), said.get("channels"), said.get("bit_depth")
    if not (isinstance(sr, int) and isinstance(channels, int) and sr > 0 < channels):
        raise DecoderCrashed(reason="a message that makes no sense")
    return sr, channels, bits if isinstance(bits, int) else None


def to_float(form: str, data: memoryview, *, channels: int, n: int) -> Samples:
    """Raw samples of FFmpeg's sample format to float32 of shape (up to 2, n), full scale 1.0."""
    raw = np.frombuffer(data, dtype="<" + _DTYPES[form.removesuffix("p")], count=channels * n)
    y = raw.reshape(channels, n) if form.endswith("p") else raw.reshape(n, channels).T
    y = y[:2]
    if raw.dtype.kind in "ui":
        step = np.float32(2.0 ** -(8 * raw.dtype.itemsize - 1))
        zero = np.float32(128.0 if raw.dtype.kind == "u" else 0.0)
        scaled: Samples = np.multiply(y - zero if zero else y, step, dtype=np.float32, order="C")
        return scaled
    if not np.abs(y).max(initial=0.0) <= _LOUDEST:  # true for NaN as well
        raise Undecodable(reason="holds values that are no samples (NaN, infinite or absurdly large)")
    return np.ascontiguousarray(y, dtype=np.float32)
