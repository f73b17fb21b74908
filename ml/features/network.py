"""The music network: musicnn, trained on the Million Song Dataset to tell fifty tags; ``ml/shipped/musicnn/NOTICE``.

It is part of how songs are measured, as a spectrogram is, and never trained here. One session a process, made when it is
first asked, in one thread.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
NETWORK: Final = Path(__file__).parent.parent / "shipped" / "musicnn" / "network.onnx"
UNITS: Final = 200
AT_ONCE: Final = 4
"""Windows a call: memory stays below 100 MB, more are no faster."""


@dataclass(frozen=True, slots=True)
class Activations:
    """What the network makes of windows."""

    penultimate: F32
    """Shape (n, UNITS)."""
    tags: F32
    """Shape (n, 50), logits."""


def activations(mel: F32) -> Activations:
    """mel : shape (n, 187, 96), as :func:`ml.features.mel.log_mel` makes it"""
    parts = [_session().run(None, {"mel": mel[i : i + AT_ONCE]}) for i in range(0, len(mel), AT_ONCE)]
    penultimate, tags = (np.concatenate(outputs) for outputs in zip(*parts, strict=True))
    return Activations(penultimate, tags)


@cache
def _session() -> Any:
    import onnxruntime  # only this task needs it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(NETWORK, options, providers=["CPUExecutionProvider"])
