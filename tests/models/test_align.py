import numpy as np
import pytest

from vinspect.datasets import press
from vinspect.models import align, weights
from vinspect.vision.network import Network


@pytest.mark.parametrize("wrong", [-4.0, 3.0])
def test_a_transcribed_line_is_laid_level_through_its_characters(wrong: float) -> None:
    struck = press.render(np.random.default_rng(11), "WVWZZZ1KZ7P012345", "label", 28.0)
    middle = struck.line.mean(0)

    def turned(degrees: float) -> np.ndarray:
        a = np.radians(degrees)
        return ((struck.line - middle) @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]) + middle).astype(
            np.float32
        )

    reader = Network(weights.path("reader.onnx"), threads=1)
    starts = [turned(wrong + a) for a in align.AROUND]
    found = align.aligned(struck.grey, starts, struck.text, reader)
    height = float(struck.line[3, 1] - struck.line[0, 1])
    assert np.abs(found - struck.line).max() < 0.35 * height
