import cv2
import numpy as np
import pytest

from vinspect.datasets import scene as scenes
from vinspect.datasets import strikes, views, vinphotos
from vinspect.datasets.labels import label
from vinspect.datasets.piece import NONE


def turn_of(quad: np.ndarray) -> float:
    """Positive where the corners run clockwise on the screen (y down)."""
    return float(cv2.contourArea(quad.astype(np.float32), oriented=True))


def test_the_same_seed_draws_the_same_scene() -> None:
    one, other = (scenes.scene(np.random.default_rng(11)) for _ in range(2))
    assert np.array_equal(one.grey, other.grey)
    assert np.array_equal(one.numbers, other.numbers)


def test_scenes_with_and_without_numbers_are_drawn_and_their_lines_run_clockwise() -> None:
    drawn = [scenes.scene(np.random.default_rng(k)) for k in range(40)]
    assert 4 < sum(len(s.numbers) == 0 for s in drawn) < 20
    quads = np.concatenate([q for s in drawn for q in (s.numbers, s.texts) if len(q)])
    assert all(turn_of(q) > 0 for q in quads)


def test_a_label_without_a_number_has_only_other_lines() -> None:
    piece = label(np.random.default_rng(3), has_number=False)
    assert len(piece.numbers) == 0
    assert len(piece.texts) > 0


def test_a_line_on_a_label_holds_ink_and_the_row_of_pixels_over_it_holds_less() -> None:
    for seed in range(8):
        piece = label(np.random.default_rng(seed))
        left, top = piece.numbers[0, 0]
        right, bottom = piece.numbers[0, 2]
        paper = np.median(piece.grey)
        line = np.abs(piece.grey[round(top) : round(bottom), round(left) : round(right)] - paper)
        assert line.mean() > 8


def test_two_struck_lines_stand_one_over_the_other() -> None:
    for seed in range(10):
        first, second = strikes.stacked(np.random.default_rng(seed)).numbers
        assert second[:, 1].min() > first[:, 1].max() - 1
        assert second[3, 1] - second[0, 1] == pytest.approx(first[3, 1] - first[0, 1], abs=1)


def test_a_view_moves_the_lines_with_the_picture() -> None:
    page = np.zeros((400, 600), np.uint8)
    quad = np.array([[150, 180], [450, 180], [450, 220], [150, 220]], np.float32)
    cv2.fillPoly(page, [np.int32(quad)], 255)
    for seed in range(20):
        seen = views.frame(np.random.default_rng(seed), scenes.Scene(page, quad[None], NONE), (512, 384))
        inside = np.zeros_like(seen.grey)
        cv2.fillPoly(inside, [np.int32(np.round(seen.numbers[0]))], 1)
        if seen.numbers.min() >= 0 and (seen.numbers.max((0, 1)) < [512, 384]).all():
            assert seen.grey[inside > 0].mean() > 200


def test_a_view_never_mirrors() -> None:
    page = np.zeros((400, 600), np.uint8)
    quad = np.array([[150, 180], [450, 180], [450, 220], [150, 220]], np.float32)
    for seed in range(40):
        seen = views.frame(np.random.default_rng(seed), scenes.Scene(page, quad[None], NONE), (512, 384))
        assert turn_of(seen.numbers[0]) > 0


def test_covering_a_number_changes_nothing_far_from_it() -> None:
    grey = np.random.default_rng(0).integers(0, 255, (200, 200)).astype(np.uint8)
    box = np.array([60, 90, 140, 110], np.float32)
    out = scenes.covered(np.random.default_rng(1), grey, box)
    assert np.array_equal(out[:70], grey[:70])
    assert np.array_equal(out[130:], grey[130:])
    assert not np.array_equal(out[90:110, 60:140], grey[90:110, 60:140])


@pytest.mark.parametrize("degrees", [-24, -10, 0, 8, 30])
def test_the_tilt_of_a_line_is_found_in_its_box(degrees: float) -> None:
    page = np.full((256, 256), 230, np.uint8)
    cv2.putText(page, "WVWZZZ1KZ7P012345", (38, 132), cv2.FONT_HERSHEY_DUPLEX, 0.55, 20, 1, cv2.LINE_AA)
    columns = np.nonzero(page < 128)[1]
    matrix = cv2.getRotationMatrix2D((128, 128), -degrees, 1.0)
    turned = cv2.warpAffine(page, matrix, (256, 256), borderValue=230)
    ys, xs = np.nonzero(turned < 128)
    box = np.array([xs.min() - 2, ys.min() - 2, xs.max() + 3, ys.max() + 3], np.float32)
    assert vinphotos.tilt(turned, box) == pytest.approx(degrees, abs=4)
    quad = vinphotos.quad(box, degrees)
    assert quad[:, 0].min() > box[0] - 3
    assert quad[:, 0].max() < box[2] + 3
    assert np.linalg.norm(quad[1] - quad[0]) == pytest.approx(columns.max() - columns.min(), rel=0.08)


def test_a_folder_without_photographs_gives_none(tmp_path) -> None:
    assert vinphotos.vin_photos(tmp_path, "train") == []
