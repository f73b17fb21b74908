"""What a file claims about itself."""

import os
from dataclasses import fields
from typing import Any

from ml import sandbox
from ml.answer import Declared
from ml.errors import DecoderCrashed
from ml.sandbox.inside.wire import HEAD
from ml.sandbox.limits import Limits

_FIELDS = {field.name for field in fields(Declared)}


def probe(path: str | os.PathLike[str], *, limits: Limits | None = None) -> Declared:
    """Read the headers in a sandboxed child; nothing is decoded beyond what they need."""
    with sandbox.open(path, job="probe", limits=limits or Limits()) as child:
        found: dict[str, Any] = {}
        for kind, payload in child.messages():
            if kind == HEAD:
                found = sandbox.sense(payload)
    if not found.keys() <= _FIELDS:
        raise DecoderCrashed(reason="a message that makes no sense")
    return Declared(**found)
