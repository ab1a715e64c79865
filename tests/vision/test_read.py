import numpy as np
import pytest

from vinspect.vision import read, told
from vinspect.vision.evidence import ALPHABET, UNREADABLE, StampLine
from vinspect.vision.network import Seen

VIN = "WVWZZZ1JZXW000001"


class Scripted:
    """A reader that has been told what stands in a strip; it knows by a white corner which way is up."""

    def __init__(self, text, sure=0.98, doubt=(), marks=""):
        self.text, self.sure, self.doubt, self.marks = text, sure, dict(doubt), marks

    def see(self, strip):
        steps = max(4, strip.shape[1] // 4)
        text = self.text[: int(strip[10, strip.shape[1] // 2]) or None]
        p = np.full((steps, len(ALPHABET) + 1), 1e-5)
        places = np.zeros((steps, 4), np.float32)
        at = np.linspace(0, steps - 1, len(text) + 2)[1:-1].round().astype(int)
        text, at = zip(*((c, t) for c, t in zip(text, at, strict=True) if c != " "), strict=True)
        for k, (t, c) in enumerate(zip(at, text, strict=True)):
            p[t, ALPHABET.index(c) + 1] = self.sure
            for other, share in self.doubt.get(k, ()):
                p[t, ALPHABET.index(other) + 1] = share
            places[t] = (0.4, 0.4, 0.2, 0.8)
        p[:, 0] += np.maximum(0, 1 - p.sum(1))
        upright = strip[:, : strip.shape[1] // 3].mean() >= strip[:, -strip.shape[1] // 3 :].mean()
        return Seen(p / p.sum(1, keepdims=True), places, np.eye(6)[2], 0.01 if upright else 0.99, 0.99)


def line(x0=40, y0=40, x1=440, y1=64):
    return StampLine(np.float32([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]), 0.9, 0.9)


def picture(value=0):
    grey = np.full((120, 480), value, np.uint8)
    grey[:, 240:] = 0
    return grey


class HalfBlind(Scripted):
    """Sees nothing in the first strip of a photograph."""

    looks = 0

    def see(self, strip):
        seen = super().see(strip)
        self.looks += 1
        if self.looks == 1:
            seen.p[:] = np.eye(seen.p.shape[1])[0]
        return seen


def test_a_number_of_two_lines_is_promising_or_not_by_the_line_that_was_read():
    asked = []
    frame, lines = "JZX100-0012345", (line(y0=20, y1=44), line(y0=60, y1=84))
    for some, reader in ((lines, HalfBlind(frame)), (lines[1:], Scripted(frame))):
        read.spell(picture(), 1.0, some, reader, promising=lambda first: asked.append(first) or False)
    half, one = (told.features(each, (480, 120)) for each in asked)
    assert np.isfinite(half).all()
    where = [told.FEATURES.index(name) for name in ("located", "long, no VIN", "tall, no VIN", "pitch", "uneven pitch")]
    np.testing.assert_array_equal(half[where], one[where])


def test_a_number_keeps_every_character_and_its_place_in_reading_order():
    got = read.spell(picture(), 1.0, (line(),), Scripted(VIN))
    assert got.text == VIN
    centres = [c.quad.mean(0)[0] for c in got.characters]
    assert centres == sorted(centres)
    assert 30 < centres[0] < centres[-1] < 450


def test_an_unreadable_character_is_a_question_mark_and_is_never_left_out():
    reader = Scripted(VIN, doubt={4: [(c, 0.2) for c in "Z2S5E"]})
    got = read.spell(picture(), 1.0, (line(),), reader, "vin")
    assert len(got.text) == 17
    assert got.text[4] == UNREADABLE
    assert {c for c, _ in got.characters[4].candidates} == set("Z2S5E")


def test_candidates_are_probabilities_with_the_likeliest_first():
    got = read.spell(picture(), 1.0, (line(),), Scripted(VIN, 0.7, {0: [("W", 0.6), ("V", 0.3)]}))
    for c in got.characters:
        shares = [p for _, p in c.candidates]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) <= 1 + 1e-9
        assert c.confidence == pytest.approx(shares[0])
    assert [c for c, _ in got.characters[0].candidates[:2]] == ["W", "V"]


def test_a_vin_has_no_letters_that_the_standard_forbids():
    round_one = VIN[:10] + "O" + VIN[11:]
    reader = Scripted(round_one, doubt={10: [("O", 0.6), ("0", 0.3)]})
    assert read.spell(picture(), 1.0, (line(),), reader, "auto").text[10] == "0"
    assert read.spell(picture(), 1.0, (line(),), reader, "free").text[10] == "O"


def test_a_frame_number_keeps_its_hyphen_and_its_length():
    assert read.spell(picture(), 1.0, (line(),), Scripted("JZX100-0012345")).text == "JZX100-0012345"


def test_a_number_that_hangs_upside_down_is_read_the_other_way():
    dark_first = picture(200)[:, ::-1].copy()
    got = read.spell(dark_first, 1.0, (line(),), Scripted(VIN))
    assert got.text == VIN
    assert got.lines[0].line.quad[0, 0] > got.lines[0].line.quad[1, 0]


def test_two_lines_are_one_number():
    class Two(Scripted):
        def see(self, strip):
            self.text = VIN[:9] if strip.mean() < 60 else VIN[9:]
            return super().see(np.zeros_like(strip))

    grey = np.zeros((160, 480), np.uint8)
    grey[90:] = 120
    got = read.spell(grey, 1.0, (line(y0=30, y1=54), line(y0=105, y1=129)), Two(VIN))
    assert got.text == VIN
    assert [c.line for c in got.characters] == [0] * 9 + [1] * 8


def test_what_is_too_short_is_no_number():
    assert read.spell(picture(), 1.0, (line(),), Scripted("A1")) is None


def test_a_reduced_photograph_gives_places_at_full_scale():
    full = read.spell(picture(), 1.0, (line(),), Scripted(VIN))
    quad = (line().quad + 0.5) * 2 - 0.5
    half = read.spell(picture(), 2.0, (StampLine(quad.astype(np.float32), 0.9, 0.9),), Scripted(VIN))
    a = np.array([c.quad.mean(0) for c in full.characters])
    b = np.array([c.quad.mean(0) for c in half.characters])
    assert b == pytest.approx((a + 0.5) * 2 - 0.5, abs=0.5)


def test_a_vin_is_taken_out_of_the_words_around_it():
    class Words(Scripted):
        looks = 0

        def see(self, strip):
            self.looks += 1
            self.text = f"TY  {VIN}" if self.looks == 1 else VIN
            return super().see(np.zeros_like(strip))

    got = read.spell(np.zeros((120, 480), np.uint8), 1.0, (line(),), Words(""))
    assert got.text == VIN
    assert got.lines[0].line.quad[0, 0] > line().quad[0, 0] + 20


def test_a_line_in_which_nothing_stands_is_no_line_of_the_number():
    class Half(Scripted):
        def see(self, strip):
            if strip.mean() < 60:
                return super().see(np.zeros_like(strip))
            steps = max(4, strip.shape[1] // 4)
            p = np.full((steps, len(ALPHABET) + 1), 1e-5)
            p[:, 0] = 1
            return Seen(p, np.zeros((steps, 4), np.float32), np.eye(6)[2], 0.0, 0.9)

    grey = np.zeros((160, 480), np.uint8)
    grey[90:] = 120
    got = read.spell(grey, 1.0, (line(y0=30, y1=54), line(y0=105, y1=129)), Half(VIN))
    assert got.text == VIN
    assert len(got.lines) == 1


class Fussy(Scripted):
    """A reader that is only sure of a line that stands in the middle of its strip."""

    def see(self, strip):
        rows = np.flatnonzero(strip.max(1) > 200)
        centred = len(rows) > 0 and abs(rows.mean() - strip.shape[0] / 2) < 5
        self.sure = 0.98 if centred else 0.7
        return super().see(np.zeros_like(strip))


@pytest.mark.parametrize("wrong", [-0.35, 0.35])
def test_a_line_found_a_third_of_its_height_too_high_or_too_low_is_found_again(wrong: float):
    grey = np.zeros((120, 480), np.uint8)
    grey[40:65, 40:441] = 255
    shift = wrong * 24
    got = read.spell(grey, 1.0, (line(y0=40 + shift, y1=64 + shift),), Fussy(VIN))
    assert got.text == VIN
    assert min(c.confidence for c in got.characters) > 0.9


@pytest.mark.parametrize("seen", ["XXW8AN4NX2NH006124", "XW8AN4NX2NH006124X", "1XW8AN4NX2NH0061245"])
def test_emblems_beside_a_vin_that_look_like_characters_are_none_of_it(seen: str):
    assert read.spell(picture(), 1.0, (line(),), Scripted(seen)).text == "XW8AN4NX2NH006124"


class Wider(Scripted):
    """A reader of a number of which a strip narrower than the whole shows the last fourteen characters."""

    def see(self, strip):
        self.text = VIN if strip.shape[1] > 620 else VIN[3:]
        return super().see(strip)


def test_a_vin_of_which_the_locator_cut_off_the_maker_is_read_whole():
    assert read.spell(picture(), 1.0, (line(),), Wider(VIN)).text == VIN
    assert read.spell(picture(), 1.0, (line(),), Wider(VIN), "free").text == VIN[3:]


class Cut(Scripted):
    """A reader that takes the half of an end mark that a short strip shows for a letter."""

    def see(self, strip):
        self.text = "JZX100-0012345" if strip.shape[1] > 525 else "LJZX100-0012345"
        return super().see(strip)


def test_an_end_mark_cut_in_half_is_no_character_of_a_frame_number():
    got = read.spell(picture(), 1.0, (line(),), Cut(""))
    assert got.text == "JZX100-0012345"
    ends = got.lines[0].line.quad[:, 0]  # the line is as long as its characters, not as the strip they were read from
    assert ends.min() == pytest.approx(got.characters[0].quad[:, 0].min(), abs=3)
    assert ends.max() == pytest.approx(got.characters[-1].quad[:, 0].max(), abs=3)


class Counting(Scripted):
    """A reader that counts what it looks at."""

    looks = 0

    def see(self, strip):
        self.looks += 1
        return super().see(strip)


@pytest.mark.parametrize("promising", [True, False])
def test_a_doubtful_line_is_looked_at_again_where_the_first_look_promises_a_number(promising: bool):
    seen = []
    reader = Counting(VIN, 0.55, {16: [("7", 0.38)]})

    def asked(first):
        seen.append(first.text)
        return promising

    assert read.spell(picture(), 1.0, (line(),), reader, promising=asked).text == VIN
    assert seen == [VIN]
    assert (reader.looks > 3) == promising  # 3: the line and its two ends


def test_no_vin_is_looked_for_around_a_hyphen():
    looks = {}
    for text in ("JZX100-0012345", "JZX10010012345"):
        for form in ("auto", "free"):
            reader = Counting(text)
            assert read.spell(picture(), 1.0, (line(),), reader, form).text == text
            looks[text, form] = reader.looks
    assert looks["JZX100-0012345", "auto"] == looks["JZX100-0012345", "free"]
    assert looks["JZX10010012345", "auto"] > looks["JZX10010012345", "free"]


class Imagining(Scripted):
    """A reader that is not shown the first character, and sees one that is not there so that there are seventeen."""

    def see(self, strip):
        shown = strip.shape[1] > 520
        self.text = VIN if shown else VIN[1:]
        seen = super().see(strip)
        if not shown:
            seen.p[2, ALPHABET.index("E") + 1], seen.p[2, 0] = 0.3, 0.6
        return seen


def test_a_vin_that_was_cut_off_is_looked_for_before_a_character_is_imagined_into_it():
    assert read.spell(picture(), 1.0, (line(),), Imagining("")).text == VIN


@pytest.mark.parametrize("seen", ["N47D20AWBANX320X0C073095", "9881KMHE341DBFA078615"])
def test_a_vin_that_runs_into_other_words_is_told_by_its_maker_and_its_serial_number(seen: str):
    assert read.spell(picture(), 1.0, (line(),), Scripted(seen)).text == seen[-17:]
    assert read.spell(picture(), 1.0, (line(),), Scripted(seen), "free").text == seen


@pytest.mark.parametrize(
    ("likely", "surface"),
    [
        ((0.6, 0.3, 0.1, 0.0, 0.0, 0.0), "label"),
        ((0.4, 0.1, 0.3, 0.2, 0.0, 0.0), "struck"),
        ((0.45, 0.2, 0.1, 0.1, 0.05, 0.1), "plate"),
        ((0.0, 0.0, 0.1, 0.2, 0.3, 0.4), "etched"),
    ],
)
def test_print_is_what_is_likelier_print_than_not(likely, surface):
    assert read.surface_of(np.array(likely)) == surface
