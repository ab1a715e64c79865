from itertools import islice

import cv2
import numpy as np

from vinspect.datasets import protocol


def _page(ink: int) -> tuple[np.ndarray, np.ndarray]:
    page = np.random.default_rng(0).normal(120, 3, (160, 400)).clip(0, 255).astype(np.uint8)
    quads = []
    for i, c in enumerate("5T8"):
        x = 60 + 90 * i
        cv2.putText(page, c, (x, 100), cv2.FONT_HERSHEY_SIMPLEX, 1.6, ink, 3, cv2.LINE_AA)
        quads.append([[x, 64], [x + 32, 64], [x + 32, 101], [x, 101]])
    return page, np.array(quads, np.float32)


def test_characters_that_stand_out_are_legible_and_faint_or_covered_ones_are_not() -> None:
    assert protocol.legible(*_page(40))
    assert not protocol.legible(*_page(117))
    page, quads = _page(40)
    page[50:120, 140:200] = 120
    assert not protocol.legible(page, quads)


def test_the_same_photographs_come_at_every_call() -> None:
    one, other = (list(islice(protocol.stampings(2, True), 2)) for _ in range(2))
    assert [s.text for s in one] == [s.text for s in other]
    assert all(np.array_equal(a.grey, b.grey) for a, b in zip(one, other, strict=True))
