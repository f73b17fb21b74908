"""A file in, everything that is said about it out."""

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Final

import numpy as np
from threadpoolctl import threadpool_limits

from ml.answer import Declared, Genre, Moment, Quality
from ml.artifact import Artifact
from ml.decode import Limits, Recording, probe, record
from ml.errors import Cancelled
from ml.features import genre as genre_features
from ml.features import quality as quality_features
from ml.genre import verdict as genre_verdict
from ml.genre.estimator import activations, means
from ml.quality.evidence import evidence
from ml.quality.presence import LOSSY
from ml.quality.verdict import Thresholds, decide
from ml.spectrogram.pictures import Pictures

ENGINE: Final = "lineage-1"


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one pass over a file gives."""

    declared: Declared
    quality: Quality | None
    genre: Genre | None
    features: Mapping[str, Mapping[str, float | None]]
    """task -> the numbers its model saw; None where there was nothing to measure."""
    feature_version: Mapping[str, str]
    engine: str = ENGINE


def analyse(
    path: str | os.PathLike[str],
    *,
    models: Mapping[str, Artifact],
    tasks: Collection[str] = ("quality",),
    limits: Limits | None = None,
    on_progress: Callable[[str, float], None] | None = None,
    on_drawn: Callable[[Pictures], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Analysis:
    """Probe, decode and measure the file, and let the models of the asked tasks answer.

    models : task -> verified artifact
    on_progress : called with "decoding" or "measuring" and the share that is done
    on_drawn : called once, before the measuring; without it nothing is drawn
    Raises InputError, SandboxError, ModelMismatch, Cancelled.
    """
    say = on_progress or (lambda step, fraction: None)
    limits = limits or Limits()
    declared = probe(path, limits=limits)
    say("decoding", 0.0)
    recording = record(
        path,
        limits=limits,
        on_progress=lambda f: say("decoding", f),
        on_drawn=on_drawn,
        cancelled=cancelled,
    )
    if cancelled is not None and cancelled():
        raise Cancelled()
    say("measuring", 0.0)
    quality: Quality | None = None
    genre: Genre | None = None
    features: dict[str, Mapping[str, float | None]] = {}
    with threadpool_limits(1):
        if "genre" in tasks:  # the quicker one first
            genre, features["genre"] = judge_genre(recording, model=models["genre"])
        if "quality" in tasks:
            quality, features["quality"] = judge_quality(
                recording, declared=declared, model=models["quality"]
            )
    say("measuring", 1.0)
    return Analysis(
        declared=declared,
        quality=quality,
        genre=genre,
        features=features,
        feature_version={task: models[task].feature_version for task in features},
    )


def judge_quality(
    recording: Recording, *, declared: Declared, model: Artifact
) -> tuple[Quality, dict[str, float | None]]:
    """The quality answer for decoded sound, and the numbers it rests on."""
    measured = quality_features.measure(recording.excerpts, sr=recording.sr)
    vector = model.estimator.spec.vector(measured.values)
    p = model.estimator.predict_proba(vector[None])[0]
    quality = decide(
        dict(zip(model.classes, map(float, p), strict=True)),
        present=dict(zip(LOSSY, map(float, model.estimator.presence(vector[None])[0]), strict=True)),
        measured=measured,
        declared=declared,
        levels=recording.levels,
        sr=recording.sr,
        duration_s=recording.duration_s,
        thresholds=Thresholds(**model.manifest["thresholds"]),
        evidence=evidence(measured, levels=recording.levels, sr=recording.sr, bit_depth=declared.bit_depth),
    )
    return quality, {name: value if isfinite(value) else None for name, value in measured.values.items()}


def judge_genre(recording: Recording, *, model: Artifact) -> tuple[Genre, dict[str, float | None]]:
    """The genre answer for decoded sound, and the numbers it rests on."""
    measured = genre_features.measure(recording.stretches, recording.middle, sr=recording.sr)
    values, estimator = measured.values, model.estimator
    moments = [measured.around(at) for at in range(len(measured.starts_s))]
    X = np.stack([estimator.spec.vector(numbers) for numbers in (values, *moments)])
    p = estimator.predict_proba(X)
    timeline = tuple(
        Moment(start_s, model.classes[row.argmax()], float(row.max()))
        for start_s, row in zip(measured.starts_s, p[1:], strict=True)
    )
    genre = genre_verdict.decide(
        dict(zip(model.classes, map(float, p[0]), strict=True)),
        strangeness=float(estimator.strangeness(activations(X[:1]))[0]),
        duration_s=recording.duration_s,
        timeline=timeline,
        neighbours=estimator.neighbours.nearest(means(X[:1])[0]),
        thresholds=genre_verdict.Thresholds(**model.manifest["thresholds"]),
    )
    return genre, dict(values)
