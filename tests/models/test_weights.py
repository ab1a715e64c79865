import subprocess
import sys

import pytest

from vinspect.models import weights


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    weights.path.cache_clear()
    yield tmp_path
    weights.path.cache_clear()


def test_every_published_file_is_the_one_that_was_published():
    for name, digest in weights.sums().items():
        assert weights.digest(weights.FOLDER / name) == digest


def test_published_weights_are_found_by_name(folder):
    (folder / "reader.onnx").write_bytes(b"a network")
    weights.publish(folder / "reader.onnx")
    assert weights.path("reader.onnx").read_bytes() == b"a network"


def test_weights_changed_since_they_were_published_are_refused(folder):
    (folder / "reader.onnx").write_bytes(b"a network")
    weights.publish(folder / "reader.onnx")
    (folder / "reader.onnx").write_bytes(b"another network")
    with pytest.raises(ValueError, match="not those that were published"):
        weights.path("reader.onnx")


def test_weights_that_are_not_there_are_missed_by_name(folder):
    with pytest.raises(FileNotFoundError, match=r"reader\.onnx are missing"):
        weights.path("reader.onnx")


def test_publishing_one_file_keeps_the_others(folder):
    for name in ("b", "a"):
        (folder / name).write_bytes(name.encode())
        weights.publish(folder / name)
    assert list(weights.sums()) == ["a", "b"]


def test_asking_for_weights_imports_no_torch():
    code = "import sys; from vinspect.models import weights; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
