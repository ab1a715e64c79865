"""What tells hands apart is learned from numbers of known hands."""

import numpy as np

from vinspect.models.fit_hand import fit
from vinspect.models.hands import Taken
from vinspect.vision import hand
from vinspect.vision.hand import gathered, likeness, of_seen

HANDS, HIDDEN = 70, 5


def test_numbers_of_one_hand_lie_nearer_than_others_though_pictures_differ_more_than_hands() -> None:
    rng = np.random.default_rng(1)
    usual = rng.normal(size=(10, 360))
    shape, light = rng.normal(0, 0.3, (2, 10, 360, HIDDEN))
    numbers, shown = [], []
    for k in range(HANDS):
        struck = rng.normal(size=HIDDEN)
        for _ in range(2):
            seen = rng.normal(0, 1.5, HIDDEN)
            text = "".join(rng.choice(list("0123456789"), 12))
            digits = [int(c) for c in text]
            walls = usual[digits] + shape[digits] @ struck + light[digits] @ seen + rng.normal(0, 0.2, (12, 360))
            numbers.append(Taken(k, np.zeros((48, 16), np.uint8), np.zeros((12, 4), np.float32), text))
            shown.append(walls.astype(np.float32))
    known = fit(numbers, shown)
    assert not known.axes[hand.LETTERS.index("A")].any()
    vectors = [of_seen(*gathered(s, n.text, known), known) for s, n in zip(shown, numbers, strict=True)]
    alike = np.stack([likeness(np.stack(vectors), v) for v in vectors])
    np.fill_diagonal(alike, -1)
    nearest = alike.argmax(1)
    assert np.mean([numbers[i].hand == numbers[j].hand for i, j in enumerate(nearest)]) > 0.8
