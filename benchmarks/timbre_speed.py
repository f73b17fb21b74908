"""What the 57 timbre features of 30 s cost beside librosa's functions, called one by one as the tables' maker did.

    python benchmarks/timbre_speed.py [--repeats 5] [--profile] [--json FILE]

Both work on the same ten clips (LINEAGE_DATA) already in memory, in one process and one thread, in turns, after one
unmeasured clip each; CPU seconds a clip, medians, and their ratio. ``--profile`` says where our seconds go.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import librosa
import numpy as np
import soundfile
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ml.corpus.masters import data_folder  # noqa: E402
from ml.features import rhythm, timbre  # noqa: E402
from ml.features.frames import SR, Frames  # noqa: E402

MIRROR: dict[str, Any] = {"pad_mode": "reflect"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--json", type=Path, metavar="FILE")
    asked = parser.parse_args()
    clips = [soundfile.read(path, dtype="float32")[0] for path in _paths()]
    with threadpool_limits(1):
        figures = compare(clips, repeats=asked.repeats)
        steps = profile(clips[0], repeats=asked.repeats) if asked.profile else {}
    for name, value in (figures | steps).items():
        print(f"{name:24}{value:10.4g}")
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def compare(clips: list[np.ndarray], *, repeats: int) -> dict[str, float]:
    """CPU seconds a clip: medians over all runs of all clips."""
    ways: dict[str, Callable[[np.ndarray], object]] = {"librosa": one_by_one, "ours": ours}
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way(clips[0])
    for _ in range(repeats):
        for clip in clips:
            for name, way in ways.items():
                spent[name].append(cpu(lambda way=way, clip=clip: way(clip)))
    medians = {f"{name}_cpu_s": median(runs) for name, runs in spent.items()}
    ratio = median(a / b for a, b in zip(spent["librosa"], spent["ours"], strict=True))
    return {"clips": len(clips), "runs": len(spent["ours"]), **medians, "librosa_over_ours": ratio}


def ours(y: np.ndarray) -> dict[str, float]:
    return timbre.measure(y, sr=SR)


def one_by_one(y: np.ndarray) -> dict[str, float]:
    """The recipe of the tables: each function makes its own spectrogram."""
    feature = librosa.feature
    H, P = librosa.decompose.hpss(librosa.stft(y, **MIRROR))
    courses = [
        feature.chroma_stft(y=y, sr=SR, **MIRROR),
        feature.rms(y=y, **MIRROR),
        feature.spectral_centroid(y=y, sr=SR, **MIRROR),
        feature.spectral_bandwidth(y=y, sr=SR, **MIRROR),
        feature.spectral_rolloff(y=y, sr=SR, **MIRROR),
        feature.zero_crossing_rate(y),
        librosa.util.fix_length(librosa.istft(H), size=len(y)),
        librosa.util.fix_length(librosa.istft(P), size=len(y)),
        librosa.beat.beat_track(y=y, sr=SR)[0],
        *feature.mfcc(y=y, sr=SR, **MIRROR),
    ]
    numbers = [f(course) for course in courses for f in (np.mean, np.var)]
    del numbers[17]  # the tempo has no variance
    return dict(zip(timbre.NAMES, map(float, numbers), strict=True))


def profile(y: np.ndarray, *, repeats: int) -> dict[str, float]:
    """CPU seconds of each step, medians; a step finds ready what those before it left."""
    spent: dict[str, list[float]] = {}
    for _ in range(repeats):
        frames = Frames(y, sr=SR)
        for name in ("spectra", "magnitude", "power", "mel", "cepstra", "chroma", "harmonic_share"):
            spent.setdefault(name, []).append(cpu(lambda name=name, frames=frames: getattr(frames, name)))
        steps = (timbre.loudness, timbre.centroid_and_bandwidth, timbre.rolloff, timbre.zero_crossing_rate)
        for step in (*steps, timbre.parts, rhythm.onset_strength):
            spent.setdefault(step.__name__, []).append(cpu(lambda step=step, frames=frames: step(frames)))
        onsets = rhythm.onset_strength(frames)
        spent.setdefault("tempo", []).append(cpu(lambda onsets=onsets: rhythm.tempo(onsets)))
    return {name: median(runs) for name, runs in spent.items()}


def cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _paths() -> list[Path]:
    return sorted((data_folder() / "genre" / "gtzan" / "audio_flac").glob("*/*.flac"))


if __name__ == "__main__":
    main()
