"""The jobs a child can do with its one file."""

import io
from collections.abc import Callable
from typing import Any

from . import audio, facts, pictures, pump
from .wire import FAIL, Refused, Sender

Job = Callable[[io.FileIO, Sender, dict[str, Any]], None]
JOBS: dict[str, Job] = {"stream": pump.stream, "probe": facts.probe, "picture": pictures.clean}


def run(job: str, file: int, out: int, limits: dict[str, Any]) -> None:
    """Do the job; whatever goes wrong in a foreseen way is said in a FAIL message."""
    send = Sender(out)
    try:
        JOBS[job](io.FileIO(file, closefd=False), send, limits)
    except Refused as refusal:
        send.json(FAIL, {"code": refusal.code, "facts": refusal.facts})
    except MemoryError:
        send.json(FAIL, {"code": "decoder_out_of_memory", "facts": {"limit_bytes": limits["memory_bytes"]}})


def warm() -> None:
    """Import now what the libraries import late: a jailed child can open no file."""
    audio.warm()
    facts.warm()
    pictures.warm()
