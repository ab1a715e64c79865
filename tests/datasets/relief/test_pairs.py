import numpy as np
import pytest

from vinspect.datasets.relief.pairs import KINDS, Pair, pairs, patched, struck_again
from vinspect.datasets.relief.stamping import stamping


@pytest.fixture(scope="module")
def of_one_number() -> list[Pair]:
    return list(pairs(3, 0))


def test_one_number_gives_every_kind_of_pair(of_one_number: list[Pair]) -> None:
    assert {p.kind for p in of_one_number} == set(KINDS)
    for p in of_one_number:
        assert len(p.again) == len(p.now.text) == len(p.now.quads)
        assert len(p.file.text) == len(p.file.quads)
        if p.kind != "forged":
            assert p.now.text == p.file.text
        assert any(p.again) == (p.kind != "same")


def test_only_what_the_forger_took_on_reads_otherwise_than_on_file(of_one_number: list[Pair]) -> None:
    forged = next(p for p in of_one_number if p.kind == "forged")
    for now, file, again in zip(forged.now.text, forged.file.text, forged.again, strict=True):
        assert now == file or again


def test_a_seed_gives_the_same_pairs(of_one_number: list[Pair]) -> None:
    once = next(iter(pairs(3, 0)))
    np.testing.assert_array_equal(once.now.picture, of_one_number[0].now.picture)
    np.testing.assert_array_equal(once.file.picture, of_one_number[0].file.picture)


def test_on_another_occasion_the_same_relief_is_seen_otherwise() -> None:
    first, later = (stamping(np.random.default_rng(4), False, occasion=k) for k in (0, 1))
    np.testing.assert_array_equal(first.filed.z, later.filed.z)
    assert first.picture.shape != later.picture.shape or not np.array_equal(first.picture, later.picture)


def test_a_character_struck_again_leaves_the_others_as_they_were() -> None:
    relief = stamping(np.random.default_rng(5), False).filed
    again = struck_again(np.random.default_rng(6), relief, False, alike=True)
    mixed = patched(relief, again, 3)
    changed = np.flatnonzero((mixed.z != relief.z).any(0))
    cap = float(np.linalg.norm(relief.line[3] - relief.line[0]))
    assert changed.min() > relief.quads[3, :, 0].min() - 0.4 * cap
    assert changed.max() < relief.quads[3, :, 0].max() + 0.4 * cap
