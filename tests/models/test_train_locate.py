import numpy as np
import pytest
import torch

from vinspect.datasets.piece import NONE
from vinspect.datasets.scene import Scene
from vinspect.models import locator, train_locate
from vinspect.vision.locate import decode

QUAD = np.array([[60, 100], [300, 120], [298, 150], [58, 130]], np.float32)


def test_what_is_taught_is_what_is_found() -> None:
    taught = train_locate.target(Scene(np.zeros((256, 384), np.uint8), QUAD[None], NONE))
    answer = np.concatenate([16 * taught[[0, 2]] - 8, taught[4:7]])
    (found,) = decode(answer)
    assert np.abs(found.quad - QUAD).max() < 4


def test_a_number_upside_down_is_no_number_but_its_direction_is_taught() -> None:
    taught = train_locate.target(Scene(np.zeros((256, 384), np.uint8), QUAD[None, [2, 3, 0, 1]], NONE))
    assert taught[0].max() == 0
    assert taught[1].min() == 1
    assert taught[2].max() == 1
    assert taught[5][taught[7] > 0].max() < -0.9


def test_a_number_half_way_round_is_passed_over() -> None:
    steep = np.array([[100, 60], [200, 165], [180, 185], [80, 80]], np.float32)
    taught = train_locate.target(Scene(np.zeros((256, 384), np.uint8), steep[None], NONE))
    assert taught[1, 30, 35] == 0
    assert taught[1, 60, 5] == 1


def test_a_line_too_small_to_read_teaches_nothing() -> None:
    tiny = np.array([[60, 100], [120, 100], [120, 103], [60, 103]], np.float32)
    taught = train_locate.target(Scene(np.zeros((256, 384), np.uint8), tiny[None], NONE))
    assert taught[0].max() == 0
    assert taught[1, 25, 22] == 0
    assert taught[1, 5, 5] == 1


def test_text_of_real_photographs_is_not_taught_to_be_absent() -> None:
    unknown = train_locate.target(Scene(np.zeros((256, 384), np.uint8), QUAD[None], NONE, texts_known=False))
    assert unknown[3, 2, 2] == 0
    assert unknown[3].max() == 1


def test_a_perfect_answer_costs_nearly_nothing_and_a_wrong_one_much() -> None:
    taught = torch.from_numpy(train_locate.target(Scene(np.zeros((256, 384), np.uint8), QUAD[None], NONE)))[None]
    hard = (taught[:, [0, 2]] > 0.5).float() * 2 - 1
    right = torch.cat([20 * hard, taught[:, 4:7]], 1)
    wrong = torch.cat([-20 * hard, -taught[:, 4:7]], 1)
    good, bad = locator.loss(right, taught), locator.loss(wrong, taught)
    assert float(good["height"]) == pytest.approx(0, abs=1e-4)
    assert float(good["direction"]) == pytest.approx(0, abs=1e-4)
    for name in ("core", "dice", "text"):
        assert float(good[name]) < 0.35 * float(bad[name])


def test_the_network_answers_on_a_grid_of_four_pixels() -> None:
    net = locator.Locator().eval()
    with torch.no_grad():
        assert net(torch.zeros(1, 1, 96, 160)).shape == (1, len(locator.CHANNELS), 24, 40)


def test_batches_without_photographs_are_rendered_alone(tmp_path) -> None:
    pictures, targets = next(train_locate.batches(1, tmp_path))
    assert pictures.dtype == np.uint8
    assert targets.shape == (len(pictures), 8, pictures.shape[1] // 4, pictures.shape[2] // 4)
