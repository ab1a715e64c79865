import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinspect.vision.congruence import Learned, directions, learned, legibility, total, usual_of, weighed
from vinspect.vision.register import Registered

finite = st.floats(-50, 50)


def known(bound: float = 2.5) -> Learned:
    usual = np.random.default_rng(0).normal(0, 1, 576).astype(np.float16).astype(np.float32)
    lines = (np.array(x, np.float32) for x in ((0.5, 0.25), (0.75, -0.25)))
    return Learned({"A": usual}, *lines, 0.4, -0.5, 0.75, 1.5, bound)


def laid(rng: np.random.Generator, text: str, *, again: bool) -> Registered:
    """A line in which each character lies on its like, or on what it was not struck by."""
    n = len(text)
    usual = usual_of(text, learned().usual).reshape(n, 16, 12, 3)
    first, other = (usual + rng.normal(0, 0.03, usual.shape) for _ in range(2))
    off = 3.0 if again else 0.2
    cells = np.concatenate([rng.normal(0, off, (n, 4, 2)), np.full((n, 4, 2), 0.3 if again else 0.9)], 2)
    shifts = np.column_stack([rng.normal(0, off, (n, 2)), np.full(n, 0.3 if again else 0.9)])
    seen = [x.astype(np.float32) for x in (shifts, cells, first, other if again else first, other)]
    return Registered(tuple((i, i) for i in range(n)), np.zeros((6, 2)), (0.0, 0.0, 1.0), *seen)


def test_what_was_learned_survives_its_file(tmp_path: Path) -> None:
    one = known()
    one.write(tmp_path / "compare.json")
    again = Learned.read(tmp_path / "compare.json")
    for name in ("each", "line"):
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
    assert it.each[0] > 0
    assert it.line[0] > 0
    assert it.same < 0 < it.other <= it.bound
    for patch in it.usual.values():
        assert np.linalg.norm(patch) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("text", ["LSVAA49A", "1HGCM82633A004352"])
def test_a_line_that_lies_on_itself_is_one_striking_and_one_that_lies_off_is_not(text: str) -> None:
    rng = np.random.default_rng(3)
    same, other = (weighed(laid(rng, text, again=again), text, learned()) for again in (False, True))
    assert same.line < 0 < other.line
    assert same.each.shape == other.each.shape == (len(text),)
    assert np.median(same.each) < 0 < np.median(other.each)


def test_a_letter_that_was_never_seen_is_weighed_too() -> None:
    rng = np.random.default_rng(4)
    said = weighed(laid(rng, "LSV¤A49A", again=False), "LSV¤A49A", learned())
    assert np.isfinite(said.each).all()


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
