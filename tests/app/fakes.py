"""Stand-ins for what measures, so that tests of the machinery need no audio and no model."""

import struct
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.submissions.findings import Finding, Progress, Record, Show, TaskFinding
from ml.errors import Cancelled, LineageError
from ml.spectrogram.colormap import palette_png

QUALITY: dict[str, Any] = {
    "verdict": "transcode",
    "sentence": "This was MP3 of about 128 kbps before it became FLAC.",
    "label": "mp3-128",
    "family": "mp3",
    "confidence": 0.97,
    "probabilities": {"mp3-128": 0.97, "lossless": 0.03},
    "cutoff_hz": 16000.0,
    "history": [
        {
            "family": "mp3",
            "label": "mp3-128",
            "confidence": 0.97,
            "offset": 1105,
            "sigma": 31.0,
            "channel": "M",
        }
    ],
    "evidence": [{"name": "cutoff", "value": 16000, "unit": "Hz", "says": "Nothing above 16 kHz."}],
}
GENRE: dict[str, Any] = {
    "label": "jazz",
    "confidence": 0.84,
    "undecided": False,
    "sentence": "Sounds like jazz (84 %).",
    "probabilities": {"jazz": 0.84, "blues": 0.09, "rock": 0.03, "hiphop": 0.02, "pop": 0.02}
    | dict.fromkeys(("classical", "country", "disco", "metal", "reggae"), 0.0),
    "timeline": [
        {"start_s": 0.0, "label": "jazz", "confidence": 0.9},
        {"start_s": 1.0, "label": "jazz", "confidence": 0.7},
        {"start_s": 2.0, "label": "blues", "confidence": 0.4},
        {"start_s": 3.0, "label": "jazz", "confidence": 0.8},
    ],
    "neighbours": [
        {"song": "Cole Trane: Blue Rail", "label": "jazz", "distance": 0.21},
        {"song": "Ma Delta: River", "label": "blues", "distance": 0.34},
    ],
}
ANSWERS = {"quality": QUALITY, "genre": GENRE}
DECLARED: dict[str, Any] = {"container": "flac", "codec": "flac", "sample_rate": 44100, "channels": 2}


class FakeEngine:
    """Answers at once, or as told. ``version_id``: of the quality model; ``others``: by task."""

    def __init__(
        self,
        *,
        version_id: int,
        step_s: float = 0.0,
        error: Exception | None = None,
        others: Mapping[str, int] | None = None,
    ) -> None:
        self.version_id, self.others = version_id, dict(others or {})
        self.step_s, self.error = step_s, error
        self.heard: list[bytes] = []

    def probe(self, path: Path) -> Record:
        path.stat()
        return DECLARED

    def listen(
        self,
        path: Path,
        *,
        tasks: Sequence[str],
        on_progress: Progress,
        on_drawn: Show,
        cancelled: Callable[[], bool],
    ) -> Finding:
        self.heard.append(path.read_bytes())
        known = {"quality": self.version_id} | self.others
        found = finding({task: known[task] for task in tasks})
        on_progress("decoding", 0.5)
        self._wait(cancelled)
        if isinstance(self.error, LineageError):
            raise self.error
        assert found.spectrogram is not None
        on_drawn(found.spectrogram, found.pictures)
        on_progress("measuring", 0.5)
        self._wait(cancelled)
        if self.error is not None:
            raise self.error
        return found

    def look(self, path: Path) -> Finding:
        self.heard.append(path.read_bytes())
        return Finding(engine="fake", pictures={"picture": png()})

    def card(self, answer: Record, *, spectrogram_png: bytes) -> bytes | None:
        return png(value=len(str(answer["file"])))

    def _wait(self, cancelled: Callable[[], bool]) -> None:
        end = time.monotonic() + self.step_s
        while time.monotonic() < end:
            time.sleep(0.02)
            if cancelled():
                raise Cancelled()


def finding(version_ids: Mapping[str, int]) -> Finding:
    """By task, the model that answered."""
    return Finding(
        engine="fake 1",
        declared=DECLARED,
        tasks={
            task: TaskFinding(
                answer=ANSWERS[task],
                features={"cutoff": 16000.0},
                feature_version="f1",
                model_version_id=version_id,
            )
            for task, version_id in version_ids.items()
        },
        spectrogram={
            "channels": ["L", "R", "M", "S"],
            "duration_s": 4.0,
            "max_hz": 22050.0,
            "width": 8,
            "height": 4,
            "floor_db": -120.0,
            "step_db": 0.5,
            "chromagram": True,
        },
        pictures={f"spectrogram-{channel}": png(value=at) for at, channel in enumerate("LRMS")}
        | {"chromagram": png(value=99)},
    )


def png(*, value: int = 7) -> bytes:
    """8 x 4 pixels of one level."""
    return palette_png([bytes([value % 256] * 8)] * 4, width=8, name="spek")


def wav(*, seed: int = 0, n: int = 500) -> bytes:
    """A small real WAV file; another seed, other bytes."""
    body = struct.pack("<I", seed) + bytes(2 * n)
    form = struct.pack("<HHIIHH", 1, 1, 44100, 88200, 2, 16)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


class Crash(LineageError):
    code = "crash"
