"""Whether a number is struck as cleared vehicles of its maker are."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinspect.vision import maker
from vinspect.vision.hand import LETTERS
from vinspect.vision.maker import FEWEST, SHARED, Forms, Learned, maker_of, support_of, terms

D = 64
KNOWN = Learned(np.zeros((360, D), np.float32), (-4.0, -1.0, 0.5, 1.0), 1.5)
ALL = range(len(LETTERS))


def struck(dies: int, photograph: int = 0, letters: range = ALL, noise: float = 0.5) -> Forms:
    """Letters by one set of dies, each photograph a little other."""
    rng = np.random.default_rng(photograph)
    forms = np.random.default_rng(dies).normal(size=(len(LETTERS), D)) + rng.normal(0, noise, (len(LETTERS), D))
    forms = forms[list(letters)]
    return Forms(
        np.array(letters, np.uint8), (forms / np.linalg.norm(forms, axis=1, keepdims=True)).astype(np.float32)
    )


def test_a_number_by_the_dies_of_the_cleared_is_told_from_one_by_others() -> None:
    bank = [struck(1, photograph) for photograph in range(1, 4)]
    same, other = (support_of(struck(dies, 9), bank, KNOWN) for dies in (1, 2))
    assert same is not None
    assert other is not None
    assert same < 0 < other
    assert abs(same) <= KNOWN.bound


def test_more_cleared_vehicles_say_more() -> None:
    said = [terms(struck(1, 99, noise=2), [struck(1, k, noise=2) for k in range(n)]) for n in (2, 8)]
    few, many = said
    assert few is not None
    assert many is not None
    assert many[0] > few[0]


def test_too_few_vehicles_or_letters_say_nothing() -> None:
    bank = [struck(1, photograph) for photograph in range(FEWEST)]
    assert support_of(struck(1, 9), bank, KNOWN) is not None
    assert support_of(struck(1, 9), bank[1:], KNOWN) is None
    assert support_of(struck(1, 9, range(SHARED - 1)), bank, KNOWN) is None
    assert support_of(struck(1, 9, range(8)), [struck(1, k, range(8, 20)) for k in range(4)], KNOWN) is None


@given(st.integers(0, 99), st.lists(st.sampled_from(list(ALL)), min_size=1, unique=True))
def test_what_is_kept_is_what_was_seen(dies: int, letters: list[int]) -> None:
    one = struck(dies)
    some = Forms(one.letters[sorted(letters)], one.forms[sorted(letters)])
    again = Forms.unpacked(some.packed())
    assert again.letters.tolist() == sorted(letters)
    assert np.abs(again.forms - some.forms).max() < 0.01
    assert np.allclose(np.linalg.norm(again.forms, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("text", "whose"),
    [
        ("LSVAM4187C2184841", "LSV 2 C"),
        ("LSVAM4187C2184842", "LSV 2 C"),  # another number of theirs
        ("1J9AM4187C2184841", "1J9184 2 C"),  # a maker of few
        ("4M40-HB1234", None),
        ("LSVAM4187C218484", None),
    ],
)
def test_whose_dies_a_number_says(text: str, whose: str | None) -> None:
    assert maker_of(text) == whose


def test_what_was_fitted_is_written_and_read(tmp_path: Path) -> None:
    file = tmp_path / "maker.json"
    KNOWN.write(file)
    again = Learned.read(file)
    assert again.turn.shape == (360, D)
    assert again.weights == KNOWN.weights
    file.write_text(file.read_text("utf-8").replace(f'"version": {maker.VERSION}', '"version": 99'), "utf-8")
    with pytest.raises(ValueError, match="version 99"):
        Learned.read(file)
