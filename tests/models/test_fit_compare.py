from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from vinspect.datasets.relief.pairs import Pair, Side
from vinspect.models.comparer import Comparer
from vinspect.models.fit_compare import FALSE_ALARMS, fit
from vinspect.models.laid_pairs import FEWEST, Lines, Measured, keep, kept, legible, measure, usual_patches
from vinspect.models.train_compare import Example, batch, loss_of, otherwise
from vinspect.vision import congruence
from vinspect.vision.congruence import SHOWN, TRAITS, Weighed
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


def alike(rng: np.random.Generator, count: int) -> list[Measured]:
    """So many pairs of one letter, whose strikings share its form."""
    shared = rng.random((16, 12, 3)).astype(np.float32)
    ms = [a_pair("AAAAA", rng) for _ in range(count)]
    for m in ms:
        for patches in (m.laid.first, m.laid.alone):
            patches[:] = shared + 0.2 * (patches - 0.5)
    return ms


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


def test_a_pair_with_too_few_characters_in_common_is_left_out() -> None:
    n = FEWEST - 1
    quads = np.array([[[k, 0], [k + 0.6, 0], [k + 0.6, 1], [k, 1]] for k in range(n)], np.float32) * 30 + 20
    side = Side(np.random.default_rng(0).integers(0, 255, (64, 200)).astype(np.uint8), "ABCD"[:n], quads, rubbed=False)
    assert measure(Pair("same", side, side, (False,) * n, "press"), Lines(0)) is None


def test_the_usual_form_of_a_letter_is_what_its_strikings_share() -> None:
    rng = np.random.default_rng(2)
    ms = alike(rng, 8)
    usual = usual_patches(ms)
    assert list(usual) == ["A"]
    assert all(legible(m, usual) > 0.9 for m in ms)


def an_example(rng: np.random.Generator, n: int, whole: float = -1.0) -> Example:
    shown = rng.normal(size=(n, SHOWN, 16, 12)).astype(np.float16)
    traits = rng.normal(size=(n, TRAITS)).astype(np.float32)
    return Example(shown, traits, np.arange(n, dtype=np.float32) % 2, whole)


def test_a_pair_is_what_the_network_takes() -> None:
    m = a_pair("ABC12", np.random.default_rng(3))
    x = Example.of(m, usual_patches([m]))
    assert (x.shown.shape, x.traits.shape) == ((5, SHOWN, 16, 12), (5, TRAITS))
    assert x.whole == 0
    np.testing.assert_array_equal(x.again, m.again)


def test_a_longer_line_beside_it_changes_nothing_of_what_is_said_of_a_line() -> None:
    rng, net = np.random.default_rng(4), Comparer().eval()
    short, long = an_example(rng, 6), an_example(rng, 17)
    with torch.no_grad():
        alone, beside = (net(b.shown, b.traits, b.absent) for b in (batch([short]), batch([short, long])))
    assert torch.allclose(alone[0][0], beside[0][0, :6], atol=1e-4)
    assert torch.allclose(alone[1][0], beside[1][0], atol=1e-4)


def test_a_line_as_it_might_have_been_has_its_own_characters_and_enough_of_them() -> None:
    rng, spread = np.random.default_rng(5), np.zeros(TRAITS, np.float32)
    whole = an_example(rng, 17)
    for _ in range(40):
        x = otherwise(rng, whole, spread)
        assert FEWEST <= len(x.again) <= 17
        stayed = [int(np.flatnonzero((whole.traits == row).all(1))[0]) for row in x.traits]
        np.testing.assert_array_equal(x.again, whole.again[stayed])
        assert x.shown.shape == (len(x.again), SHOWN, 16, 12)


def test_the_line_counts_only_where_it_is_all_one_or_all_the_other() -> None:
    rng, net = np.random.default_rng(6), Comparer().eval()
    part, all_ = an_example(rng, 8), an_example(rng, 8, 1.0)
    with torch.no_grad():
        mixed, alone = loss_of(net, batch([part, all_]))[1], loss_of(net, batch([all_]))[1]
    assert mixed["line"] == pytest.approx(alone["line"], abs=1e-4)


def test_one_same_pair_in_a_hundred_has_as_much_as_the_threshold(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    ms = [
        replace(m, kind="twin" if k % 2 else "same", again=np.full(5, bool(k % 2)))
        for k, m in enumerate(alike(rng, 400))
    ]
    logits = {id(m.laid): rng.normal(2.0 if m.kind == "twin" else -2.0, 1.5, 6).astype(np.float32) for m in ms}

    def weighed(laid: Registered, text: str, known: congruence.Learned) -> Weighed:
        x = logits[id(laid)]
        return Weighed(known.each[0] * x[:5] + known.each[1], float(known.line[0] * x[5] + known.line[1]))

    monkeypatch.setattr(congruence, "weighed", weighed)
    known = fit(ms, usual_patches(ms))
    same = [weighed(m.laid, m.text, known) for m in ms if m.kind == "same"]
    total = np.array([congruence.total(s.line, s.each, known) for s in same])
    assert (total > known.other).mean() == pytest.approx(FALSE_ALARMS, abs=0.005)
    assert known.bound == pytest.approx(np.log10(200))
    assert known.each[0] > 0
    assert known.line[0] > 0
