from __future__ import annotations

import numpy as np
import pytest

from vinspect.vision import layout
from vinspect.vision.evidence import Reading
from vinspect.vision.rub import rub

NUMBER = "WVWZZZ1JZ3W386752"


def laid_out(reading: Reading) -> layout.Layout:
    return layout.lay_out(rub(reading.strips[0]), reading.characters)


def test_edges_are_found_to_half_a_pixel_though_the_readers_boxes_are_rough(strike) -> None:
    edges = laid_out(strike("HHHHHHHH")).boxes
    assert np.nanstd(edges[:, 1]) < 0.5
    assert np.nanstd(edges[:, 3]) < 0.5
    assert np.abs(np.nanmedian(edges[:, 3] - edges[:, 1]) - 28.8) < 1.5


def test_a_line_from_one_die_set_sits_together(strike) -> None:
    assert layout.findings_of(strike(NUMBER)) == ()


def test_a_character_struck_low_and_small_is_named(strike) -> None:
    (finding,) = layout.findings_of(strike(NUMBER, low={8: 0.15}, size={8: 0.75}))
    assert finding.code == "layout"
    assert finding.characters == (8,)
    assert finding.support > 0
    assert finding.sentence.startswith("9th character does not sit with the others")
    assert "% lower" in finding.sentence or "low" in finding.sentence


@pytest.mark.parametrize(
    ("apart", "name", "sign"),
    [
        ({"low": {4: 0.12}}, "baseline", 1),
        ({"low": {4: -0.12}}, "baseline", -1),
        ({"size": {4: 1.2}}, "height", 1),
        ({"size": {4: 0.8}}, "width", -1),
        ({"turn": {4: 9.0}}, "turn", 1),
        ({"turn": {4: -9.0}}, "slant", -1),
    ],
)
def test_what_sets_a_character_apart_is_measured(strike, apart: dict, name: str, sign: int) -> None:
    found = laid_out(strike("HEHEHEHEHEH", **apart))
    column = found.z[:, layout.MEASURES.index(name)]
    assert int(np.nanargmax(np.abs(column))) == 4
    assert np.sign(column[4]) == sign


def test_letters_larger_than_digits_are_honest(strike) -> None:
    text = "ABCDH12345678"
    assert layout.findings_of(strike(text, size=dict.fromkeys(range(5), 1.15))) == ()


def test_a_serial_part_from_another_wheel_is_honest(strike) -> None:
    last = range(11, 17)
    assert layout.findings_of(strike(NUMBER, size=dict.fromkeys(last, 0.9), die=dict.fromkeys(last, 40))) == ()


def test_print_is_not_judged(strike) -> None:
    assert layout.findings_of(strike(NUMBER, low={8: 0.15}, size={8: 0.75}, surface="label")) == ()


def test_a_shift_of_all_that_follows_blames_nobody() -> None:
    boxes = np.array([[x, 10, x + 17, 39] for x in np.arange(10) * 25.0], np.float32)
    boxes[5:, [0, 2]] += 12  # a gap between two groups
    marks = np.tile(np.array([0, 0, 3], np.float32), (10, 1))
    residual, _ = layout.residuals("1234567890", boxes, marks)
    assert np.nanmax(np.abs(residual[:, layout.MEASURES.index("pitch")])) < 0.01


def test_a_character_out_of_its_place_is_off_by_as_much() -> None:
    boxes = np.array([[x, 10, x + 17, 39] for x in np.arange(10) * 25.0], np.float32)
    boxes[5, [0, 2]] += 2.9  # a tenth of a cap height
    marks = np.tile(np.array([0, 0, 3], np.float32), (10, 1))
    residual, _ = layout.residuals("1234567890", boxes, marks)
    assert residual[5, layout.MEASURES.index("pitch")] == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(("place", "said"), [(0, "1st"), (1, "2nd"), (2, "3rd"), (3, "4th"), (10, "11th")])
def test_places_are_counted_as_people_count(place: int, said: str) -> None:
    assert layout.ordinal(place) == said
