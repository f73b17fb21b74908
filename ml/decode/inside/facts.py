import io
from typing import Any

from .wire import Sender


def probe(file: io.FileIO, send: Sender, limits: dict[str, Any]) -> None: ...
def warm() -> None: ...
