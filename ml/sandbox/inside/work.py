"""The jobs a child can do with its one file."""

import io
import sys
import traceback
from collections.abc import Callable
from typing import Any

from . import audio, facts, pictures, pump
from .wire import FAIL, Refused, Sender

Job = Callable[[io.FileIO, Sender, dict[str, Any]], None]
JOBS: dict[str, Job] = {"stream": pump.stream, "probe": facts.probe, "picture": pictures.clean}


def run(job: str, file: int, out: int, limits: dict[str, Any]) -> None:
    """Do the job; what goes wrong is said in a FAIL message, our own bugs with the place where they happened."""
    send = Sender(out)
    code, facts = "decoder_crashed", {}
    try:
        JOBS[job](io.FileIO(file, closefd=False), send, limits)
        return
    except Refused as refusal:
        code, facts = refusal.code, refusal.facts
    except MemoryError:
        code, facts = "decoder_out_of_memory", {"limit_bytes": limits["memory_bytes"]}
    finally:
        if (bug := sys.exc_info()[1]) is not None:
            facts = {"reason": f"{type(bug).__name__} at {_place(bug)}"}
        if facts:
            send.json(FAIL, {"code": code, "facts": facts})


def _place(bug: BaseException) -> str:
    last = traceback.extract_tb(bug.__traceback__)[-1]
    return f"{last.filename.rpartition('/')[2]}:{last.lineno}"


def warm() -> None:
    """Import now what the libraries import late: a jailed child can open no file."""
    audio.warm()
    facts.warm()
    pictures.warm()
