import cv2
import numpy as np

from vinspect.models import splice, weights
from vinspect.vision.network import Network


def printed(text):
    """A label's line and where it stands."""
    grey = np.full((60, 400), 220, np.uint8)
    (w, h), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.8, 2)
    cv2.putText(grey, text, (30, 40), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 20, 2)
    return grey, np.float32([[30, 40 - h], [30 + w, 40 - h], [30 + w, 41], [30, 41]])


NUMBERS = ("WVWZZZ1JZXW000001", "XW8AN4NX2NH006124")


def pieces(reader, kinds=(0, 0)):
    return splice.Pieces.of([splice.piece(*printed(text), text, reader) for text in NUMBERS], kinds)


def test_a_spliced_number_is_read_as_the_characters_it_was_spliced_from():
    reader = Network(weights.path("reader.onnx"), threads=1)
    made = pieces(reader)
    rng = np.random.default_rng(1)
    for _ in range(10):
        take, text, _ = made.spliced(rng, 0)
        assert len(text) == 17
        assert text != NUMBERS[0]
        assert all(c in pair for c, pair in zip(text, zip(*NUMBERS, strict=True), strict=True))
        again = splice.piece(take.grey, take.line, text, reader)
        assert again is not None  # the reader finds each of its characters where it should stand
        assert np.allclose(again.edges[[0, -1]] - again.edges[0], take.line[[0, 1], 0] - take.line[0, 0], atol=12)


def test_lines_of_other_kinds_and_lines_that_cannot_be_read_are_not_spliced():
    reader = Network(weights.path("reader.onnx"), threads=1)
    rng = np.random.default_rng(1)
    assert pieces(reader, (0, 1)).spliced(rng, 0) is None
    grey, quad = printed(NUMBERS[0])
    assert splice.piece(np.full_like(grey, 200), quad, NUMBERS[0], reader) is None
    assert splice.Pieces.of([None, None], (0, 0)).spliced(rng, 0) is None
