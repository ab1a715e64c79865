from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from vinspect.vision import compare as comparing
from vinspect.vision.compare import SENTENCES, Comparison, compare
from vinspect.vision.congruence import learned
from vinspect.vision.evidence import Reading, Reason, Report, StampLine
from vinspect.vision.overlaid import overlaid
from vinspect.vision.photo import photo_of

TEXT = "JS3GB6R2SG8639405"
EVERY = range(len(TEXT))
TWIN = {  # by another works: other dies, in a line of their own
    "die": dict.fromkeys(EVERY, 15),
    "low": {i: 0.06 * (-1) ** (i // 2) for i in EVERY},
    "size": {i: 1 + 0.06 * (-1) ** i for i in EVERY},
}
Strike = Callable[..., Reading]


def report(reading: Reading | None, name: str = "photo.png", *, negative: bool = False) -> Report:
    """What a picture that shows nothing but the drawn line gives when it is read."""
    grey = np.full((48, 400), 90, np.uint8) if reading is None else reading.strips[0].grey
    photo = photo_of(name, cv2.imencode(".png", 255 - grey if negative else grey)[1].tobytes())
    if reading is None:
        return Report(photo, (), Reason("no_number", "No number was found: move closer.", "未找到号码：请靠近。"), {})
    line = StampLine(reading.quad, 1.0, 1.0)
    return Report(photo, (replace(reading, lines=(line,)),), None, {})


def held(now: Reading, file: Reading) -> Comparison:
    return compare(report(now), report(file, "rubbing.png", negative=True))


def test_one_striking_is_the_striking_on_file(strike: Strike) -> None:
    found = held(strike(TEXT), strike(TEXT))
    assert found.outcome == "same striking"
    assert found.support is not None
    assert found.support <= learned().same
    assert [c.text for c in found.characters] == list(TEXT)
    assert sum(c.congruent for c in found.characters) > 0.9 * comparing.CELLS * len(TEXT)


def test_a_twin_is_not_the_striking_on_file(strike: Strike) -> None:
    found = held(strike(TEXT), strike(TEXT, **TWIN))
    assert found.outcome == "not the same striking"
    assert found.support is not None
    assert found.support >= learned().other


def test_a_sure_reading_of_another_character_speaks_against_that_one(strike: Strike) -> None:
    now = strike(TEXT)
    one = replace(now.characters[5], text="8", candidates=(("8", 0.99),))
    changed = replace(now, text=TEXT[:5] + "8" + TEXT[6:], characters=(*now.characters[:5], one, *now.characters[6:]))
    found, plain = held(changed, strike(TEXT)), held(now, strike(TEXT))
    assert (found.characters[5].text, found.characters[5].on_file) == ("8", TEXT[5])
    more = [a.support - b.support for a, b in zip(found.characters, plain.characters, strict=True)]
    assert more[5] > 1
    assert int(np.argmax(more)) == 5
    assert found.support is not None
    assert plain.support is not None
    assert found.support > plain.support
    assert found.outcome != "same striking"
    assert "6th character" in found.why.sentence


def test_with_nothing_on_file_it_cannot_judge(strike: Strike) -> None:
    found = compare(report(strike(TEXT)), None)
    assert (found.outcome, found.support, found.why.code) == ("cannot judge", None, "nothing_on_file")


def test_another_vehicles_rubbing_gives_no_strength(strike: Strike) -> None:
    found = held(strike(TEXT), strike("1HGCM82633A004352", **TWIN))
    assert (found.outcome, found.support, found.why.code) == ("cannot judge", None, "other_number")
    assert "1HGCM82633A004352" in found.why.sentence
    assert "1HGCM82633A004352" in found.why.chinese


def test_a_picture_without_a_number_is_named(strike: Strike) -> None:
    found = compare(report(strike(TEXT)), report(None, "rubbing.png"))
    assert (found.outcome, found.why.code) == ("cannot judge", "no_number")
    assert "the file" in found.why.sentence
    assert "档案" in found.why.chinese


def test_print_is_not_held_against_a_striking(strike: Strike) -> None:
    found = held(strike(TEXT, surface="label"), strike(TEXT))
    assert (found.outcome, found.why.code) == ("cannot judge", "print")


def test_flat_metal_is_too_little_to_see(strike: Strike) -> None:
    found = held(strike(TEXT, bright=0.0), strike(TEXT))
    assert (found.outcome, found.support, found.why.code) == ("cannot judge", None, "too_little")
    assert "the photograph" in found.why.sentence


def test_too_few_characters_are_not_judged(strike: Strike) -> None:
    found = held(strike(TEXT[:4]), strike(TEXT[:4]))
    assert (found.outcome, found.why.code) == ("cannot judge", "too_few")


def test_one_line_is_not_held_against_two(strike: Strike) -> None:
    now, file = report(strike(TEXT)), report(strike(TEXT))
    two = replace(file.readings[0], lines=file.readings[0].lines * 2, strips=file.readings[0].strips * 2)
    assert compare(now, replace(file, readings=(two,))).why.code == "lines"


def test_of_several_numbers_the_registered_one_is_held_against_the_file(strike: Strike) -> None:
    other, now = report(strike("1HGCM82633A004352")), report(strike(TEXT))
    both = replace(now, readings=(other.readings[0], now.readings[0]))
    found = compare(both, report(strike(TEXT), negative=True), TEXT)
    assert [c.text for c in found.characters] == list(TEXT)


@pytest.mark.parametrize("code", SENTENCES)
def test_every_outcome_is_said_in_english_and_chinese(code: comparing.Code) -> None:
    english, chinese = SENTENCES[code]["en"], SENTENCES[code]["zh"]
    assert english.isascii()
    assert any("\u4e00" <= c <= "\u9fff" for c in chinese)


def test_the_picture_shows_both_colours_and_marks_cells_that_agree(strike: Strike) -> None:
    twin, same = (overlaid(held(strike(TEXT), strike(TEXT, **how))) for how in (TWIN, {}))

    def pixels(picture: np.ndarray, colour: tuple[int, int, int]) -> int:
        return int((np.abs(picture.astype(int) - colour).max(2) < 25).sum())

    assert twin.shape[1] == same.shape[1] == 1280
    assert pixels(twin, (0, 120, 235)) > 2 * pixels(same, (0, 120, 235))
    assert pixels(same, (115, 158, 0)) > pixels(twin, (115, 158, 0))


def test_a_picture_is_drawn_where_nothing_could_be_laid_on_anything(strike: Strike) -> None:
    assert overlaid(compare(report(strike(TEXT)), None)).shape[1] == 1280
