"""Barcodes beside a number, in every direction, and the findings that they give."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import zxingcpp

from vinspect.vision.barcodes import barcode_findings, barcodes_of
from vinspect.vision.evidence import Barcode, Character, Reading, Surface
from vinspect.vision.rules import rules_of

NUMBER = "1M8GDM9AXKP042788"
KINDS = ["Code39", "Code128", "DataMatrix", "QRCode"]


def code(kind: str, text: str, scale: int) -> np.ndarray:
    """uint8 (h, w): a barcode by zxing-cpp's own writer, on white."""
    made = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, kind))
    return cv2.copyMakeBorder(np.asarray(made.to_image(scale=scale)), 20, 20, 40, 40, cv2.BORDER_CONSTANT, value=255)


def reading_of(
    text: str,
    quad: np.ndarray,
    surface: Surface = "label",
    confidence: float = 0.99,
    barcodes: tuple[Barcode, ...] = (),
) -> Reading:
    at = quad[0] + np.linspace(0, 1, len(text) + 1)[:, None] * (quad[1] - quad[0])
    characters = tuple(
        Character(c, confidence, ((c, confidence),), np.stack([at[i], at[i + 1], at[i + 1] + 1, at[i] + 1]),
                  np.zeros(4, np.float32), 0)
        for i, c in enumerate(text)
    )  # fmt: skip
    return Reading(text, confidence, quad, (None, None), (), (), surface, characters, rules_of(text), barcodes)


def label(kind: str, text: str, degrees: float, scale: int = 3, enlarged: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """A grey photograph of a label with a barcode under its number, turned, and the number's quad."""
    bars = code(kind, text, scale)
    picture = np.full((900, 1200), 150, np.uint8)
    top, left = 420, 600 - bars.shape[1] // 2
    picture[top : top + bars.shape[0], left : left + bars.shape[1]] = bars
    quad = np.array([[380, 370], [820, 370], [820, 398], [380, 398]], np.float32)
    turn = cv2.getRotationMatrix2D((600, 450), degrees, 1.0)
    picture = cv2.warpAffine(picture, turn, (1200, 900), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    quad = cv2.transform(quad[None], turn)[0]
    if enlarged != 1:
        picture = cv2.resize(picture, None, fx=enlarged, fy=enlarged, interpolation=cv2.INTER_LINEAR)
        quad = (quad + 0.5) * enlarged - 0.5
    return picture, quad.astype(np.float32)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("degrees", [0, 37, 90, 180, 271])
def test_barcode_is_read_in_any_direction(kind: str, degrees: float) -> None:
    picture, quad = label(kind, "I" + NUMBER if kind == "Code39" else NUMBER, degrees)
    (found,) = barcodes_of(picture, reading_of(NUMBER, quad))
    assert found.text == NUMBER  # less the leading I
    assert found.symbology == kind
    assert found.agrees is True
    assert barcode_findings(reading_of(NUMBER, quad, barcodes=(found,))) == ()


@pytest.mark.parametrize("enlarged", [1.0, 3.4])
@pytest.mark.parametrize("degrees", [0, 37])
def test_its_quad_lies_on_its_bars_at_every_scale(enlarged: float, degrees: float) -> None:
    picture, quad = label("Code128", NUMBER, degrees, enlarged=enlarged)
    (found,) = barcodes_of(picture, reading_of(NUMBER, quad))
    centre = np.mean(found.quad, axis=0)
    turn = cv2.getRotationMatrix2D((600, 450), degrees, 1.0)
    expected = cv2.transform(np.array([[[600, 420 + 20 + 75]]], np.float32), turn)[0, 0] * enlarged
    assert np.linalg.norm(centre - expected) < 12 * enlarged


def test_places_are_those_of_the_photograph_where_a_reduced_picture_is_searched() -> None:
    picture, quad = label("QRCode", NUMBER, 0)
    (whole,) = barcodes_of(picture, reading_of(NUMBER, quad))
    (reduced,) = barcodes_of(picture, reading_of(NUMBER, (quad + 0.5) * 4 - 0.5), 4.0)
    assert np.asarray(reduced.quad) == pytest.approx((np.asarray(whole.quad) + 0.5) * 4 - 0.5)


def test_label_far_from_its_number_is_found_on_the_whole_photograph_and_metal_is_not_searched() -> None:
    picture = np.full((1500, 2000), 150, np.uint8)
    bars = code("DataMatrix", NUMBER, 8)
    picture[1200 : 1200 + bars.shape[0], 1500 : 1500 + bars.shape[1]] = bars
    quad = np.array([[100, 100], [500, 100], [500, 125], [100, 125]], np.float32)
    (found,) = barcodes_of(picture, reading_of(NUMBER, quad, "label"))
    assert found.text == NUMBER
    assert np.mean(found.quad, axis=0) == pytest.approx((1500 + bars.shape[1] / 2, 1200 + bars.shape[0] / 2), abs=16)
    assert barcodes_of(picture, reading_of(NUMBER, quad, "struck")) == ()


def test_photograph_without_barcode_gives_none() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (256, 256), dtype=np.uint8)
    quad = np.array([[20, 100], [230, 110], [230, 125], [20, 115]], np.float32)
    assert barcodes_of(noise, reading_of(NUMBER, quad)) == ()


def test_degenerate_quads_and_pictures_raise_nothing() -> None:
    for shape in ((1, 1), (3, 400), (200, 200)):
        for quad in (np.zeros((4, 2)), np.full((4, 2), 1e4), np.array([[0, 0], [1, 0], [1, 0], [0, 0]])):
            assert barcodes_of(np.zeros(shape, np.uint8), reading_of(NUMBER, quad.astype(np.float32))) == ()


@pytest.mark.parametrize(
    ("coded", "agrees"),
    [(NUMBER, True), (f"VIN:{NUMBER};COLOUR:W9", True), (f"https://maker.example/v?vin={NUMBER}", True),
     ("1M8GDM9AXKP042733", False), ("LSVAL41Z482104202"[:8] + "X" + "LSVAL41Z482104202"[9:], None),
     ("5GZCZ43D13S812715", False), ("7L6998509A 2021", None), ("", None)],
)  # fmt: skip
def test_barcode_is_compared_where_it_holds_a_number(coded: str, agrees: bool | None) -> None:
    picture, quad = label("QRCode", coded or "-", 0)
    (found,) = barcodes_of(picture, reading_of(NUMBER, quad))
    assert found.agrees is agrees


def test_frame_number_agrees_or_cannot_be_compared() -> None:
    picture, quad = label("QRCode", "GX61-6026788", 0)
    assert barcodes_of(picture, reading_of("GX61-6026788", quad))[0].agrees is True
    assert barcodes_of(picture, reading_of("GX61-6026789", quad))[0].agrees is None


def test_unread_character_agrees_with_any() -> None:
    picture, quad = label("DataMatrix", NUMBER, 0)
    assert barcodes_of(picture, reading_of(NUMBER[:5] + "?" + NUMBER[6:], quad))[0].agrees is True


def test_eights_whose_barcode_still_has_them_as_threes_are_a_finding() -> None:
    picture, quad = label("Code39", "I" + NUMBER[:-2] + "33", 0)
    codes = barcodes_of(picture, reading_of(NUMBER, quad))
    (finding,) = barcode_findings(reading_of(NUMBER, quad, barcodes=codes))
    assert finding.code == "barcode"
    assert finding.characters == (15, 16)
    assert "3 and not 8 at position 16, 3 and not 8 at position 17" in finding.sentence
    assert finding.support > 1.5


def test_difference_is_worth_little_where_the_print_was_hardly_read() -> None:
    codes = (Barcode(NUMBER[:-1] + "3", "Code39", ((0, 0),) * 4, False),)
    quad = np.array([[0, 0], [170, 0], [170, 10], [0, 10]], np.float32)
    sure, unsure = (
        barcode_findings(reading_of(NUMBER, quad, confidence=c, barcodes=codes))[0].support for c in (0.999, 0.05)
    )
    assert sure > 1.5
    assert 0 <= unsure < 0.5


def test_one_difference_said_by_two_barcodes_is_one_finding() -> None:
    one = Barcode(NUMBER[:-1] + "3", "Code39", ((0, 0),) * 4, False)
    two = Barcode("VIN=" + NUMBER[:-1] + "3", "QRCode", ((0, 0),) * 4, False)
    quad = np.array([[0, 0], [170, 0], [170, 10], [0, 10]], np.float32)
    assert len(barcode_findings(reading_of(NUMBER, quad, barcodes=(one, two)))) == 1
