"""The number as it is against the number on file: Report + Report -> Comparison.

Each line is laid on its like (`register`), what both show of one striking is weighed (`congruence`), and the outcome
says whether the maker's striking on file is the one on the metal. A lawful re-strike is on file itself: hold the
photograph against that rubbing. Nothing on file, another vehicle's rubbing, print, and too little to be seen are
outcomes of their own, with a sentence that says what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from vinspect.vision import congruence
from vinspect.vision import photo as photos
from vinspect.vision.congruence import Learned, learned
from vinspect.vision.evidence import UNREADABLE, Language, Photo, Reading, Report, frozen
from vinspect.vision.laid import CAP, Laid, lay
from vinspect.vision.layout import ordinal
from vinspect.vision.quality import sentence as quality_sentence
from vinspect.vision.register import GRID, Registered, paired, register

Outcome = Literal["same striking", "not the same striking", "cannot judge"]
Code = Literal[
    "same", "other", "some", "nothing_on_file", "other_number", "no_number", "too_little", "too_few", "lines", "print",
    "reads_otherwise", "undecided",
]  # fmt: skip

PROPOSITIONS = (
    "One striking made the number on the metal and the one on file.",
    "The number on the metal, or a part of it, was struck at another time: by another die set or by hand.",
)  # between which the support weighs; positive towards the second
FEWEST = 5  # characters that both show
CHANGED = 0.9  # share of altered characters that read otherwise than before
MISTAKEN = 0.005  # share of characters of which a reading is sure and wrong all the same
SURE = 0.5  # log10: a character that reads otherwise with this much is not passed over
MISREAD = 2  # characters in which two readings of one number may differ without its being another number

SAID: dict[Outcome, dict[Language, str]] = {
    "same striking": {"en": "same striking", "zh": "同一次打刻"},
    "not the same striking": {"en": "not the same striking", "zh": "并非同一次打刻"},
    "cannot judge": {"en": "cannot judge", "zh": "无法比对"},
}
SENTENCES: dict[Code, dict[Language, str]] = {
    "same": {
        "en": "Both agree: nothing speaks for another striking than the one on file.",
        "zh": "两者相符：未见与档案打刻不同之处。",
    },
    "other": {
        "en": "The number on the metal does not agree with the striking on file: another die set, or struck anew.",
        "zh": "金属上的号码与档案中的打刻不符：字模不同，或经重新打刻。",
    },
    "some": {
        "en": "The rest is the striking on file, but not the {places} character: it was struck anew.",
        "zh": "其余字符与档案一致，但第 {places} 位字符不是：该处经重新打刻。",
    },
    "nothing_on_file": {
        "en": "Nothing is on file to hold the number against: ask for the rubbing in the vehicle's file.",
        "zh": "档案中没有可供比对的拓印：请调取该车档案中的拓印。",
    },
    "other_number": {
        "en": "The file shows another number ({file}): look for the rubbing of this vehicle.",
        "zh": "档案中的号码不同（{file}）：请查找本车的拓印。",
    },
    "no_number": {
        "en": "No number could be read in {which}. {why}",
        "zh": "无法读出{which}中的号码。{why}",
    },
    "too_little": {
        "en": "Too little of the strokes can be seen in {which}: take one from closer, sharp and evenly lit.",
        "zh": "{which}中的笔画不够清晰：请靠近重拍，保证清晰、光线均匀。",
    },
    "too_few": {
        "en": "Too few characters can be read in both pictures: photograph the whole number and the whole rubbing.",
        "zh": "两张图中都能辨认的字符太少：请拍摄完整的号码和完整的拓印。",
    },
    "lines": {
        "en": "One picture shows the number in one line, the other in two: photograph the same lines of both.",
        "zh": "一张图中号码为一行，另一张为两行：请拍摄相同的行。",
    },
    "print": {
        "en": quality_sentence("print"),
        "zh": quality_sentence("print", "zh"),
    },
    "reads_otherwise": {
        "en": "The {places} character reads otherwise than on file, and the shapes do not settle it: look at both.",
        "zh": "第 {places} 位字符与档案读数不同，仅凭形状无法判断：请人工核对两图。",
    },
    "undecided": {
        "en": "What can be seen speaks too weakly for either: take a sharper photograph, with light from the side.",
        "zh": "可见特征不足以判断：请用侧光重拍更清晰的照片。",
    },
}  # fmt: skip
_WHICH: dict[Language, tuple[str, str]] = {"en": ("the photograph", "the file"), "zh": ("照片", "档案")}


@dataclass(frozen=True)
class Said:
    """Why the outcome is what it is, and what to do."""

    code: Code
    sentence: str
    chinese: str


@dataclass(frozen=True, eq=False)
class ComparedCharacter:
    """One character of the photograph and its like on file."""

    place: int  # in the photograph's reading, from 0
    text: str
    on_file: str
    support: float  # log10 of the likelihood ratio, positive towards "struck again"
    congruent: int  # of its four cells, that agree on the registration
    correlation: float  # -1..1, with its like at its best place
    own: float  # -1..1, what is left of it once what any die set shows is taken out
    along: float  # capitals that its like lies to the right of the common registration
    across: float  # capitals that it lies lower
    quad: np.ndarray  # float32 (4, 2), in the photograph
    quad_on_file: np.ndarray  # float32 (4, 2), in the file's picture


@dataclass(frozen=True, eq=False)
class LaidLine:
    """One line of both pictures, laid on each other; for drawing."""

    line: int  # of both numbers, from 0
    now: Laid
    file: Laid
    registered: Registered
    places: tuple[int, ...]  # of the paired characters among the comparison's


@dataclass(frozen=True, eq=False)
class Comparison:
    """What `compare` says of a photograph and what is on file."""

    now: Report
    file: Report | None
    outcome: Outcome
    support: float | None  # log10 of the likelihood ratio for "not one striking"; None where nothing was weighed
    why: Said
    characters: tuple[ComparedCharacter, ...]  # empty where nothing could be laid on each other
    named: tuple[int, ...]  # places among `characters` of those that were struck again while the rest was not
    legible: tuple[float, float] | None  # 0..1 about, how much like what it spells each picture looks
    lines: tuple[LaidLine, ...]


def compare(now: Report, file: Report | None, expect: str | None = None) -> Comparison:
    """Hold what was read in the photograph `now` against what was read in the file's picture; None: nothing on file.

    expect: the registered number; of several numbers in a picture the one most like it is taken.
    Raises FileNotFoundError or ValueError where what was learned is missing or damaged.
    """
    if file is None:
        return _cannot(now, file, _said("nothing_on_file"))
    found = [_number(report, expect) for report in (now, file)]
    for reading, report, side in zip(found, (now, file), (0, 1), strict=True):
        if reading is None:
            why, same = (report.why.sentence, report.why.chinese) if report.why else ("", "")
            return _cannot(now, file, _said("no_number", side, why=why, chinese=same))
    one, other = found
    assert one is not None
    assert other is not None
    if one.surface == "label":
        return _cannot(now, file, _said("print"))
    if len(one.lines) != len(other.lines):
        return _cannot(now, file, _said("lines"))
    lines = _laid_lines(now.photo, one, file.photo, other)
    if sum(len(line.places) for line in lines) < FEWEST or not lines:
        return _cannot(now, file, _said("too_few"))
    return _weighed(now, file, one, other, lines, learned())


def _number(report: Report, expect: str | None) -> Reading | None:
    """The best reading, or the one most like the registered number."""
    if not report.readings:
        return None
    if expect is None:
        return report.readings[0]
    return max(report.readings, key=lambda r: (_alike(r.text, expect), r.confidence))


def _alike(one: str, other: str) -> int:
    return sum(one[i] == other[j] for i, j in paired(one, other))


def _laid_lines(now: Photo, one: Reading, file: Photo, other: Reading) -> list[LaidLine]:
    """The lines that can be laid on each other: three characters or more in both."""
    greys = [(picture := photos.grey(photo), photos.scale_of(photo, picture)) for photo in (now, file)]
    out, before = [], 0
    for line in range(len(one.lines)):
        sides = []
        for reading, (grey, scale) in zip((one, other), greys, strict=True):
            some = [c for c in reading.characters if c.line == line]
            sides.append((grey, "".join(c.text for c in some), np.array([c.quad for c in some]), scale))
        both = paired(sides[0][1], sides[1][1])
        if len(both) >= 3:
            a, b = (lay(*side) for side in sides)
            places = tuple(range(before, before + len(both)))
            out.append(LaidLine(line, a, b, register(a, b, both), places))
            before += len(both)
    return out


def _weighed(
    now: Report, file: Report, one: Reading, other: Reading, lines: list[LaidLine], known: Learned
) -> Comparison:
    said = [congruence.weighed(line.registered, _text(line), known) for line in lines]
    each = [s.each for s in said]
    read = [_reads_otherwise(line, one, other) for line in lines]
    characters = tuple(
        c for line, shape, text in zip(lines, each, read, strict=True)
        for c in _characters(line, shape + text, one, other, known)
    )  # fmt: skip
    longest = max(range(len(lines)), key=lambda k: len(lines[k].places))
    legible = (
        float(np.mean([congruence.legibility(x.registered.first, _text(x), known.usual) for x in lines])),
        float(np.mean([congruence.legibility(x.registered.alone, _on_file(x), known.usual) for x in lines])),
    )
    support = congruence.total(said[longest].line, np.concatenate(each) + np.concatenate(read), known)
    differ = tuple(k for k, c in enumerate(characters) if c.text != c.on_file)
    named = tuple(k for k, c in enumerate(characters) if c.support >= known.character)
    otherwise = tuple(np.flatnonzero(np.concatenate(read) >= SURE).tolist())
    rest = np.array([c.support for k, c in enumerate(characters) if k not in differ and k not in named])
    held = len(rest) >= FEWEST and float(np.median(rest)) < 0
    few = len(named) <= max(1, len(characters) // 3)

    def there(some: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(characters[k].place for k in some)

    outcome: Outcome = "cannot judge"
    judged: float | None = support
    if min(legible) < known.legible:
        side = int(np.argmin(legible))
        why, judged = _said("too_little", side), None
    elif len(differ) + abs(len(one.text) - len(other.text)) > MISREAD and not held:
        why, judged = _said("other_number", file=other.text), None
    elif support >= known.other:
        outcome = "not the same striking"
        why = _said("some", places=there(named)) if named and few and held else _said("other")
    elif otherwise:
        why = _said("reads_otherwise", places=there(otherwise))
    elif support <= known.same:
        outcome, why = "same striking", _said("same")
    else:
        why = _said("undecided")
    named = named if why.code == "some" else ()
    return Comparison(now, file, outcome, judged, why, characters, named, legible, tuple(lines))


def _reads_otherwise(line: LaidLine, one: Reading, other: Reading) -> np.ndarray:
    """What it says of each character, float32 (n,), log10, that it reads otherwise than its like on file.

    By how sure both readings are. That it reads the same says nothing: it may have been struck again as it was.
    """
    now = [c for c in one.characters if c.line == line.line]
    file = [c for c in other.characters if c.line == line.line]
    both = [(now[i], file[j]) for i, j in line.registered.pairs]
    wrong = np.array([1 - a.confidence * b.confidence + MISTAKEN for a, b in both])
    differ = np.array([a.text != b.text and UNREADABLE not in (a.text, b.text) for a, b in both])
    return np.where(differ, np.maximum(0, np.log10(CHANGED / wrong)), 0).astype(np.float32)


def _text(line: LaidLine) -> str:
    return "".join(line.now.text[i] for i, _ in line.registered.pairs)


def _on_file(line: LaidLine) -> str:
    return "".join(line.file.text[j] for _, j in line.registered.pairs)


def _characters(
    line: LaidLine, said: np.ndarray, one: Reading, other: Reading, known: Learned
) -> list[ComparedCharacter]:
    r = line.registered
    agree = congruence.congruent(r)
    correlation = congruence.correlations(r, _text(line), known.usual)
    places = [i for i, c in enumerate(one.characters) if c.line == line.line]
    there = [j for j, c in enumerate(other.characters) if c.line == line.line]
    return [
        ComparedCharacter(
            places[i],
            line.now.text[i],
            line.file.text[j],
            float(np.clip(said[k], -known.bound, known.bound)),
            int(agree[k]),
            float(r.shifts[k, 2]),
            float(correlation[k, 3]),
            float(r.shifts[k, 0] / CAP),
            float(r.shifts[k, 1] / CAP),
            frozen(np.asarray(one.characters[places[i]].quad, np.float32)),
            frozen(np.asarray(other.characters[there[j]].quad, np.float32)),
        )
        for k, (i, j) in enumerate(r.pairs)
    ]


def _cannot(now: Report, file: Report | None, why: Said) -> Comparison:
    return Comparison(now, file, "cannot judge", None, why, (), (), None, ())


def _said(
    code: Code, side: int = 0, *, why: str = "", chinese: str = "", file: str = "", places: tuple[int, ...] = ()
) -> Said:
    english = SENTENCES[code]["en"].format(
        which=_WHICH["en"][side], why=why, file=file, places=" and ".join(map(ordinal, places))
    )
    return Said(
        code,
        english,
        SENTENCES[code]["zh"].format(
            which=_WHICH["zh"][side], why=chinese, file=file, places="、".join(str(p + 1) for p in places)
        ),
    )


CELLS = GRID[0] * GRID[1]  # of a character
