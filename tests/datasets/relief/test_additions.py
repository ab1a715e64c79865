import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vinspect.datasets import dies
from vinspect.datasets.relief import additions, dieset
from vinspect.datasets.relief.dieset import Dies


def skeleton(seed: int, stroke: float = 0.1, width: float = 0.62) -> Dies:
    shapes = dies.DieSet(f"skeleton-{seed}", dies.skeletons(np.random.default_rng(seed)), None, width, stroke)
    return Dies(shapes, "ball", stroke, width, 0.0, 0.0, seed, 0.0)


def placed(d: Dies, ch: str, width: float, shift: float, size: int = 60) -> np.ndarray:
    out = np.zeros((2 * size, 2 * size), np.uint8)
    left = size + (shift - width / 2) * size
    dieset.draw(out, d, ch, np.array([[width * size, 0, left], [0, size, size / 2]], float), size, 0.0)
    return out > 127


def near(mask: np.ndarray, pixels: int) -> np.ndarray:
    grown = np.zeros_like(mask)
    padded = np.pad(mask, pixels)
    h, w = mask.shape
    for dy in range(2 * pixels + 1):
        for dx in range(2 * pixels + 1):
            grown |= padded[dy : dy + h, dx : dx + w]
    return grown


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000),
    st.floats(0.06, 0.16),
    st.floats(0.45, 0.8),
    st.sampled_from(additions.VIN),
    st.sampled_from(additions.VIN),
)
def test_a_feasible_addition_covers_the_old_character_and_needs_a_stroke_more(
    seed: int, stroke: float, width: float, before: str, after: str
) -> None:
    d = skeleton(seed, stroke, width)
    found = additions.feasible(d, d, before, after)
    if found is None:
        return
    assert before != after
    old, new = placed(d, before, d.wide(before), 0.0), placed(d, after, found.width, found.shift)
    pixels, share_within = (9, 0.85) if before + after in additions.KNOWN else (5, 0.9)
    assert (old & near(new, pixels)).sum() > share_within * old.sum()
    assert (new & ~near(old, 2)).sum() > 0.02 * 60**2


def share(before: str, after: str) -> float:
    return float(
        np.mean([additions.feasible(skeleton(2 * k), skeleton(2 * k), before, after) is not None for k in range(12)])
    )


def test_the_pairs_that_inspectors_know_are_feasible_in_many_alphabets() -> None:
    for before, after in (("F", "E"), ("P", "R"), ("L", "E"), ("1", "4"), ("P", "B"), ("3", "8"), ("C", "G")):
        assert share(before, after) >= 0.25, (before, after)


def test_no_stroke_makes_an_x_of_a_zero_or_takes_one_away() -> None:
    for before, after in (("0", "X"), ("E", "F"), ("8", "1"), ("R", "P"), ("W", "T")):
        assert share(before, after) == 0, (before, after)
