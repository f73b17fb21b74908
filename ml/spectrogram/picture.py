"""A spectrogram picture that somebody sent, made safe to store and show."""

import os

from ml import sandbox
from ml.errors import BadPicture, DecoderCrashed, EmptyFile
from ml.sandbox.inside.wire import BLOB
from ml.sandbox.limits import Limits


def clean(path: str | os.PathLike[str], *, limits: Limits | None = None) -> bytes:
    """Decode a PNG, JPEG or WebP in the sandbox and encode it anew.

    The PNG that comes back has one frame, grey or RGB of 8 bits, at most 2000 x 4000 pixels and no metadata.
    Raises BadPicture, SandboxError, OSError.
    """
    try:
        with sandbox.open(path, job="picture", limits=limits or Limits()) as child:
            png = next((bytes(payload) for kind, payload in child.messages() if kind == BLOB), b"")
    except EmptyFile:
        raise BadPicture(reason="empty") from None
    if not png.startswith(b"\x89PNG\r\n\x1a\n"):
        raise DecoderCrashed(reason="a message that makes no sense")
    return png
