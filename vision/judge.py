"""What the judging network sees in a line: the virtual rubbing, touched metal, which character is not the maker's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from vinspect.vision.evidence import Character, Strip, frozen

TRACES = ("painted", "ground", "filled", "welded", "let in", "struck")  # what was done to metal, as the network has it
STRIDE = 16  # strip pixels: the network takes widths that are multiples of it
MAP = 4  # strip pixels a cell of the map of touched metal
ENDS = 8  # strip pixels at either end that are not looked at: there plates end and frames begin
DEPTH = 0.4  # millimetres at which the map of heights ends
_LETTERS = "?0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"
_CLASS = {c: i for i, c in enumerate(_LETTERS)}


@dataclass(frozen=True, eq=False)
class Seen:
    """What the network saw in one line, `h` by `w` strip pixels and `n` characters."""

    groove: np.ndarray  # float32 (h, w), 0..1: in a stroke of a character that stands, the virtual rubbing
    ghost: np.ndarray  # float32 (h, w), 0..1: in a stroke of a character that stood there before
    height: np.ndarray  # float32 (h, w), millimetres above the surroundings, roughly
    touched: np.ndarray  # float32 (6, h / MAP, ceil(w / MAP)), 0..1: each of TRACES
    odd: np.ndarray  # float32 (n,), logits that a character is not as the maker struck it; not calibrated
    whole: float  # logit that the number is not; not calibrated
    style: np.ndarray  # float32 (n, d), how each character is struck: vectors of length one


class Judge:
    """The judging network in ONNX Runtime (see models/judge.md)."""

    def __init__(self, path: Path, threads: int = 2) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def see(self, strip: Strip, characters: Sequence[Character]) -> Seen:
        """Look at a line, 48 pixels high, and at one or more characters in reading order."""
        shown = strip.grey[:, ENDS:-ENDS]
        w = shown.shape[1]
        grey = np.concatenate([shown, shown[:, -1:].repeat(-w % STRIDE, 1)], 1)
        boxes = np.stack([c.box for c in characters]) - np.array([ENDS, 0, ENDS, 0])
        strokes, touched, odd, whole, style = self._session.run(
            None,
            {
                "strips": grey[None, None].astype(np.float32) / 127.5 - 1,
                "boxes": boxes[None].astype(np.float32),
                "letters": np.array([[_CLASS.get(c.text, 0) for c in characters]], np.int64),
            },
        )
        z = touched[0] - touched[0].max(0)
        p = np.exp(z) / np.exp(z).sum(0)
        logistic = 1 / (1 + np.exp(-strokes[0, :2, :, :w]))
        depth = np.clip(strokes[0, 2, :, :w], -1, 1) * np.float32(DEPTH)
        groove, ghost, depth = (np.pad(a, ((0, 0), (ENDS, ENDS))) for a in (*logistic, depth))
        return Seen(
            frozen(groove),
            frozen(ghost),
            frozen(depth),
            frozen(np.pad(p[1:, :, : -(-w // MAP)], ((0, 0), (0, 0), (ENDS // MAP, ENDS // MAP)))),
            frozen(odd[0]),
            float(whole[0]),
            frozen(style[0]),
        )
