from itertools import islice

import numpy as np
import pytest

from vinspect.models import stampings, strips


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    for shard in range(2):
        stampings.write(folder / f"9-{shard:04}.npz", list(stampings.stampings(9 + shard, 3)))
    return folder


def test_a_corpus_gives_every_number_of_its_shards_before_it_begins_again(corpus):
    known = [k.text for file in sorted(corpus.glob("*.npz")) for k in stampings.load(file)]
    drawn = [k.text for k in islice(strips.kept(np.random.default_rng(1), corpus), 2 * len(known))]
    assert sorted(drawn[: len(known)]) == sorted(drawn[len(known) :]) == sorted(known)


def test_a_number_of_a_corpus_is_read_as_one_that_is_rendered_on_the_way(corpus):
    (number,) = islice(strips.kept(np.random.default_rng(2), corpus), 1)
    takes = strips.in_relief(np.random.default_rng(3), strips.camera(), number)
    assert len(takes) == (0 if "?" in number.text else strips.TAKES)
    for take in takes:
        assert take.strip.shape[0] == 48
        assert take.strip.shape[1] % 4 == 0
        assert take.turned or take.text in number.text
        assert take.turned or len(take.boxes) == len(take.text)
