"""`--reader easyocr`: strips read by a recognition network that EasyOCR has loaded, ours or one of the user's own."""

from __future__ import annotations

from pathlib import Path

import cv2
import easyocr
import numpy as np
import torch
from easyocr import config
from easyocr import easyocr as engine

from vinspect.models import weights
from vinspect.models.easyocr import FOLDER, NETWORK
from vinspect.vision.evidence import ALPHABET, SURFACES
from vinspect.vision.network import STRIDE, Calibration, Reader, Seen, pad, seen
from vinspect.vision.rectify import HEIGHT, SHARE

STOCK = ("standard", *config.recognition_models["gen1"], *config.recognition_models["gen2"])
STOCK_HEIGHT = 64  # pixels; EasyOCR keeps the height of the network that it opened last for all of them
HALF_WIDTH = 0.3  # of a character, in cap heights, where a network does not say


def open_reader(network: str = NETWORK) -> Reader:
    """A reader of strips that is a network of EasyOCR's.

    network: ours; or one of EasyOCR's own ("standard", "english_g2", ...), which it downloads unless it is there; or
    the name of one that the user keeps in ~/.EasyOCR/user_network and ~/.EasyOCR/model (EASYOCR_MODULE_PATH moves
    both). Raises FileNotFoundError where there is none of that name.
    """
    if network == NETWORK:
        weights.path(f"easyocr/{NETWORK}.pth")
        return Ours(_opened(network, Path(FOLDER), Path(FOLDER)))
    home = Path(config.MODULE_PATH)
    networks, models = home / "user_network", home / "model"
    if network not in STOCK:
        for file in (networks / f"{network}.yaml", networks / f"{network}.py", models / f"{network}.pth"):
            if not file.is_file():
                raise FileNotFoundError(f"EasyOCR has no network {network}: {file} is missing")
    opened = _opened(network, networks, models)
    return Theirs(opened, STOCK_HEIGHT if network in STOCK else engine.imgH)


def _opened(network: str, networks: Path, models: Path) -> easyocr.Reader:
    return easyocr.Reader(
        ["en"], gpu=False, recog_network=network, user_network_directory=str(networks), detector=False, verbose=False,
        model_storage_directory=str(models), download_enabled=network in STOCK, quantize=False,
    )  # fmt: skip


class Ours:
    """Our own network, as EasyOCR has loaded it: it says where each character stands, too."""

    def __init__(self, opened: easyocr.Reader) -> None:
        self._net = opened.recognizer.eval().net
        self.calibration = Calibration.load(weights.FOLDER / "reader.json")

    @torch.no_grad()
    def see(self, strip: np.ndarray) -> Seen:
        """Read a strip, uint8 (48, W)."""
        x = torch.from_numpy(pad(strip))[None, None].float() / 127.5 - 1
        names, places, whole = (answer[0].numpy() for answer in self._net(x))
        return seen(names, places, whole, self.calibration.temperature)


class Theirs:
    """Any other network: it names characters and their order along the strip, and no more."""

    def __init__(self, opened: easyocr.Reader, height: int) -> None:
        self._net = opened.recognizer.eval()
        self._height = height  # of a strip as the network wants it, pixels
        self._class = np.array([_ours(c) for c in opened.converter.character])

    @torch.no_grad()
    def see(self, strip: np.ndarray) -> Seen:
        """Read a strip, uint8 (48, W). The character's box is a guess, the surface is taken for a label."""
        size = (max(1, round(strip.shape[1] * self._height / strip.shape[0])), self._height)
        x = cv2.resize(strip, size, interpolation=cv2.INTER_LINEAR)
        spare = -x.shape[1] % self._height  # as EasyOCR pads
        x = np.concatenate([x, x[:, -1:].repeat(spare, 1)], 1)
        text = torch.zeros(1, x.shape[1] // 10 + 1, dtype=torch.long)
        logits = self._net(torch.from_numpy(x)[None, None].float() / 127.5 - 1, text)[0]
        theirs = logits.softmax(1).numpy().astype(np.float64)
        p = np.zeros((len(theirs), len(ALPHABET) + 1))
        np.add.at(p.T, self._class, theirs.T)
        # Their columns are not ours: say by how much each stands elsewhere.
        centre = (np.arange(len(p)) + 0.5) * x.shape[1] / len(p) * strip.shape[0] / self._height - 0.5
        assumed = np.arange(len(p)) * STRIDE + (STRIDE - 1) / 2
        half = HALF_WIDTH * SHARE * HEIGHT
        places = np.empty((len(p), 4), np.float32)
        places[:, 0], places[:, 1] = (assumed - centre + half) / 16, (centre - assumed + half) / 16
        places[:, 2:] = (1 - SHARE) / 2, (1 + SHARE) / 2
        return Seen(p, places, np.eye(len(SURFACES))[SURFACES.index("label")], turned=0.0, number=1.0)


def _ours(character: str) -> int:
    """Our class of one of their characters; what no number holds counts as nothing."""
    return ALPHABET.index(character.upper()) + 1 if len(character) == 1 and character.upper() in ALPHABET else 0
