"""`python -m vinspect.models.export locate|read|judge|compare`: from a checkpoint to the weights that are published.

The graph goes to ONNX, the same weights to PyTorch (the reader's as EasyOCR loads them), and both are held against
each other before anything is kept. Batch norms are folded into the convolutions before them and matrices are rounded
to half precision first, so that the two hold the same numbers in half the space; both compute in single precision.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from vinspect.models import weights
from vinspect.models.comparer import Comparers
from vinspect.models.judge import LETTERS, Judge
from vinspect.models.judge import STRIDE as JUDGED
from vinspect.models.locator import MULTIPLE, Locator
from vinspect.models.reader import STRIDE, Reader
from vinspect.models.settled import SMALL, settled
from vinspect.vision.congruence import SHOWN, TRAITS
from vinspect.vision.register import PATCH

ROOT = Path(__file__).resolve().parent.parent
OPSET = 18  # the least that PyTorch's exporter writes without converting
TOLERANCE = 1e-4
EASYOCR = "easyocr/vinspect_reader.pth"


def reader_of(*runs: Path) -> Reader:
    """The reader with the mean weights of a run, or of several that went on one from the other, settled."""
    return settled(Reader(), _mean(runs))


def locator_of(*runs: Path) -> Locator:
    """The locator with the mean weights of a run, or of several that went on one from the other, settled."""
    return settled(Locator(), _mean(runs))


def judge_of(*runs: Path) -> Judge:
    """The judge with the mean weights of a run, or of several that went on one from the other, settled."""
    return settled(Judge(), _mean(runs))


def comparers_of(*runs: Path) -> Comparers:
    """The comparers of several runs, each with the mean weights of its own, settled."""
    net = Comparers(len(runs))
    for each, run in zip(net.each, runs, strict=True):
        each.load_state_dict(_mean((run,)))
    return settled(net)


def _mean(runs: tuple[Path, ...]) -> dict[str, Tensor]:
    states = [torch.load(run / "last.pt", weights_only=True, map_location="cpu")["mean"] for run in runs]
    last = states[-1]
    return {k: torch.stack([s[k] for s in states]).mean(0) if v.dtype.is_floating_point else v for k, v in last.items()}


def reader_graph(net: Reader) -> onnx.ModelProto:
    """The reader in ONNX: strips float32 (batch, 1, 48, W), any W that is a multiple of four, as `Reader.forward`."""
    width = STRIDE * torch.export.Dim("quarter", min=8, max=1024)
    shapes = {0: torch.export.Dim("batch", min=1, max=256), 3: width}
    return _graph(net, torch.zeros(2, 1, 48, 512), shapes, ["strips"], ["names", "places", "whole"])


def locator_graph(net: Locator) -> onnx.ModelProto:
    """The locator in ONNX: photo float32 (1, 1, H, W), sides multiples of 32, as `Locator.forward`."""
    sides = {i + 2: MULTIPLE * torch.export.Dim(name, min=1, max=128) for i, name in enumerate(("rows", "columns"))}
    return _graph(net, torch.zeros(1, 1, 384, 512), sides, ["photo"], ["cells"])


def judge_graph(net: Judge) -> onnx.ModelProto:
    """The judge in ONNX, as `Judge.forward`: one strip (1, 1, 48, W), boxes (1, N, 4), letters int64 (1, N).

    Any W that is a multiple of sixteen, any N from 2.
    """
    width, count = JUDGED * torch.export.Dim("sixteenth", min=4, max=256), torch.export.Dim("count", min=2, max=64)
    shapes = ({3: width}, {1: count}, {1: count})
    outputs = ["strokes", "touched", "odd", "whole", "style"]
    return _graph(net, _line(512, 17), shapes, ["strips", "boxes", "letters"], outputs)


def comparer_graph(net: Comparers) -> onnx.ModelProto:
    """The comparers in ONNX, as `Comparers.forward`: one line, any number of characters from 2."""
    count = torch.export.Dim("count", min=2, max=64)
    return _graph(net, _pair(17), ({1: count},) * 3, ["shown", "traits", "absent"], ["each", "line"])


def _pair(count: int) -> tuple[Tensor, Tensor, Tensor]:
    """A line for the comparer, at random."""
    random = torch.Generator().manual_seed(count)
    shown = torch.randn(1, count, SHOWN, *PATCH, generator=random)
    return shown, torch.randn(1, count, TRAITS, generator=random), torch.zeros(1, count, dtype=torch.bool)


def _line(width: int, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """A line for the judge, at random: strip, boxes, letters."""
    rng = np.random.default_rng(width)
    left = np.linspace(14, width - 32, count) + rng.normal(0, 1, count)
    boxes = np.stack([left, 10 + rng.normal(0, 1, count), left + 18, 38 + rng.normal(0, 1, count)], 1)
    letters = rng.integers(0, len(LETTERS), (1, count))
    strip = rng.uniform(-1, 1, (1, 1, 48, width)).astype(np.float32)
    return torch.from_numpy(strip), torch.from_numpy(boxes[None].astype(np.float32)), torch.from_numpy(letters)


def _graph(
    net: nn.Module,
    example: Tensor | tuple[Tensor, ...],
    shapes: dict | tuple[dict, ...],
    inputs: list[str],
    outputs: list[str],
) -> onnx.ModelProto:
    program = torch.onnx.export(
        net, example if isinstance(example, tuple) else (example,), dynamo=True, opset_version=OPSET, optimize=True,
        external_data=False, verbose=False, dynamic_shapes=shapes if isinstance(shapes, tuple) else (shapes,),
        input_names=inputs, output_names=outputs,
    )  # fmt: skip
    assert program is not None
    model = program.model_proto
    for node in model.graph.node:  # where each node came from: larger than the graph itself
        del node.metadata_props[:]
        node.doc_string = ""
    return halved(model)


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """Matrices that half precision holds exactly are stored in it; they are widened once, when the graph is loaded."""
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.ndim < 2 or values.size < SMALL:
            continue
        half = values.astype(np.float16)
        if not np.array_equal(half.astype(np.float32), values):
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    rest = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*casts, *rest])
    return model


def session(model: onnx.ModelProto | Path, threads: int = 2) -> onnxruntime.InferenceSession:
    """The graph as Vinspect runs it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    content = str(model) if isinstance(model, Path) else model.SerializeToString()
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def difference(net: nn.Module, running: onnxruntime.InferenceSession, shapes: Sequence[tuple[int, ...]]) -> float:
    """The largest difference of any output between PyTorch and ONNX Runtime, over random inputs of these shapes."""
    rng = np.random.default_rng(0)
    return _difference(
        net, running, [(torch.from_numpy(rng.uniform(0, 1, shape).astype(np.float32)),) for shape in shapes]
    )


def judge_difference(net: Judge, running: onnxruntime.InferenceSession) -> float:
    """The same of the judge, over lines of several lengths."""
    return _difference(net, running, [_line(width, n) for width, n in ((64, 2), (272, 9), (448, 17), (1024, 24))])


def comparer_difference(net: Comparers, running: onnxruntime.InferenceSession) -> float:
    """The same of the comparers, over lines of several lengths."""
    return _difference(net, running, [_pair(count) for count in (2, 9, 17, 24)])


@torch.no_grad()
def _difference(net: nn.Module, running: onnxruntime.InferenceSession, inputs: Sequence[tuple[Tensor, ...]]) -> float:
    largest = 0.0
    for each in inputs:
        fed = {i.name: part.numpy() for i, part in zip(running.get_inputs(), each, strict=True)}
        answers = net(*each)
        answers = answers if isinstance(answers, tuple) else (answers,)
        for ours, theirs in zip(answers, running.run(None, fed), strict=True):
            largest = max(largest, float(np.abs(ours.numpy() - theirs).max()))
    return largest


def milliseconds(running: onnxruntime.InferenceSession, shape: tuple[int, ...], runs: int = 40) -> float:
    """How long one input takes: the least of many runs, which other work on the machine disturbs the least."""
    x = np.random.default_rng(0).uniform(0, 1, shape).astype(np.float32)
    name, best = running.get_inputs()[0].name, float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        running.run(None, {name: x})
        best = min(best, time.perf_counter() - start)
    return best * 1000


def for_easyocr(net: Reader) -> dict[str, Tensor]:
    """The weights as EasyOCR loads them: under the names that data parallel training would give them."""
    return {f"module.net.{name}": _stored(value) for name, value in net.state_dict().items()}


def _stored(value: Tensor) -> Tensor:
    return value.half() if value.dim() > 1 and value.numel() >= SMALL else value.clone()


READER_SHAPES: tuple[tuple[int, ...], ...] = ((1, 1, 48, 64), (1, 1, 48, 260), (1, 1, 48, 512), (3, 1, 48, 1020))
LOCATOR_SHAPES: tuple[tuple[int, ...], ...] = ((1, 1, 512, 512), (1, 1, 96, 512), (1, 1, 384, 32))


def main() -> None:
    """Parse the command line and export."""
    parser = argparse.ArgumentParser(prog="python -m vinspect.models.export", description=__doc__)
    parser.add_argument("network", choices=["locate", "read", "judge", "compare"])
    parser.add_argument(
        "--run",
        type=Path,
        nargs="+",
        help="folder of the checkpoint (default runs/NETWORK); the mean of several that went on one from the other; of "
        "compare all that answer together (default runs/compare/net*)",
    )
    parser.add_argument("--int8", action="store_true", help="publish eight-bit weights if they cost no accuracy")
    args = parser.parse_args()
    runs = args.run or [ROOT / "runs" / args.network]
    if args.network == "judge":
        judge = judge_of(*runs)
        graph, name = judge_graph(judge), "judge"
        apart = judge_difference(judge, session(graph))
        torch_file, state = weights.FOLDER / "judge.pth", {k: _stored(v) for k, v in judge.state_dict().items()}
    elif args.network == "compare":
        comparers = comparers_of(*args.run or sorted((ROOT / "runs/compare").glob("net*")))
        graph, name = comparer_graph(comparers), "comparer"
        apart = comparer_difference(comparers, session(graph))
        torch_file, state = weights.FOLDER / "comparer.pth", {k: _stored(v) for k, v in comparers.state_dict().items()}
    elif args.network == "read":
        reader = reader_of(*runs)
        graph, shapes, name = reader_graph(reader), READER_SHAPES, "reader"
        apart = difference(reader, session(graph), shapes)
        torch_file, state = weights.FOLDER / EASYOCR, for_easyocr(reader)
    else:
        locator = locator_of(*runs)
        graph, shapes, name = locator_graph(locator), LOCATOR_SHAPES, "locator"
        apart = difference(locator, session(graph), shapes)
        torch_file = weights.FOLDER / "locator.pth"
        state = {key: _stored(value) for key, value in locator.state_dict().items()}
    print(f"{name}: PyTorch and ONNX Runtime differ by {apart:.1e} at most")
    if apart > TOLERANCE:
        raise SystemExit(f"more than {TOLERANCE:.0e}: nothing is written")
    if args.int8 and name in ("reader", "locator"):
        from vinspect.models import quantize

        graph = quantize.reader(graph) if name == "reader" else quantize.locator(graph)
    target = weights.FOLDER / f"{name}.onnx"
    target.write_bytes(graph.SerializeToString())
    torch.save(state, torch_file)
    weights.publish(target, torch_file)
    for file in (target, torch_file):
        print(f"{file.name}: {file.stat().st_size / 1e6:.2f} MB")
    if name in ("judge", "comparer"):
        return
    size = (1, 1, 48, 512) if name == "reader" else (1, 1, 384, 384)
    print(f"{milliseconds(session(target), size):.1f} ms for {size[2]} x {size[3]} on 2 threads")


if __name__ == "__main__":
    main()
