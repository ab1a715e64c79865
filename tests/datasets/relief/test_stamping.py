import numpy as np
import pytest

from vinspect.datasets.relief import forgery
from vinspect.datasets.relief.stamping import Stamping, stamping
from vinspect.datasets.relief.work import TRACES

SEEDS = range(3)


def made(seed: int, forged: bool, *methods: forgery.Method, text: str | None = None) -> Stamping:
    return stamping(np.random.default_rng(seed), forged, methods=methods or forgery.METHODS, text=text)


def struck(s: Stamping, method: forgery.Method) -> Stamping:
    assert s.deed is not None
    assert s.deed.method == method
    return s


def test_a_seed_reproduces_a_strip_bit_for_bit() -> None:
    first, second = made(5, True), made(5, True)
    for name in ("picture", "groove", "touched", "height", "quads", "line"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert first.characters == second.characters
    assert not np.array_equal(first.picture.ravel()[:500], made(6, True).picture.ravel()[:500])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_groove_lies_in_the_characters_cells(seed: int) -> None:
    s = made(seed, False)
    ys, xs = np.nonzero(s.groove == 255)
    pad = 0.25 * np.linalg.norm(s.line[3] - s.line[0])
    left, right = s.line[:, 0].min() - pad, s.line[:, 0].max() + pad
    on_line = (xs > left) & (xs < right)  # marks stand before and after the number
    assert on_line.sum() > 200
    inside = np.zeros(len(xs), bool)
    for q in s.quads:
        inside |= (
            (xs > q[:, 0].min() - 2) & (xs < q[:, 0].max() + 2) & (ys > q[:, 1].min() - 2) & (ys < q[:, 1].max() + 2)
        )
    assert inside[on_line].mean() > 0.97
    for q in s.quads:
        x0, y0 = np.maximum(np.floor(q.min(0)).astype(int), 0)
        x1, y1 = np.ceil(q.max(0)).astype(int)
        assert (s.groove[y0:y1, x0:x1] == 255).any()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_genuine_number_carries_no_trace_of_a_forger(seed: int) -> None:
    s = made(seed, False)
    assert s.deed is None
    assert s.text == s.before
    assert not s.touched.any()
    assert not (s.groove == 128).any()
    assert all(c.method is None and c.text == c.before for c in s.characters)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_forger_changes_nothing_but_what_he_touched(seed: int) -> None:
    genuine, forged = made(seed, False), made(seed, True, "refilled")
    apart = np.zeros(genuine.picture.shape, bool)
    touched = np.pad(forged.touched > 0, 4)
    for dy in range(9):
        for dx in range(9):
            apart |= touched[dy : dy + apart.shape[0], dx : dx + apart.shape[1]]
    assert forged.picture.shape == genuine.picture.shape
    np.testing.assert_array_equal(forged.quads[~changed(forged)], genuine.quads[~changed(forged)])
    same = (forged.groove == genuine.groove) | apart
    assert same.all()
    assert (genuine.metal, genuine.coat, genuine.light) == (forged.metal, forged.coat, forged.light)


def changed(s: Stamping) -> np.ndarray:
    return np.array([c.method is not None for c in s.characters])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("method", "traces"),
    [
        ("erased", {"ground"}),
        ("refilled", {"ground", "struck"}),
        ("let in", {"let in", "welded"}),
        ("inset", {"let in"}),
        ("strokes added", {"struck"}),
        ("overstruck", {"struck"}),
    ],
)
def test_each_method_leaves_its_trace_in_mask_and_height(seed: int, method: forgery.Method, traces: set[str]) -> None:
    genuine, forged = made(seed, False), struck(made(seed, True, method), method)
    found = {TRACES[k - 1] for k in np.unique(forged.touched) if k}
    assert traces <= found
    moved = np.abs(forged.height - genuine.height)
    apart = moved[forged.touched == 0]
    assert moved[forged.touched > 0].mean() > 0.002
    assert not apart.size or moved[forged.touched > 0].mean() > 2 * apart.mean()
    altered = [c for c in forged.characters if c.method == method]
    assert altered
    assert forged.deed is not None
    assert len(altered) == len(forged.deed.at)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_stood_there_before_is_known(seed: int) -> None:
    genuine, forged = made(seed, False), made(seed, True, "strokes added", "erased")
    assert forged.before == genuine.text
    for now, was in zip(forged.characters, genuine.characters, strict=True):
        assert now.before == was.text
        assert (now.text != was.text) == (now.method is not None)


def test_what_was_ground_away_reads_as_a_question_mark_and_its_stroke_as_a_ghost() -> None:
    s = made(1, True, "erased")
    assert {c.text for c in s.characters if c.method == "erased"} == {"?"}
    assert (s.groove == 128).any()


def test_a_twin_shows_nothing_on_the_metal_but_its_file_was_struck_by_other_dies() -> None:
    twin = made(4, True, "twin")
    assert not twin.touched.any()
    assert twin.text == twin.before == twin.filed.text == twin.found.text
    assert twin.filed.z.shape != twin.found.z.shape or np.abs(twin.filed.z - twin.found.z).max() > 0.05


def test_the_text_asked_for_is_struck() -> None:
    assert made(2, False, text="LSVAM4187C2184841").text == "LSVAM4187C2184841"


def test_held_out_strips_come_from_families_that_training_never_sees() -> None:
    def names(held_out: bool) -> set[str]:
        strips = (stamping(np.random.default_rng(seed), False, held_out=held_out) for seed in range(6))
        return {c.dies for s in strips for c in s.characters}

    assert not names(False) & names(True)


def test_one_hand_strikes_other_numbers_with_the_same_dies() -> None:
    one, other, third = (
        stamping(np.random.default_rng(seed), False, hand=np.random.default_rng(hand))
        for seed, hand in ((1, 8), (2, 8), (2, 9))
    )
    assert one.text != other.text == third.text
    dies, others, strangers = ({c.dies for c in s.characters} for s in (one, other, third))  # a maker may have two sets
    assert dies & others
    assert one.cap_mm == other.cap_mm
    assert not strangers & others
