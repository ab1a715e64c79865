import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinspect.vision.congruence import Learned, directions, learned, legibility, total

finite = st.floats(-50, 50)


def known(bound: float = 2.5) -> Learned:
    rng = np.random.default_rng(0)

    def some(*shape: int) -> np.ndarray:
        return rng.normal(0, 1, shape).astype(np.float16).astype(np.float32)

    return Learned({"A": some(576)}, some(7), some(7), some(8, 3), some(4), some(21), 0.4, -0.5, 0.75, 1.5, bound)


def test_what_was_learned_survives_its_file(tmp_path: Path) -> None:
    one = known()
    one.write(tmp_path / "compare.json")
    again = Learned.read(tmp_path / "compare.json")
    for name in ("centre", "spread", "hidden", "out", "whole"):
        np.testing.assert_array_equal(getattr(again, name), getattr(one, name))
    np.testing.assert_array_equal(again.usual["A"], one.usual["A"])
    assert (again.legible, again.same, again.other, again.character, again.bound) == (0.4, -0.5, 0.75, 1.5, 2.5)


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "compare.json"
    known().write(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 99}))
    with pytest.raises(ValueError, match="version 99"):
        Learned.read(path)


def test_the_published_file_is_consistent() -> None:
    it = learned()
    assert it.hidden.shape[0] == len(it.centre) + 1
    assert len(it.out) == it.hidden.shape[1] + 1
    assert it.same < 0 < it.other <= it.bound
    for patch in it.usual.values():
        assert np.linalg.norm(patch) == pytest.approx(1, abs=0.01)


@given(finite, st.lists(finite, min_size=1, max_size=17), st.floats(0.5, 4))
def test_nothing_is_claimed_beyond_the_bound(line: float, each: list[float], bound: float) -> None:
    assert abs(total(line, np.array(each), known(bound))) <= bound + 1e-9


@given(finite, st.lists(finite, min_size=2, max_size=17), st.data())
def test_more_against_one_character_never_speaks_for_one_striking(
    line: float, each: list[float], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(each) - 1))
    more = list(each)
    more[at] += 1
    assert total(line, np.array(more), known()) >= total(line, np.array(each), known()) - 1e-9


def test_evidence_that_says_nothing_adds_up_to_nothing() -> None:
    assert total(0.0, np.zeros(17), known()) == pytest.approx(0)


def test_a_line_is_legible_where_it_looks_like_what_it_spells() -> None:
    rng = np.random.default_rng(1)
    usual = {c: directions(rng.random((1, 16, 12, 3)))[0] for c in "AB"}
    spelled = np.stack([usual[c].reshape(16, 12, 3) for c in "ABBA"])
    assert legibility(spelled, "ABBA", usual) > 0.99
    assert legibility(spelled, "BAAB", usual) < 0.3
    assert legibility(rng.random((4, 16, 12, 3)), "ABBA", usual) < 0.3


def test_flat_metal_is_no_letter() -> None:
    it = replace(known(), usual={"A": np.ones(576, np.float32) / 24})
    assert legibility(np.zeros((5, 16, 12, 3)), "AAAAA", it.usual) == pytest.approx(0, abs=1e-6)
