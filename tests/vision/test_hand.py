"""The hand of a number: near to that of other numbers by the same dies, whatever characters they share."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from vinspect.vision.evidence import Reading
from vinspect.vision.hand import LETTERS, Learned, gathered, hand_of, levelled, likeness, observed, of_seen

K, Q, D = 3, 4, 360
Strike = Callable[..., Reading]


def known() -> Learned:
    """A letter shows three numbers of its own walls, each of which is one of the hidden vector's."""
    rng = np.random.default_rng(0)
    n = len(LETTERS)
    axes = np.stack([np.linalg.qr(rng.normal(size=(D, K)))[0] for _ in range(n)]).astype(np.float32)
    shows = rng.normal(size=(n, K, Q)).astype(np.float32)
    return Learned(
        rng.normal(size=(n, D)).astype(np.float32), axes, shows, np.full((n, K), 0.01, np.float32),
        np.zeros(Q, np.float32), np.eye(Q, dtype=np.float32),
    )  # fmt: skip


def struck(text: str, hidden: np.ndarray, of: Learned) -> np.ndarray:
    places = [LETTERS.index(c) for c in text]
    return np.stack([of.mean[p] + of.axes[p] @ (of.shows[p] @ hidden) for p in places])


def test_numbers_that_share_no_character_have_one_hand_where_one_struck_them() -> None:
    of = known()
    mine, other = np.array([1.0, -2, 0.5, 1]), np.array([-1.0, 0.3, 2, -1])
    one, two = (of_seen(*gathered(struck(t, mine, of), t, of), of) for t in ("0123456", "ABCDEFG"))
    third = of_seen(*gathered(struck("ABCDEFG", other, of), "ABCDEFG", of), of)
    assert np.linalg.norm(one) == pytest.approx(1)
    assert likeness(one, two) > 0.99
    assert likeness(one, third) < 0.5
    assert likeness(np.stack([two, third]), one).shape == (2,)


def test_characters_that_cannot_be_read_or_were_not_learned_change_nothing() -> None:
    of = known()
    shown = struck("0123", np.ones(Q), of)
    more = np.concatenate([shown, np.full((3, D), 9, np.float32)])
    for one, two in zip(gathered(shown, "0123", of), gathered(more, "0123?OQ", of), strict=True):
        assert np.array_equal(one, two)


def test_equal_characters_make_it_surer_and_count_as_their_mean() -> None:
    of = known()
    one, two = struck("7", np.ones(Q), of), struck("7", 3 * np.ones(Q), of)
    seen, count = gathered(np.concatenate([one, two]), "77", of)
    assert count[LETTERS.index("7")] == 2
    middle, _ = gathered((one + two) / 2, "7", of)
    assert np.allclose(seen, middle, atol=1e-4)


def test_walls_are_seen_alike_whatever_the_contrast_and_boxes_a_pixel_off_hardly_matter() -> None:
    grey = np.full((48, 300), 120, np.uint8)
    boxes = np.array([[20 + 50 * k, 10, 44 + 50 * k, 38] for k in range(5)], np.float32)
    for k, (left, _, _, foot) in enumerate(boxes):
        cv2.putText(grey, "0A7K3"[k], (int(left), int(foot)), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 60, 3)
    plain = observed(grey, boxes)
    assert plain.shape == (5, D)
    dim = observed((60 + grey * 0.5).astype(np.uint8), boxes)
    rough = boxes + np.random.default_rng(0).normal(0, 0.7, boxes.shape).astype(np.float32)
    assert (plain * dim).sum(1).min() > 0.95
    assert np.median((plain * observed(grey, rough)).sum(1)) > 0.8
    assert (plain[0] * plain[1:]).sum(1).max() < 0.8


def test_a_box_far_off_the_line_is_brought_back_to_it() -> None:
    boxes = np.array([[20 * k, 10 + k, 20 * k + 14, 40 + k] for k in range(8)], np.float32)
    wrong = boxes.copy()
    wrong[3, 1] -= 9
    assert np.abs(levelled(wrong) - boxes).max() < 0.5


def test_what_was_learned_is_written_and_read_and_another_version_is_refused(tmp_path: Path) -> None:
    of, file = known(), tmp_path / "hand.json"
    of.write(file)
    again = Learned.read(file)
    assert np.allclose(again.axes, of.axes, atol=1e-3)
    assert again.shows.shape == of.shows.shape
    file.write_text(file.read_text().replace('"version": 1', '"version": 0'))
    with pytest.raises(ValueError, match="install Vinspect again"):
        Learned.read(file)


def test_a_reading_has_a_hand_by_its_known_characters_on_every_line(strike: Strike) -> None:
    of = known()
    one = strike("0A7K3")
    both = replace(
        one,
        strips=one.strips * 2,
        characters=(*one.characters, *(replace(c, line=1) for c in one.characters)),
    )
    mine = hand_of(one, of)
    assert mine is not None
    assert np.linalg.norm(mine) == pytest.approx(1)
    twice = hand_of(both, of)
    assert twice is not None
    assert likeness(mine, twice) > 0.99
    assert hand_of(replace(one, characters=tuple(replace(c, text="?") for c in one.characters)), of) is None


def test_what_is_published_tells_the_same_dies_from_others(strike: Strike) -> None:
    one, again, other = (strike("0A7K35962", die=dict.fromkeys(range(9), die)) for die in (2, 2, 9))
    shared = strike("7K3592084", die=dict.fromkeys(range(9), 2))
    hands = [hand_of(r) for r in (one, again, shared, other)]
    assert likeness(hands[0], hands[1]) > 0.99  # type: ignore[arg-type]
    assert likeness(hands[0], hands[2]) > likeness(hands[0], hands[3])  # type: ignore[arg-type]
