"""Our reader inside EasyOCR, for real and without a network."""

import shutil
import socket
from pathlib import Path

import numpy as np
import pytest

from vinspect.datasets import press, takes
from vinspect.models import weights
from vinspect.models.easyocr import FOLDER, NETWORK
from vinspect.vision.evidence import ALPHABET
from vinspect.vision.network import Network

easyocr = pytest.importorskip("easyocr")
pytestmark = pytest.mark.filterwarnings("ignore")  # EasyOCR's own, about pinned memory and what Pillow will drop


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    def refuse(*_):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(scope="module")
def network():
    return Network(weights.path("reader.onnx"))


@pytest.fixture(scope="module")
def strips():
    rng = np.random.default_rng(3)
    made = []
    for surface in ("label", "plate", "struck", "peened", "scribed", "etched") * 2:
        struck = press.render(rng, "WVWZZZ1JZ3W386752", surface)
        made.append(takes.lay(rng, takes.Take(struck.grey, struck.line, struck.quads), sure=0.3)[0])
    return made


def greedy(p):
    best = p.argmax(1)
    return "".join(ALPHABET[c - 1] for c, before in zip(best, [0, *best], strict=False) if c and c != before)


def test_the_reader_in_easyocr_sees_in_every_strip_what_the_onnx_reader_sees(network, strips):
    from vinspect.models.easyocr.reader import open_reader

    reader = open_reader()
    for strip in strips:
        ours, theirs = network.see(strip), reader.see(strip)
        assert np.mean(ours.p.argmax(1) == theirs.p.argmax(1)) > 0.98  # eight bits may move a column by one
        assert np.abs(ours.places - theirs.places).mean() < 0.02
        assert reader.calibration == network.calibration


def test_easyocr_itself_reads_a_strip_as_the_plug_in_does(strips):
    from vinspect.models.easyocr.reader import open_reader

    plugged_in = open_reader()
    reader = easyocr.Reader(
        ["en"], gpu=False, recog_network=NETWORK, user_network_directory=FOLDER, model_storage_directory=FOLDER,
        detector=False, download_enabled=False, verbose=False, quantize=False,
    )  # fmt: skip
    for strip in strips:
        height, width = strip.shape
        [(_, text, _)] = reader.recognize(strip, [[0, width, 0, height]], [], contrast_ths=0.0)
        padded = np.concatenate([strip, strip[:, -1:].repeat(-width % height, 1)], 1)  # as EasyOCR does
        assert text == greedy(plugged_in.see(padded).p)


def test_a_network_of_the_users_own_reads_through_its_characters_alone(tmp_path, monkeypatch, strips):
    from easyocr import config

    from vinspect.models.easyocr.reader import open_reader

    monkeypatch.setattr(config, "MODULE_PATH", str(tmp_path))
    for suffix, folder in ((".yaml", "user_network"), (".py", "user_network"), (".pth", "model")):
        (tmp_path / folder).mkdir(exist_ok=True)
        shutil.copy(Path(FOLDER, NETWORK + suffix), tmp_path / folder / f"mine{suffix}")
    ours, mine = open_reader(), open_reader("mine")
    for strip in strips:
        padded = np.concatenate([strip, strip[:, -1:].repeat(-strip.shape[1] % strip.shape[0], 1)], 1)
        expected, found = ours.see(padded), mine.see(strip)
        assert greedy(found.p) == greedy(expected.p)
        assert np.allclose(found.p.sum(1), 1)


def test_a_network_that_is_nowhere_is_missed_by_name(tmp_path, monkeypatch):
    from easyocr import config

    from vinspect.models.easyocr.reader import open_reader

    monkeypatch.setattr(config, "MODULE_PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"EasyOCR has no network mine: .*mine\.yaml is missing"):
        open_reader("mine")


def test_the_description_for_easyocr_names_the_characters_of_the_reader():
    described = Path(FOLDER, f"{NETWORK}.yaml").read_text(encoding="utf-8")
    assert f'character_list: "{ALPHABET}"' in described
