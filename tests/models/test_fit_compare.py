from pathlib import Path

import numpy as np

from vinspect.datasets.relief.pairs import Pair, Side
from vinspect.models.fit_compare import FEWEST, Lines, Measured, keep, kept, legible, measure, network, usual_patches
from vinspect.vision.register import Registered


def a_pair(text: str, rng: np.random.Generator) -> Measured:
    n = len(text)

    def patches() -> np.ndarray:
        return rng.random((n, 16, 12, 3)).astype(np.float16).astype(np.float32)

    laid = Registered(
        tuple((i, i) for i in range(n)), rng.random((6, 2)), (50.0, 27.0, 40.0), rng.random((n, 3), np.float32),
        rng.random((n, 4, 4), np.float32), patches(), patches(), patches(),
    )  # fmt: skip
    return Measured("same", True, text, text[::-1], rng.random(n) > 0.5, laid)


def test_what_was_measured_survives_its_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    ms = [a_pair(text, rng) for text in ("ABC12", "WXYZ345")]
    keep(tmp_path / "1.npz", ms)
    for once, again in zip(ms, kept(tmp_path / "1.npz"), strict=True):
        assert (again.kind, again.rubbed, again.text, again.on_file) == ("same", True, once.text, once.on_file)
        np.testing.assert_array_equal(again.again, once.again)
        assert (again.laid.pairs, again.laid.middle) == (once.laid.pairs, once.laid.middle)
        for name in ("to_other", "shifts", "cells", "first", "other", "alone"):
            np.testing.assert_array_equal(getattr(again.laid, name), getattr(once.laid, name))


def test_the_small_network_learns_what_no_straight_line_parts() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(0, 1, (6000, 2)).astype(np.float32)
    y = x[:, 0] * x[:, 1] > 0
    hidden, out = network(x, y, seed=0)
    said = np.tanh(x @ hidden[:-1] + hidden[-1]) @ out[:-1] + out[-1]
    assert ((said > 0) == y).mean() > 0.8


def test_a_pair_with_too_few_characters_in_common_is_left_out() -> None:
    n = FEWEST - 1
    quads = np.array([[[k, 0], [k + 0.6, 0], [k + 0.6, 1], [k, 1]] for k in range(n)], np.float32) * 30 + 20
    side = Side(np.random.default_rng(0).integers(0, 255, (64, 200)).astype(np.uint8), "ABCD"[:n], quads, rubbed=False)
    assert measure(Pair("same", side, side, (False,) * n, "press"), Lines(0)) is None


def test_the_usual_form_of_a_letter_is_what_its_strikings_share() -> None:
    rng = np.random.default_rng(2)
    shared = rng.random((16, 12, 3)).astype(np.float32)
    ms = []
    for _ in range(8):
        m = a_pair("AAAAA", rng)
        for patches in (m.laid.first, m.laid.alone):
            patches[:] = shared + 0.2 * (patches - 0.5)
        ms.append(m)
    usual = usual_patches(ms)
    assert list(usual) == ["A"]
    assert all(legible(m, usual) > 0.9 for m in ms)
