"""Runs an encoder that is a program of its own: samples in, the bytes of its file out."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import soundfile

from ml.encode.pcm import Depth, quantise
from ml.encode.tools import TOOLS, Tool, tool_of
from ml.errors import EncoderFailed, EncoderMissing
from ml.quality.classes import family
from ml.units import Samples, Seconds

SETTING = "LINEAGE_ENCODERS"
SCRIPT = "scripts/encoders.py"
LIMIT: Final = Seconds(60.0)
"""For 20 s of sound; the slowest needs three."""


def encode_external(y: Samples, *, sr: int, label: str, variant: str) -> bytes:
    """A whole file, as :func:`ml.encode.encode` gives it.

    y : shape (channels, n), at a rate the class knows
    variant : "tool:variant"

    Raises EncoderMissing, naming the script that fetches it, and EncoderFailed.
    """
    name = tool_of(variant)
    tool = TOOLS[name]
    way = tool.ways[label][variant.partition(":")[2]]
    program = find(name)
    with TemporaryDirectory(prefix="lineage-encode-") as folder:
        source, target = Path(folder, "in.wav"), Path(folder, "out" + tool.suffix[family(label)])
        _write(source, y, sr=sr, depth=tool.depth)
        words = _command(tool, program=program, way=way, source=source, target=target)
        _call(words, name=name, folder=folder)
        if not target.is_file() or not target.stat().st_size:
            raise EncoderFailed(tool=name, reason="it wrote nothing")
        return target.read_bytes()


def find(name: str) -> str:
    """Path of a tool's program; raises EncoderMissing."""
    path = _find(name, folder())
    if path is None:
        raise EncoderMissing(tool=name, script=SCRIPT)
    return path


def is_there(name: str) -> bool:
    """Can this tool be run here?"""
    return _find(name, folder()) is not None


def folder() -> Path:
    """Where ``scripts/encoders.py`` puts programs: LINEAGE_ENCODERS, or the repository's ``.cache``."""
    default = Path(__file__).parents[2] / ".cache" / "encoders"
    return Path(os.environ.get(SETTING) or default)


@lru_cache(maxsize=64)
def _find(name: str, fetched: Path) -> str | None:
    tool = TOOLS[name]
    path = shutil.which(tool.program, path=str(fetched)) or shutil.which(tool.program)
    return path if path and _is_version(path, tool.version) else None


def _is_version(path: str, version: str) -> bool:
    """FFmpeg says "ffmpeg version 5.1.9-..." or "ffmpeg version n9.0.2-...", by who built it."""
    if not version:
        return True
    done = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=LIMIT, check=False)
    words = done.stdout.split()
    return len(words) > 2 and words[2].removeprefix("n").startswith(version + ".")


def _write(path: Path, y: Samples, *, sr: int, depth: Depth) -> None:
    if depth == "16":
        steps = np.rint(quantise(y, depth="16") * 32768.0).astype(np.int16)
        soundfile.write(path, steps.T, sr, subtype="PCM_16")
    else:
        soundfile.write(path, y.T, sr, subtype="FLOAT")


def _command(tool: Tool, *, program: str, way: Sequence[str], source: Path, target: Path) -> list[str]:
    words: list[str] = []
    for word in tool.command:
        filled = word.format(program=program, source=source, target=target, way="{way}")
        words += way if filled == "{way}" else [filled]
    return words


def _call(words: list[str], *, name: str, folder: str) -> None:
    """In its own folder and without our standard input; GStreamer keeps its plugin list in the real home."""
    try:
        done = subprocess.run(
            words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        raise EncoderFailed(tool=name, reason=f"it ran longer than {LIMIT:.0f} s") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()[-300:]
        raise EncoderFailed(tool=name, reason=said or f"exit status {done.returncode}")
