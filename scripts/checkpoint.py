"""Reads a TensorFlow checkpoint (format V2) without TensorFlow.

``.index`` is a sorted string table of LevelDB's kind (doc/table_format.md there) without compression, its values are
``BundleEntryProto`` (tensorflow/core/protobuf/tensor_bundle.proto); ``.data`` holds the numbers one after the other.
"""

import struct
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_MAGIC: Final = 0xDB4775248B80FB57
_FOOTER: Final = 48
_FLOAT: Final = 1
"""DT_FLOAT; other types, such as counters of steps, are left out."""


def tensors(index: bytes, data: bytes) -> dict[str, NDArray[np.float32]]:
    """All tensors of floats by name. One shard."""
    footer = index[-_FOOTER:]
    if struct.unpack("<Q", footer[-8:])[0] != _MAGIC:
        raise ValueError("not the index of a checkpoint")
    handles, at = [], 0
    for _ in range(4):  # offset and size of the meta index, then of the index
        number, at = _varint(footer, at)
        handles.append(number)
    found = {}
    for _, handle in _entries(_block(index, handles[2], handles[3])):
        offset, after = _varint(handle, 0)
        for name, value in _entries(_block(index, offset, _varint(handle, after)[0])):
            tensor = _tensor(value, data) if name else None  # the nameless first entry is a header
            if tensor is not None:
                found[name.decode()] = tensor
    return found


def _block(index: bytes, offset: int, size: int) -> bytes:
    if index[offset + size]:
        raise ValueError("the index is compressed")
    return index[offset : offset + size]


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys share their beginnings with the key before."""
    end = len(block) - 4 - 4 * struct.unpack("<I", block[-4:])[0]
    key, at = b"", 0
    while at < end:
        shared, at = _varint(block, at)
        own, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + own]
        yield key, block[at + own : at + own + length]
        at += own + length


def _tensor(entry: bytes, data: bytes) -> NDArray[np.float32] | None:
    fields: dict[int, Any] = dict(_fields(entry))
    if fields.get(1) != _FLOAT:
        return None
    shape: list[tuple[int, Any]] = list(_fields(fields.get(2, b"")))
    sizes: list[Any] = [dict(_fields(one)).get(1, 0) for number, one in shape if number == 2 and one]
    offset, size = fields.get(4, 0), fields.get(5, 0)
    return np.frombuffer(data[offset : offset + size], dtype="<f4").reshape(sizes)


def _fields(message: bytes) -> Iterator[tuple[int, "int | bytes"]]:
    """Numbers and contents of a protocol buffer's fields."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind, size = key & 7, 0
        if kind == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
        elif kind == 2:
            size, at = _varint(message, at)
            yield key >> 3, message[at : at + size]
        else:
            size = {1: 8, 5: 4}[kind]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
