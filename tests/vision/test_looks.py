from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vinspect.vision import looks, strength
from vinspect.vision.evidence import Character, Looks, Reading, Strip
from vinspect.vision.judge import MAP, TRACES, Seen
from vinspect.vision.weigh import weigh

NUMBER = "WVWZZZ1JZ3W386752"


@dataclass
class Eye:
    """Sees what it is told to; logits are far below what is odd where nothing else is said."""

    whole: float = -8.0
    odd: dict[int, float] = field(default_factory=dict)
    touched: tuple[int, int, int, int] | None = None  # left, top, right, bottom in the cells of the map
    trace: str = "ground"

    def see(self, strip: Strip, characters: Sequence[Character]) -> Seen:
        h, w = strip.grey.shape
        odd = np.full(len(characters), -8.0, np.float32)
        for place, logit in self.odd.items():
            odd[place] = logit
        touched = np.zeros((len(TRACES), h // MAP, -(-w // MAP)), np.float32)
        if self.touched is not None:
            left, top, right, bottom = self.touched
            touched[TRACES.index(self.trace), top:bottom, left:right] = 0.9
        nothing = np.zeros((h, w), np.float32)
        return Seen(nothing, nothing, nothing, touched, odd, self.whole, np.zeros((len(characters), 2), np.float32))


@pytest.fixture(scope="module")
def reading(strike: Callable[..., Reading]) -> Reading:
    return strike(NUMBER)


def looked(reading: Reading, eye: Eye) -> Looks:
    found = looks.look(reading, eye)
    assert found is not None
    return found


def test_print_is_not_looked_at(strike: Callable[..., Reading]) -> None:
    assert looks.look(strike(NUMBER, surface="label"), Eye()) is None


def test_a_number_like_the_makers_has_no_findings_and_speaks_for_him(reading: Reading) -> None:
    found = looked(reading, Eye())
    assert found.findings == ()
    assert found.support < 0
    assert max(found.characters) < 0
    assert weigh(reading, (), found).outcome == "clear"


def test_the_odd_character_is_named_and_makes_the_number_suspect(reading: Reading) -> None:
    found = looked(reading, Eye(whole=40.0, odd={4: 12.0}))
    (finding,) = found.findings
    assert (finding.code, finding.characters) == ("stray", (4,))
    assert finding.sentence.startswith("5th character does not belong with the others")
    assert finding.chinese.startswith("第 5 位字符与其余字符不一致")
    assert np.argmax(found.characters) == 4
    assert weigh(reading, found.findings, found).outcome == "suspect"


def test_a_number_whose_every_character_is_odd_is_odd_as_a_whole(reading: Reading) -> None:
    found = looked(reading, Eye(whole=40.0, odd=dict.fromkeys(range(17), 12.0)))
    assert [f.code for f in found.findings] == ["restruck"]
    assert found.findings[0].characters == tuple(range(17))


def test_a_place_that_was_ground_is_shown_where_it_is(reading: Reading) -> None:
    left, top, right, bottom = reading.characters[3].box / MAP
    eye = Eye(whole=40.0, touched=(int(left), int(top), int(np.ceil(right)), int(np.ceil(bottom))))
    (finding,) = looked(reading, eye).findings
    assert (finding.code, finding.characters) == ("touched", (3,))
    assert finding.sentence == "The metal at the 4th character looks ground."
    assert finding.chinese == "第 4 位字符的金属似经处理：打磨。"
    assert finding.quad is not None
    centre = reading.characters[3].quad.mean(0)
    assert np.abs(finding.quad.mean(0) - centre).max() < 2 * MAP


def test_a_support_that_rests_on_no_place_says_so(reading: Reading) -> None:
    assert [f.code for f in looked(reading, Eye(whole=40.0)).findings] == ["unlike"]


@settings(deadline=None)  # of a busy machine
@given(st.floats(-40, 40), st.dictionaries(st.integers(0, 16), st.floats(-40, 40)), st.booleans())
def test_findings_share_the_support_and_never_exceed_it(
    reading: Reading, whole: float, odd: dict[int, float], ground: bool
) -> None:
    found = looked(reading, Eye(whole, odd, (4, 3, 20, 9) if ground else None))
    assert abs(found.support) <= strength.BOUND
    assert bool(found.findings) == (found.support >= strength.REVIEW)
    if found.findings:
        assert sum(f.support for f in found.findings) == pytest.approx(found.support, abs=0.01)
    assert weigh(reading, found.findings, found).support == pytest.approx(found.support)


def test_the_map_lies_over_the_strip(reading: Reading) -> None:
    found = looked(reading, Eye(touched=(0, 0, 10, 12)))
    assert found.touched[0].shape == reading.strips[0].grey.shape == found.rubbings[0].stroke.shape
    assert found.ghosts[0].stroke.shape == found.touched[0].shape
    assert found.touched[0][24, 10] > 0.8
    assert found.touched[0][24, 80] == 0
