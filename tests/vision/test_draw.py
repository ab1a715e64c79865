"""The picture that shows what was found: it holds everything found, and never fails on odd readings."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from vinspect.vision import draw
from vinspect.vision.evidence import (
    Barcode,
    Character,
    Finding,
    Inspection,
    Looks,
    Outcome,
    Photo,
    Reading,
    Report,
    Rubbing,
    StampLine,
    Verdict,
)  # fmt: skip
from vinspect.vision.photo import grey, photo_of
from vinspect.vision.quality import reason
from vinspect.vision.rectify import rectify
from vinspect.vision.rules import rules_of

NUMBER = "LSVAL41Z882104202"
LEVEL = np.array([[100, 200], [540, 200], [540, 230], [100, 230]], np.float32)

LOWER = LEVEL + np.array([0, 60], np.float32)


def photograph(width: int = 640, height: int = 480) -> Photo:
    picture = np.full((height, width, 3), (90, 120, 140), np.uint8)
    _, data = cv2.imencode(".png", picture)
    return photo_of("folder/照片 IMG_2043.jpg", data.tobytes())


def reading_of(
    photo: Photo, text: str = NUMBER, quads: tuple[np.ndarray, ...] = (LEVEL,), sure: float = 0.99
) -> Reading:
    lines = tuple(StampLine(quad.astype(np.float32), 0.9, 0.9) for quad in quads)
    strips = tuple(rectify(grey(photo), line) for line in lines)
    characters = []
    for number, part in enumerate(np.array_split(np.arange(len(text)), len(quads))):
        edges = np.linspace(14, strips[number].grey.shape[1] - 14, len(part) + 1)
        for i, place in enumerate(part):
            box = np.array([edges[i] + 1, 10, edges[i + 1] - 1, 38], np.float32)
            corners = box[[0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 1, 2).astype(np.float64)
            quad = cv2.perspectiveTransform(corners, strips[number].to_photo).reshape(4, 2).astype(np.float32)
            candidates = ((text[place], sure), ("8", (1 - sure) / 2))
            characters.append(Character(text[place], sure, candidates, quad, box, number))
    return Reading(
        text, sure, quads[0], ("*", "*"), lines, strips, "struck", tuple(characters), rules_of(text, tuple(characters))
    )


def near(picture: np.ndarray, colour: draw.Colour) -> np.ndarray:
    """Where a picture has nearly this colour: bool (H, W)."""
    return np.abs(picture.astype(int) - colour).max(axis=-1) < 12


def test_report_without_number_says_why_under_the_photograph() -> None:
    photo = photograph()
    with_reason = draw.overlay(Report(photo, (), reason("no_number"), {}))
    without = draw.overlay(Report(photo, (), None, {}))
    assert with_reason.shape[1] == 1280
    assert with_reason.dtype == np.uint8
    assert with_reason.shape[0] > without.shape[0]
    assert near(with_reason, draw.BLUE).any()


def test_number_is_outlined_where_it_stands() -> None:
    photo = photograph()
    picture = draw.overlay(Report(photo, (reading_of(photo),), None, {}))[:960]
    rows, columns = np.nonzero(near(picture, draw.GREEN))
    assert (columns.min(), columns.max()) == pytest.approx((200 - 8, 1080 + 8), abs=3)
    assert (rows.min(), rows.max()) == pytest.approx((400 - 8, 460 + 8), abs=3)


@pytest.mark.parametrize(("outcome", "colour"), draw.OUTCOMES.items())
def test_outline_and_verdict_have_the_outcomes_colour(outcome: Outcome, colour: draw.Colour) -> None:
    photo = photograph()
    verdict = Verdict(outcome, None if outcome == "cannot judge" else 0.5, (None,) * 17, None)
    picture = draw.overlay(Inspection(Report(photo, (reading_of(photo),), None, {}), (), verdict))
    assert near(picture[380:480], colour).sum() > 2000  # the outline
    assert near(picture[960:1060, 1000:], colour).sum() > 5000  # the verdict


def test_marked_character_is_red_in_the_strip_and_pinned_in_the_photograph() -> None:
    photo = photograph()
    reading = reading_of(photo)
    finding = Finding("does_not_sit", (6,), 1.4, "The 1 at position 7 does not sit.", "", reading.characters[6].quad)
    verdict = Verdict("review", 0.0, (None,) * 17, None)
    report = Report(photo, (reading,), None, {})
    picture = draw.overlay(Inspection(report, (finding,), verdict))
    plain = draw.overlay(Inspection(report, (), verdict))
    red = near(picture, draw.RED)
    assert not near(plain, draw.RED).any()
    strip = red[1060:1300]
    columns = np.nonzero(strip.sum(axis=0) > 20)[0]
    assert 440 < columns.mean() < 560  # the seventh of seventeen
    assert red[:960, 470:590].sum() > 500
    assert picture.shape[0] >= plain.shape[0]


def test_character_that_a_finding_clears_is_not_marked() -> None:
    photo = photograph()
    reading = reading_of(photo)
    finding = Finding("equal_characters", (8, 9), -0.4, "The two 8s match.", "", reading.characters[8].quad)
    verdict = Verdict("clear", -0.4, (None,) * 17, None)
    picture = draw.overlay(Inspection(Report(photo, (reading,), None, {}), (finding,), verdict))
    assert not near(picture, draw.RED).any()


def looks_of(reading: Reading) -> Looks:
    """A groove in the first tenth of each line, a ghost in the second, touched metal in the last quarter."""
    places = [np.linspace(0, 1, strip.grey.shape[1]) + np.zeros((48, 1)) for strip in reading.strips]
    groove, ghost, touched = (
        tuple(((low <= x) & (x < high)).astype(np.float32) for x in places)
        for low, high in ((0.0, 0.1), (0.1, 0.2), (0.75, 1.1))
    )
    rubbings, ghosts = (tuple(Rubbing(stroke) for stroke in strokes) for strokes in (groove, ghost))
    return Looks(-0.1, (-0.1,) * len(reading.characters), (), rubbings, ghosts, touched)


@pytest.mark.parametrize("quads", [(LEVEL,), (LEVEL, LOWER)])
def test_rubbing_ghosts_and_touched_metal_are_drawn_under_each_line(quads: tuple[np.ndarray, ...]) -> None:
    photo = photograph()
    reading = reading_of(photo, quads=quads)
    report, verdict = Report(photo, (reading,), None, {}), Verdict("clear", -0.1, (-0.1,) * 17, None)
    plain = draw.overlay(Inspection(report, (), verdict))
    picture = draw.overlay(Inspection(report, (), verdict, looks_of(reading)))
    assert picture.shape[0] > plain.shape[0] + 200 * len(quads)

    def bands(colour: draw.Colour, left: int, right: int) -> int:
        """How many pieces of the picture, one under the other, are of this colour between two columns."""
        there = near(picture[960:], colour)[:, left:right].mean(axis=1) > 0.9
        return int(np.diff(there.astype(int), prepend=0).clip(0).sum())

    assert bands(draw.INK, 50, 140) == bands(draw.ORANGE, 180, 260) == len(quads)
    grey = np.float64(cv2.cvtColor(np.array([[[90, 120, 140]]], np.uint8), cv2.COLOR_BGR2GRAY)[0, 0])
    worked = tuple(round(0.3 * float(grey) + 0.7 * c) for c in draw.RED)
    assert bands(worked, 1000, 1200) == len(quads)  # type: ignore[arg-type]


def test_support_of_each_character_stands_under_the_rubbing() -> None:
    photo = photograph()
    reading = reading_of(photo)
    looks, report = looks_of(reading), Report(photo, (reading,), None, {})
    loud = Verdict("review", 0.6, (*(-0.1,) * 16, 1.4), None)
    quiet = replace(loud, characters=(-0.1,) * 17)
    there, gone = (near(draw.overlay(Inspection(report, (), v, looks)), draw.RED)[960:1600] for v in (loud, quiet))
    columns = np.nonzero((there & ~gone).any(axis=0))[0]
    assert columns.size
    assert columns.min() > 1150  # the last of seventeen


def test_what_leans_is_spoken_of_even_where_it_makes_no_finding() -> None:
    photo = photograph()
    report = Report(photo, (reading_of(photo),), None, {})
    still = Verdict("clear", -0.9, (-0.5,) * 17, None)
    leaning = replace(still, characters=(*(-0.5,) * 16, 0.6))
    badges = [near(draw.overlay(Inspection(report, (), v))[960:, :70], draw.AMBER).sum() for v in (still, leaning)]
    assert badges[0] == 0
    assert badges[1] > 100


@pytest.mark.parametrize("size", [1, 3])
def test_strip_shows_the_number_in_colour_from_the_full_photograph(size: int) -> None:
    picture = np.full((480 * size, 640 * size, 3), (90, 120, 140), np.uint8)
    picture[200 * size : 230 * size, 100 * size : 540 * size] = (200, 40, 160)
    photo = photo_of("p", cv2.imencode(".png", picture)[1].tobytes())
    below = draw.overlay(Report(photo, (reading_of(photo, "GX61", (LEVEL * size,)),), None, {}))[960:]
    rows, columns = np.nonzero(near(below, (200, 40, 160)))
    ground, _ = np.nonzero(near(below, (90, 120, 140)))
    assert columns.min() < 80
    assert columns.max() > 1200
    assert rows.mean() == pytest.approx(ground.mean(), abs=6)  # in the middle of its strip


def test_unsure_character_shows_what_else_it_may_be() -> None:
    photo = photograph()
    sure = draw.overlay(Report(photo, (reading_of(photo, sure=0.99),), None, {}))
    unsure = draw.overlay(Report(photo, (reading_of(photo, sure=0.6),), None, {}))
    assert unsure.shape[0] > sure.shape[0]


def test_differing_barcode_is_outlined_in_red_and_an_equal_one_is_not() -> None:
    photo = photograph()
    corners = ((100.0, 300.0), (500.0, 300.0), (500.0, 360.0), (100.0, 360.0))
    for agrees, expected in ((True, False), (False, True), (None, False)):
        reading = replace(reading_of(photo), barcodes=(Barcode(NUMBER, "Code39", corners, agrees),))
        picture = draw.overlay(Report(photo, (reading,), None, {}))
        assert near(picture[580:960], draw.RED).any() == expected


def test_the_photograph_is_not_painted_on() -> None:
    photo = photograph()
    before = photo.small.copy()
    draw.overlay(Report(photo, (reading_of(photo),), None, {}))
    assert np.array_equal(photo.small, before)


@pytest.mark.parametrize(
    "quads",
    [(LEVEL[:, ::-1].copy(),), (LEVEL[[2, 3, 0, 1]],), (LEVEL, LOWER), (LEVEL * 40,), (LEVEL / 20,),
     (np.array([[10, 10], [600, 400], [580, 430], [-10, 40]], np.float32),)],
)  # fmt: skip
@pytest.mark.parametrize("text", [NUMBER, "GX61-6026788", "?" * 17, "A1B2"])
def test_turned_split_tiny_and_outlying_numbers_are_drawn(quads: tuple[np.ndarray, ...], text: str) -> None:
    photo = photograph()
    picture = draw.overlay(Report(photo, (reading_of(photo, text, quads), reading_of(photo)), reason("unreadable"), {}))
    assert picture.shape[1:] == (1280, 3)
    assert picture.shape[0] > 960 + 200


@pytest.mark.parametrize("size", [(1, 1), (300, 4000), (4000, 300), (256, 256)])
def test_photographs_of_every_shape_are_drawn(size: tuple[int, int]) -> None:
    picture = draw.overlay(Report(photograph(*size), (), reason("no_number"), {}))
    assert picture.shape[1] == 1280
    assert picture.shape[0] <= 960 + 200


def test_long_sentences_are_wrapped_and_never_run_out_of_the_picture() -> None:
    photo = photograph()
    reading = reading_of(photo)
    verdict = Verdict("review", 1.4, (None,) * 17, None)
    finding = Finding("does_not_sit", (), 1.4, "It does not sit with the others at all. " * 12, "", None)
    picture = draw.overlay(Inspection(Report(photo, (reading,), None, {}), (finding,), verdict))
    assert not near(picture[1300:, 1260:], draw.INK).any()
    assert near(picture[1300:], draw.INK).any()
