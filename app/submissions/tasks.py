"""The real engine: the one place of the application that decodes and computes."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.admin import switches
from app.db import Database
from app.registry.loader import Models
from app.submissions.findings import Finding, Progress, Record, Show, TaskFinding
from ml import analysis, sandbox
from ml.artifact import Artifact
from ml.decode import probe
from ml.spectrogram import card, picture, render
from ml.spectrogram.accumulate import Spectrogram
from ml.spectrogram.chroma import chroma_png
from ml.spectrogram.colormap import FLOOR_DB, STEP_DB
from ml.spectrogram.pictures import Pictures
from ml.words import label_words


class MlEngine:
    """Keeps the models of this process."""

    def __init__(self, database: Database, *, models: Models) -> None:
        self._database, self._models = database, models
        with database.read() as session:
            models.refresh(session)
        sandbox.warm()  # both now, so that the first job needn't wait

    def probe(self, path: Path) -> Record:
        return asdict(probe(path))

    def listen(
        self,
        path: Path,
        *,
        tasks: Sequence[str],
        on_progress: Progress,
        on_drawn: Show,
        cancelled: Callable[[], bool],
    ) -> Finding:
        facts: dict[str, Any] = {}
        pictures: dict[str, bytes] = {}

        def draw(drawn: Pictures) -> None:
            facts.update(_facts(drawn.spectrogram))
            pictures.update(_pictures(drawn.spectrogram))
            pictures["chromagram"] = chroma_png(drawn.chromagram.C, palette="viridis")
            on_drawn(facts, pictures)

        with self._database.read() as session:
            loaded = self._models.refresh(session)
            thresholds = _thresholds(switches.values(session))
        found = analysis.analyse(
            path,
            models={task: _with(loaded[task].artifact, thresholds) for task in tasks},
            tasks=tuple(tasks),
            on_progress=on_progress,
            on_drawn=draw,
            cancelled=cancelled,
        )
        return Finding(
            engine=found.engine,
            declared=asdict(found.declared),
            tasks={task: _task(found, task, version_id=loaded[task].version_id) for task in tasks},
            spectrogram=facts,
            pictures=pictures,
        )

    def look(self, path: Path) -> Finding:
        return Finding(engine="picture", pictures={"picture": picture.clean(path)})

    def card(self, answer: Record, *, spectrogram_png: bytes) -> bytes | None:
        if answer["quality"] is None and answer["genre"] is None:
            return None
        claim = label_words(answer["claim"]) if answer["claim"] else None
        return card.draw(answer, levels=_levels(spectrogram_png), claim=claim)


def _thresholds(values: Record) -> Record:
    """What an admin set instead of the model's own."""
    return {name: values[name] for name in switches.THRESHOLDS if values[name]}


def _with(model: Artifact, thresholds: Record) -> Artifact:
    """The same model, answering by other thresholds, as far as it knows them."""
    own = model.manifest.get("thresholds", {})
    changed = {name: value for name, value in thresholds.items() if name in own}
    return replace(model, manifest={**model.manifest, "thresholds": {**own, **changed}}) if changed else model


def _task(found: analysis.Analysis, task: str, *, version_id: int) -> TaskFinding:
    answer: Any = getattr(found, task)
    return TaskFinding(
        answer=answer if isinstance(answer, Mapping) else asdict(answer),
        features=found.features[task],
        feature_version=found.feature_version[task],
        model_version_id=version_id,
    )


def _pictures(spectrogram: Spectrogram) -> dict[str, bytes]:
    return {
        f"spectrogram-{channel}": render.png(spectrogram, channel, palette="spek")
        for channel in spectrogram.channels
    }


def _facts(spectrogram: Spectrogram) -> Record:
    """What a page needs to put axes on the picture."""
    _, height, width = spectrogram.levels.shape
    return {
        "channels": list(spectrogram.channels),
        "duration_s": spectrogram.duration_s,
        "max_hz": float(spectrogram.max_hz),
        "width": width,
        "height": height,
        "floor_db": FLOOR_DB,
        "step_db": STEP_DB,
        "chromagram": True,  # a blob of its own; older answers have none
    }


def _levels(png: bytes) -> NDArray[np.uint8]:
    """Levels back from their picture: colour numbers are levels, the top row is the highest frequency."""
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image, dtype=np.uint8)[::-1]
