"""The reading network: a strip goes in, for every four pixels along it what stands there and where comes out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime

STRIDE = 4  # strip pixels per column of the network's answer


@dataclass(frozen=True, eq=False)
class Seen:
    """What the network saw in one strip."""

    p: np.ndarray  # float64 (T, 40), for each column the probability of blank and characters
    places: np.ndarray  # float32 (T, 4): sides from the column's centre in 16 pixels, top and bottom in strip heights
    surface: np.ndarray  # float64 (6,), probabilities, in the order of SURFACES
    turned: float  # 0..1, that the strip hangs upside down
    number: float  # 0..1, that it is a number


class Reader(Protocol):
    """Anything that reads strips: our network, or EasyOCR's with our weights in it."""

    def see(self, strip: np.ndarray) -> Seen:
        """Read a strip, uint8 (48, W)."""
        ...


def pad(strip: np.ndarray) -> np.ndarray:
    """The strip, uint8 (48, W), with its last column repeated until W is a multiple of four."""
    spare = -strip.shape[1] % STRIDE
    return np.concatenate([strip, strip[:, -1:].repeat(spare, 1)], 1) if spare else strip


def seen(names: np.ndarray, places: np.ndarray, whole: np.ndarray, temperature: float = 1.0) -> Seen:
    """The network's three answers, logits float32 (T, 40), (T, 4) and (8,), as probabilities."""
    z = names.astype(np.float64) / temperature
    p = np.exp(z - z.max(1, keepdims=True))
    s = np.exp(whole[:6].astype(np.float64) - whole[:6].max())
    turned, number = 1 / (1 + np.exp(-whole[6:8].astype(np.float64)))
    return Seen(p / p.sum(1, keepdims=True), places, s / s.sum(), float(turned), float(number))


class Network:
    """The reading network in ONNX Runtime (see models/reader.md), with its calibration beside it."""

    def __init__(self, path: Path, threads: int = 2) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        self.calibration = Calibration.load(path.with_suffix(".json"))

    def see(self, strip: np.ndarray) -> Seen:
        """Read a strip, uint8 (48, W)."""
        x = pad(strip)[None, None].astype(np.float32) / 127.5 - 1
        names, places, whole = self._session.run(None, {self._input: x})
        return seen(names[0], places[0], whole[0], self.calibration.temperature)


@dataclass(frozen=True)
class Calibration:
    """How the network's probabilities become honest ones; fitted by models/calibrate.py."""

    temperature: float = 1.0  # the logits are divided by it
    slope: float = 1.0  # of a whole number's log odds over those of the product of its characters
    offset: float = 0.0

    @staticmethod
    def load(path: Path) -> Calibration:
        """From its JSON file; the identity where there is none."""
        return Calibration(**json.loads(path.read_text())) if path.exists() else Calibration()

    def whole(self, product: float) -> float:
        """The probability that a whole number is right, from the product of its characters' probabilities."""
        q = min(max(product, 1e-9), 1 - 1e-6)
        return float(1 / (1 + np.exp(-(self.slope * np.log(q / (1 - q)) + self.offset))))
