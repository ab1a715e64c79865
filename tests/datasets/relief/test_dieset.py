import numpy as np

from vinspect.datasets.relief import dieset, groove, layout
from vinspect.datasets.relief.plate import Plate
from vinspect.datasets.relief.process import PROCESSES


def flat(h: int = 80, w: int = 200) -> Plate:
    zero = np.zeros((h, w), np.float32)
    return Plate(0.175, zero.copy(), zero.copy(), (zero, zero), (zero, zero), zero + 0.1, zero + 0.4, zero + 0.2)


def two_alike(process: str) -> tuple[np.ndarray, np.ndarray]:
    """The same character twice with the same dies, exactly laid out, as dents."""
    p = PROCESSES[process]
    rng = np.random.default_rng(3)
    d = dieset.cut(rng, False, p.stroke, p.width)
    g = layout.Glyph("8", d, p, 0, 0, 24 * 0.175, 40 * 0.175, 0.0, 0.3, (0.0, 0.0))
    pair = [layout.moved([g], 60 * 0.175 * k, 40 * 0.175)[0] for k in (1, 2)]
    t = groove.Tool(0.0, 0.1, 0.03, 0.5, 0.0, None, 0.0, 0.0)
    dent = groove.impress(rng, pair, t, (80, 200), 0.175).dent
    return dent[:, 30:90], dent[:, 90:150]


def test_one_die_leaves_the_same_mark_wherever_it_is_struck() -> None:
    first, second = two_alike("press")
    assert first.max() > 0.1
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] > 0.97  # as two impressions of a real die


def test_a_die_goes_as_deep_below_ground_metal_as_below_the_sheet() -> None:
    mark = groove.Impression(
        np.full((80, 200), 0.2, np.float32), np.zeros((80, 200), np.float32), np.ones((80, 200), np.float32), False
    )
    whole, ground = flat(), flat()
    ground.z -= 0.3
    ground.level -= 0.3
    groove.into(whole, mark)
    groove.into(ground, mark)
    np.testing.assert_allclose(whole.z, -0.2, atol=1e-6)
    np.testing.assert_allclose(ground.z, -0.5, atol=1e-6)


def test_an_old_groove_that_is_deeper_than_the_new_one_stays() -> None:
    mark = groove.Impression(
        np.full((80, 200), 0.1, np.float32), np.zeros((80, 200), np.float32), np.ones((80, 200), np.float32), False
    )
    plate = flat()
    plate.z[:, :50] = -0.4
    groove.into(plate, mark)
    np.testing.assert_allclose(plate.z[:, :50], -0.4, atol=1e-6)
    np.testing.assert_allclose(plate.z[:, 50:], -0.1, atol=1e-6)
