"""Eight-bit weights and activations, kept only where they cost nothing and gain time.

Static quantization of the convolutions (QDQ, a scale for each channel), calibrated on rendered pictures. The rest, the
transformer's products above all, stays in single precision: quantizing it too gains little and costs accuracy.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from vinspect.datasets import scene, views
from vinspect.models import export, strips, train_read
from vinspect.vision import locate

Run = Callable[[np.ndarray], list[np.ndarray]]


class _Pictures(CalibrationDataReader):
    def __init__(self, name: str, pictures: Iterable[np.ndarray]) -> None:
        self._feeds = ({name: picture} for picture in pictures)

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self._feeds, None)


def quantized(model: onnx.ModelProto, pictures: Iterable[np.ndarray], kinds: tuple[str, ...]) -> onnx.ModelProto:
    """The graph with its operators of these kinds in eight bits, calibrated on inputs float32 (1, 1, h, w)."""
    with tempfile.TemporaryDirectory() as folder:
        plain, whole, small = (Path(folder) / name for name in ("plain.onnx", "whole.onnx", "small.onnx"))
        onnx.save(model, plain)
        quant_pre_process(str(plain), str(whole), skip_symbolic_shape=True)
        quantize_static(
            str(whole), str(small), _Pictures(model.graph.input[0].name, pictures), op_types_to_quantize=list(kinds),
            quant_format=QuantFormat.QDQ, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            per_channel=True,
        )  # fmt: skip
        return export.halved(onnx.load(small))


def reader(model: onnx.ModelProto, calibration: int = 300, judged: int = 1000) -> onnx.ModelProto:
    """The better of the reader's graph and its quantized form, by strips of fonts and die sets kept out of training."""
    torch.manual_seed(7)
    rng, lens = np.random.default_rng(7), strips.camera()
    taken = [s for _ in range(-(-calibration // strips.TAKES)) for s in strips.rendered(rng, lens)]
    samples = train_read._held_out(8, judged)

    def score(run: Run) -> float:
        right = 0
        for s in samples:
            names = torch.from_numpy(run(_input(s))[0])
            right += train_read.greedy(names)[0].strip("*◆") == s.text.strip("*◆")
        return right / len(samples)

    return _better(model, quantized(model, map(_input, taken), ("Conv",)), score, (1, 1, 48, 512))


def locator(model: onnx.ModelProto, calibration: int = 150, judged: int = 300) -> onnx.ModelProto:
    """The better of the locator's graph and its quantized form, by the numbers found in rendered scenes."""
    rng = np.random.default_rng(7)
    shown = [views.view(rng, scene.scene(rng), (384, 288)) for _ in range(calibration + judged)]
    pictures = [s.grey[None, None].astype(np.float32) / 255 for s in shown]

    def score(run: Run) -> float:
        right = 0
        for s, picture in zip(shown[calibration:], pictures[calibration:], strict=True):
            lines = locate.decode(run(picture)[0][0])
            right += len(lines) == len(s.numbers) and all(any(_same(line.quad, n) for line in lines) for n in s.numbers)
        return right / judged

    return _better(model, quantized(model, pictures[:calibration], ("Conv",)), score, (1, 1, 288, 384))


def _input(s: strips.Sample) -> np.ndarray:
    return s.strip[None, None].astype(np.float32) / 127.5 - 1


def _same(found: np.ndarray, true: np.ndarray) -> bool:
    """Whether the ends lie within a line's height of where they should, and the middle within half of it."""
    tall = max(float(np.linalg.norm(true[3] - true[0])), 4.0)
    ends = [float(np.linalg.norm((found[i] + found[j] - true[i] - true[j]) / 2)) for i, j in ((0, 3), (1, 2))]
    along = (true[1] - true[0]) / max(float(np.linalg.norm(true[1] - true[0])), 1e-6)
    off = found.mean(0) - true.mean(0)
    return max(ends) < tall and abs(float(off[0] * along[1] - off[1] * along[0])) < tall / 2


def _answer(running: onnxruntime.InferenceSession, picture: np.ndarray) -> list[np.ndarray]:
    return running.run(None, {running.get_inputs()[0].name: picture})


def _better(
    plain: onnx.ModelProto, small: onnx.ModelProto, score: Callable[[Run], float], shape: tuple[int, ...]
) -> onnx.ModelProto:
    results = []
    for name, model in (("single precision", plain), ("eight bits", small)):
        running = export.session(model)
        share = score(partial(_answer, running))
        results.append((share, export.milliseconds(running, shape)))
        print(f"{name}: {share:.4f} right, {results[-1][1]:.2f} ms, {model.ByteSize() / 1e6:.2f} MB")
    (share, time), (share8, time8) = results
    keep = share8 >= share and time8 < time
    print("eight bits are published" if keep else "single precision is published")
    return small if keep else plain
