"""Writes the music network of the genre task as ONNX: python scripts/port_network.py musicnn-0.1.0-py3-none-any.whl

The network is musicnn's, trained on the Million Song Dataset (Pons and Serra, ISMIR 2019 late-breaking; ISC licence,
see ml/shipped/musicnn/NOTICE). `pip download musicnn==0.1.0 --no-deps` fetches the wheel, which holds TensorFlow 1
checkpoints; neither TensorFlow nor musicnn is run. The order of layers is models.py's, which numbers them as it goes.
"""

import hashlib
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from checkpoint import tensors
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

F32 = NDArray[np.float32]
ROOT: Final = Path(__file__).resolve().parent.parent
TARGET: Final = ROOT / "ml" / "shipped" / "musicnn" / "network.onnx"
WHEEL: Final = "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa"
CHECKPOINT: Final = "musicnn/MSD_musicnn/"
FRAMES, MELS = 187, 96
EPSILON: Final = 1e-3
OPSET: Final = 17


def main(arguments: list[str]) -> int:
    """Exit status."""
    wheel = Path(arguments[0])
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != WHEEL:
        print(f"{wheel} is not the wheel of musicnn 0.1.0.", file=sys.stderr)
        return 1
    TARGET.write_bytes(port(weights(wheel)).SerializeToString())
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size} bytes")
    return 0


def weights(wheel: Path) -> dict[str, F32]:
    """The checkpoint's tensors by name."""
    with zipfile.ZipFile(wheel) as archive:
        index, data = (archive.read(CHECKPOINT + name) for name in (".index", ".data-00000-of-00001"))
    return tensors(index, data)


def port(of: dict[str, F32]) -> onnx.ModelProto:
    """mel : (n, 187, 96) -> penultimate : (n, 200), tags : (n, 50) logits."""
    net = Network(of)
    patch = net.add("Unsqueeze", "mel", net.constant("channel", np.array([1], dtype=np.int64)))
    patch = net.normalised(patch)
    found = [net.timbral(patch) for _ in range(2)] + [net.temporal(patch) for _ in range(3)]
    front = net.add("Concat", *found, axis=1)
    first = net.midend(front)
    second = net.add("Add", net.midend(first), first)
    third = net.add("Add", net.midend(second), second)
    pooled = net.pooled(net.add("Concat", front, first, second, third, axis=1))
    net.add("Identity", net.normalised(net.add("Relu", net.dense(pooled))), to="penultimate")
    net.add("Identity", net.dense("penultimate"), to="tags")
    return net.model()


class Network:
    """A graph that takes the checkpoint's layers in the order in which they were made."""

    def __init__(self, of: dict[str, F32]) -> None:
        self._of = of
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}
        self._made: dict[str, int] = {}

    def timbral(self, patch: str) -> str:
        """Filters over much of the spectrum, the loudest place of each: (n, 1, t, mels) -> (n, filters, t)."""
        return self._loudest(self._convolved(patch, pads=[3, 0, 3, 0]))

    def temporal(self, patch: str) -> str:
        """Filters over time in each band, the loudest band of each; TensorFlow's "same" pads one more at the end."""
        length = self._of[self._next("conv2d", peek=True) + "/kernel"].shape[0]
        return self._loudest(self._convolved(patch, pads=[(length - 1) // 2, 0, length // 2, 0]))

    def midend(self, x: str) -> str:
        """A filter over seven frames of all channels: (n, channels, t) -> (n, 64, t)."""
        layer = self._next("conv2d")
        kernel = self._of[f"{layer}/kernel"][:, :, 0, :].transpose(2, 1, 0)
        return self.normalised(self._rectified("Conv", x, kernel, layer, pads=[3, 3]))

    def pooled(self, x: str) -> str:
        """Maximum and mean over time, normalised: (n, channels, t) -> (n, 2 * channels).

        The checkpoint has the two in turns.
        """
        highest = self.add("ReduceMax", x, axes=[2], keepdims=0)
        mean = self.add("ReduceMean", x, axes=[2], keepdims=0)
        return self.normalised(self.add("Concat", highest, mean, axis=1), order=_turns)

    def dense(self, x: str) -> str:
        """A layer of all with all."""
        layer = self._next("dense")
        kernel = self._of[f"{layer}/kernel"]
        kernel = _turns(kernel) if layer == "dense" else kernel
        return self.add("Gemm", x, self.constant(f"{layer}/kernel", kernel), self._bias(layer))

    def normalised(self, x: str, order: Any = lambda values: values) -> str:
        """With the mean and deviation that training saw."""
        layer = self._next("batch_normalization")
        parts = [
            self.constant(f"{layer}/{name}", order(self._of[f"{layer}/{name}"]))
            for name in ("gamma", "beta", "moving_mean", "moving_variance")
        ]
        return self.add("BatchNormalization", x, *parts, epsilon=EPSILON)

    def add(self, kind: str, *inputs: str, to: str = "", **attributes: Any) -> str:
        """A node; its output's name."""
        name = to or f"x{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, name: str, values: NDArray[Any]) -> str:
        self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def model(self) -> onnx.ModelProto:
        """Checked."""
        graph = helper.make_graph(
            self._nodes,
            "musicnn-msd",
            [_value("mel", FRAMES, MELS)],
            [_value("penultimate", 200), _value("tags", 50)],
            list(self._constants.values()),
        )
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
        onnx.checker.check_model(made, full_check=True)
        return made

    def _convolved(self, patch: str, *, pads: Sequence[int]) -> str:
        layer = self._next("conv2d")
        kernel = self._of[f"{layer}/kernel"].transpose(3, 2, 0, 1)
        return self.normalised(self._rectified("Conv", patch, kernel, layer, pads=list(pads)))

    def _loudest(self, x: str) -> str:
        return self.add("ReduceMax", x, axes=[3], keepdims=0)

    def _rectified(self, kind: str, x: str, kernel: F32, layer: str, **attributes: Any) -> str:
        parts = self.constant(f"{layer}/kernel", kernel), self._bias(layer)
        return self.add("Relu", self.add(kind, x, *parts, **attributes))

    def _bias(self, layer: str) -> str:
        return self.constant(f"{layer}/bias", self._of[f"{layer}/bias"])

    def _next(self, kind: str, *, peek: bool = False) -> str:
        """TensorFlow's name for the next layer of a kind: conv2d, conv2d_1, conv2d_2, ..."""
        number = self._made.get(kind, 0)
        if not peek:
            self._made[kind] = number + 1
        return f"{kind}_{number}" if number else kind


def _turns(values: F32) -> F32:
    """From maximum and mean in turns to all maxima, then all means."""
    return np.concatenate([values[0::2], values[1::2]])


def _value(name: str, *shape: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *shape])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
