"""One picture that shows what was found: the photograph, the number cut out of it, each character, and why.

The typefaces are those inside OpenCV 5: Rubik, and WenQuanYi Micro Hei for Chinese.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from vinspect.vision import photo as photos
from vinspect.vision.before import remarks
from vinspect.vision.evidence import (
    Character,
    Finding,
    Inspection,
    Looks,
    Outcome,
    Photo,
    Reading,
    Report,
    Strip,
    Verdict,
)

WIDTH = 1280  # of the picture, pixels
TALLEST = 960  # of the photograph in it
MAGNIFIED = 3.5  # times, a small photograph
MARGIN = 36
STRIP = 240  # greatest height of a strip
GAP = 6.0  # between an outline and what it encloses
LEANS = 0.3  # log10: a character with more is marked, whether or not that makes a finding
DOUBT = 0.9  # a character less sure than this shows what else it may be

Colour = tuple[int, int, int]  # blue, green, red

NIGHT: Colour = (29, 24, 21)
PAPER: Colour = (252, 250, 249)
INK: Colour = (42, 33, 28)
FADED: Colour = (138, 126, 118)
RULE: Colour = (228, 223, 219)
WHITE: Colour = (255, 255, 255)
# Told apart by people with any colour vision: Okabe and Ito's palette
GREEN: Colour = (115, 158, 0)
AMBER: Colour = (0, 159, 230)
RED: Colour = (0, 94, 213)
BLUE: Colour = (178, 114, 0)
ORANGE: Colour = (0, 120, 235)

OUTCOMES: dict[Outcome, Colour] = {"clear": GREEN, "review": AMBER, "suspect": RED, "cannot judge": FADED}
SYMBOLOGIES = {"Code39": "Code 39", "Code128": "Code 128", "DataMatrix": "Data Matrix", "QRCode": "QR code"}
REGULAR, STRONG, HEAVY = 400, 500, 650  # weights of type


def overlay(result: Report | Inspection) -> np.ndarray:
    """Draw what `read` or `inspect` found: uint8 (H, 1280, 3), blue, green, red.

    At the top the photograph with the outline of each number; under it the best number as it was cut out, with each
    character's box, its name, its confidence in per cent and, where it is unsure, what else it may be; where its looks
    were judged, its virtual rubbing with each character's support, and where its metal was touched; then the findings,
    numbered as in the photograph, or the rules' remarks.
    """
    report = result.report if isinstance(result, Inspection) else result
    findings = result.findings if isinstance(result, Inspection) else ()
    verdict = result.verdict if isinstance(result, Inspection) else None
    best = report.readings[0] if report.readings else None
    colour = photos.bgr(report.photo, needed(report.photo, best))
    parts = [photographed(colour, report, findings, verdict)]
    if best is not None:
        parts.append(_heading(best, verdict))
        marked = {place for finding in findings if finding.support > 0 for place in finding.characters}
        looks = result.looks if isinstance(result, Inspection) else None
        for line in range(len(best.strips)):
            parts.append(laid_out(colour, report.photo, best, line, marked))
            if looks is not None and verdict is not None:
                parts += [_rubbed(best, looks, verdict, line), _touched(best, looks, line)]
    before = remarks(result) if isinstance(result, Inspection) else ()
    parts.append(_remarks(report, best, findings, verdict, before))
    parts.append(_footer(report.photo))
    return np.concatenate(parts)


def needed(photo: Photo, best: Reading | None) -> int:
    """How long a side the photograph must be decoded at so that the strip is sharp, pixels."""
    if best is None:
        return WIDTH
    length = min(float(np.linalg.norm(line.quad[1] - line.quad[0])) for line in best.lines)
    return max(WIDTH, round(max(photo.size) * WIDTH / max(length, WIDTH / 8)))


# The photograph


def photographed(
    colour: np.ndarray, report: Report, findings: tuple[Finding, ...], verdict: Verdict | None
) -> np.ndarray:
    """The photograph on a dark ground, with outlines and the findings' numbers."""
    height, width = colour.shape[:2]
    factor = min(WIDTH / width, TALLEST / height, MAGNIFIED)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    picture = cv2.resize(colour, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
    canvas = blank(size[1], NIGHT)
    left = (WIDTH - size[0]) // 2
    canvas[:, left : left + size[0]] = picture
    scale = size[0] / report.photo.size[0]

    def placed(points: object) -> np.ndarray:
        return (np.asarray(points, np.float64) + 0.5) * scale - 0.5 + (left, 0)

    for other in report.readings[1:]:
        for line in other.lines:
            _outline(canvas, placed(line.quad), FADED, 2)
    for reading in report.readings[:1]:
        for code in reading.barcodes:
            _outline(canvas, placed(code.quad), RED if code.agrees is False else BLUE, 2)
        for line in reading.lines:
            _outline(canvas, placed(line.quad), OUTCOMES[verdict.outcome] if verdict else GREEN, 3)
        whole = reading.quad
        for number, finding in enumerate(findings, start=1):
            if finding.quad is not None and not np.array_equal(finding.quad, whole):
                _pin(canvas, placed(finding.quad), number, weight_colour(finding.support))
    return canvas


def _outline(canvas: np.ndarray, quad: np.ndarray, colour: Colour, thick: int) -> None:
    """A quadrilateral a little outside of what it encloses, with a light casing that shows on any ground."""
    along = quad[1] + quad[2] - quad[0] - quad[3]
    down = quad[2] + quad[3] - quad[0] - quad[1]
    along, down = (GAP * side / max(float(np.linalg.norm(side)), 1e-9) for side in (along, down))
    points = _fixed(quad + np.stack([-along - down, along - down, along + down, down - along]))
    cv2.polylines(canvas, [points], True, WHITE, thick + 2, cv2.LINE_AA, 4)
    cv2.polylines(canvas, [points], True, colour, thick, cv2.LINE_AA, 4)


def _pin(canvas: np.ndarray, quad: np.ndarray, number: int, colour: Colour) -> None:
    """A finding's number beside what it is about, joined to it by a line: odd ones under it, even ones over it."""
    top, bottom = quad[:2].mean(axis=0), quad[2:].mean(axis=0)
    near, far = (bottom, top) if number % 2 else (top, bottom)
    away = (near - far) / max(float(np.linalg.norm(near - far)), 1e-9)
    foot = near + 6 * away
    head = np.clip(foot + 40 * away, 20, np.array(canvas.shape[1::-1]) - 20)
    _outline(canvas, quad, colour, 2)
    start, end = (point.tolist() for point in _fixed(np.stack([foot, head])))
    cv2.line(canvas, start, end, WHITE, 4, cv2.LINE_AA, 4)
    cv2.line(canvas, start, end, colour, 2, cv2.LINE_AA, 4)
    _badge(canvas, head, str(number), colour)


def _badge(canvas: np.ndarray, centre: np.ndarray, text: str, colour: Colour) -> None:
    at = tuple(_fixed(centre).tolist())
    cv2.circle(canvas, at, 15 * 16, WHITE, -1, cv2.LINE_AA, 4)
    cv2.circle(canvas, at, 13 * 16, colour, -1, cv2.LINE_AA, 4)
    put_centred(canvas, text, (float(centre[0]), float(centre[1]) + 6), WHITE, 17, HEAVY)


def _fixed(points: np.ndarray) -> np.ndarray:
    """Points in sixteenths of a pixel, as OpenCV draws them with `shift=4`."""
    return np.round(np.clip(points, -30_000, 30_000) * 16).astype(np.int32)


# The panel


def _heading(best: Reading, verdict: Verdict | None) -> np.ndarray:
    """The number in large type, what the rules say of it, and the verdict."""
    panel = blank(132)
    text = "  ".join(_line_text(best, line) for line in range(len(best.lines))) or best.text
    marks = [mark or "" for mark in best.marks]
    room = WIDTH - 2 * MARGIN - 260
    put_fitted(panel, f"{marks[0]}{text}{marks[1]}", (MARGIN, 66), INK, 46, HEAVY, room)
    rules = best.rules
    years = " or ".join(str(year) for year in rules.years)
    check = {True: "check digit holds", False: "check digit does not hold", None: ""}[rules.check_digit]
    if rules.check_digit is False and not rules.binding:
        check = "no check digit, none needed"
    facts = [rules.maker, rules.country, years, check, best.surface, f"{100 * best.confidence:.1f} % sure"]
    put_fitted(panel, "  ·  ".join(fact for fact in facts if fact), (MARGIN, 106), FADED, 19, REGULAR, room)
    if verdict is not None:
        right, top = WIDTH - MARGIN, 34
        put_pill(panel, (right - 220, top, right, top + 48), OUTCOMES[verdict.outcome])
        put_centred(panel, verdict.outcome.upper(), (right - 110, top + 32), WHITE, 23, HEAVY)
        if verdict.support is not None:
            _scale(panel, (right - 220, 104), 220, verdict.support)
    return panel


def _scale(panel: np.ndarray, at: tuple[int, int], width: int, support: float) -> None:
    """Where the evidence lies between "as struck", on the left, and "not as struck": log10 from -2 to 2."""
    left, y = at
    middle = left + width // 2
    cv2.line(panel, (left, y), (left + width, y), RULE, 6, cv2.LINE_AA)
    x = middle + round(float(np.clip(support / 2, -1, 1)) * width / 2)
    cv2.line(panel, (middle, y), (x, y), weight_colour(support), 6, cv2.LINE_AA)
    cv2.circle(panel, (x, y), 8, WHITE, -1, cv2.LINE_AA)
    cv2.circle(panel, (x, y), 6, weight_colour(support), -1, cv2.LINE_AA)
    put_text(panel, "as struck", (left, y + 22), FADED, 14, REGULAR)
    put_text(
        panel, "not as struck", (left + width - length_of("not as struck", 14, REGULAR), y + 22), FADED, 14, REGULAR
    )


@dataclass(frozen=True)
class _Cell:
    """One character's place in the drawn strip, panel pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


def laid_out(colour: np.ndarray, photo: Photo, best: Reading, line: int, marked: set[int]) -> np.ndarray:
    """A line as it was cut out, in colour and as sharp as the photograph, each character boxed and named under it."""
    strip = best.strips[line]
    zoom = _zoom(strip)
    cut = _cut(colour, photo, strip, zoom)
    top, left = 8, (WIDTH - cut.shape[1]) // 2
    below = top + cut.shape[0]
    characters = [(i, c) for i, c in enumerate(best.characters) if c.line == line]
    panel = blank(below + (106 if any(c.confidence < DOUBT for _, c in characters) else 78))
    panel[top:below, left : left + cut.shape[1]] = cut
    cells = {i: _Cell(*((c.box + 0.5) * zoom + (left, top, left, top)).tolist()) for i, c in characters}
    pitch = min((b.middle - a.middle for a, b in zip(list(cells.values()), list(cells.values())[1:], strict=False)),
                default=60.0)  # fmt: skip
    size = float(np.clip(pitch * 0.72, 12, 32))
    for i, character in characters:
        tint = RED if i in marked else confidence_colour(character.confidence)
        doubtful = i in marked or character.confidence < DOUBT
        _box(panel, cells[i], tint, filled=i in marked, thick=2 if doubtful else 1)
    for i, character in characters:
        _name(panel, cells[i], below, character, size, marked=i in marked)
    return panel


def _zoom(strip: Strip) -> float:
    return min((WIDTH - 2 * MARGIN) / strip.grey.shape[1], STRIP / strip.grey.shape[0])


def _cut(colour: np.ndarray, photo: Photo, strip: Strip, zoom: float) -> np.ndarray:
    """The strip, `zoom` times as large, out of the photograph in colour.

    It is laid level as fine as the photograph is there, and then made larger, which is much quicker than at once.
    """
    height, width = strip.grey.shape
    scale = colour.shape[1] / photo.size[0]
    ends = cv2.perspectiveTransform(np.array([[[0.0, height / 2], [width, height / 2]]]), strip.to_photo)[0]
    fine = min(zoom, max(1.0, float(np.linalg.norm(ends[1] - ends[0])) * scale / width))
    laid, size = ((max(1, round(width * k)), max(1, round(height * k))) for k in (fine, zoom))
    x, y = width / laid[0], height / laid[1]
    to_strip = np.array([[x, 0, x / 2 - 0.5], [0, y, y / 2 - 0.5], [0, 0, 1]])
    to_colour = np.array([[scale, 0, scale / 2 - 0.5], [0, scale, scale / 2 - 0.5], [0, 0, 1]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    cut = cv2.warpPerspective(
        colour, to_colour @ strip.to_photo @ to_strip, laid, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return cut if laid == size else cv2.resize(cut, size, interpolation=cv2.INTER_CUBIC)


def _box(panel: np.ndarray, cell: _Cell, colour: Colour, *, filled: bool, thick: int) -> None:
    left, top, right, bottom = cell.left, cell.top, cell.right, cell.bottom
    points = _fixed(np.array([[left, top], [right, top], [right, bottom], [left, bottom]]))
    if filled:
        tinted = panel.copy()
        cv2.fillPoly(tinted, [points], colour, cv2.LINE_AA, 4)
        cv2.addWeighted(tinted, 0.22, panel, 0.78, 0, panel)
    cv2.polylines(panel, [points], True, colour, thick, cv2.LINE_AA, 4)


def _name(panel: np.ndarray, cell: _Cell, below: int, character: Character, size: float, *, marked: bool) -> None:
    """The character, its confidence in per cent, and what else it may be."""
    tint = confidence_colour(character.confidence)
    if marked:
        put_pill(
            panel, (round(cell.middle - size * 0.62), below + 8, round(cell.middle + size * 0.62), below + 46), RED
        )
    put_centred(panel, character.text, (cell.middle, below + 38), WHITE if marked else INK, size, HEAVY)
    percent = int(100 * character.confidence)
    put_centred(panel, str(percent), (cell.middle, below + 66), tint, min(16, size * 0.62), STRONG)
    if character.confidence < DOUBT:
        others = [f"{c} {100 * p:.0f}" for c, p in character.candidates if c != character.text and p >= 0.01]
        for row, other in enumerate(others[:2]):
            put_centred(panel, other, (cell.middle, below + 84 + 16 * row), FADED, min(14, size * 0.5), REGULAR)


def _rubbed(best: Reading, looks: Looks, verdict: Verdict, line: int) -> np.ndarray:
    """The virtual rubbing of a line, ghosts in it, and under each character what its looks and findings say of it."""
    zoom, grooves, ghosts = _zoom(best.strips[line]), looks.rubbings[line].stroke, looks.ghosts[line].stroke
    panel, left = _captioned(
        inked((ghosts, ORANGE), (grooves, INK)), zoom, "virtual rubbing, log LR of each character", under=34
    )
    if (ghosts > 0.5).any():
        put_text(panel, "ghosts of what stood there before", (MARGIN + 330, 18), ORANGE, 15, STRONG)
    for c, support in zip(best.characters, verdict.characters, strict=True):
        if c.line == line and support is not None:
            middle = left + (float(c.box[0] + c.box[2]) + 1) / 2 * zoom
            said = f"{support:+.1f}"
            put_centred(panel, said, (middle, panel.shape[0] - 14), weight_colour(support), 16, STRONG)
    return panel


def _touched(best: Reading, looks: Looks, line: int) -> np.ndarray:
    """A line in grey, the redder the surer its metal was worked on: from a chance of a quarter on."""
    strip = best.strips[line]
    sure = np.clip(2 * looks.touched[line] - 0.5, 0, 1)[..., None] * 0.7  # the strokes are seen through it
    grey = cv2.cvtColor(strip.grey, cv2.COLOR_GRAY2BGR)
    return _captioned((grey * (1 - sure) + sure * np.array(RED)).astype(np.uint8), _zoom(strip), "touched metal")[0]


def _captioned(picture: np.ndarray, zoom: float, caption: str, under: int = 8) -> tuple[np.ndarray, int]:
    """A picture of a strip's size in a panel, as large as the strip is drawn above it; the panel, and its left edge."""
    size = (max(1, round(picture.shape[1] * zoom)), max(1, round(picture.shape[0] * zoom)))
    left = (WIDTH - size[0]) // 2
    panel = blank(26 + size[1] + under)
    panel[26 : 26 + size[1], left : left + size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    put_text(panel, caption, (MARGIN, 18), FADED, 15, REGULAR)
    return panel, left


def inked(*strokes: tuple[np.ndarray, Colour], paper: Colour = PAPER) -> np.ndarray:
    """Strokes on paper, one over the other: uint8 (h, w, 3) of float32 (h, w) in 0..1 and the colour of each."""
    picture = np.array(paper, np.float32)
    for stroke, colour in strokes:
        ink = np.clip(stroke, 0, 1)[..., None]
        picture = picture * (1 - ink) + ink * np.array(colour, np.float32)
    return np.asarray(picture.astype(np.uint8))


def _leaning(best: Reading, verdict: Verdict) -> list[tuple[str, Colour, str, str]]:
    """Of each character that is marked and makes no finding."""
    return [
        ("·", AMBER, f"Character {place}, {c.text}, leans to not as struck, less than makes a finding: look at it.",
         f"{support:+.1f}")
        for place, (c, support) in enumerate(zip(best.characters, verdict.characters, strict=False), start=1)
        if support is not None and support >= LEANS
    ]  # fmt: skip


def _remarks(
    report: Report,
    best: Reading | None,
    findings: tuple[Finding, ...],
    verdict: Verdict | None,
    before: tuple[str, ...],
) -> np.ndarray:
    """The findings and what the number may have been before, or what rules and barcodes say, one under the other."""
    rows = [  # the badge's text and colour, the sentence, what stands at the right
        (str(number), weight_colour(finding.support), finding.sentence, f"{finding.support:+.1f}")
        for number, finding in enumerate(findings, start=1)
    ]
    rows += [("?", BLUE, remark, "") for remark in before]
    if verdict is None and best is not None:
        rows += [("!", AMBER, problem, "") for problem in best.rules.problems]
    for code in best.barcodes if best is not None else ():
        said = {True: "says the same", False: "says something else", None: "holds no number to compare"}[code.agrees]
        badge, colour = {True: ("=", GREEN), False: ("≠", RED), None: ("·", FADED)}[code.agrees]
        rows.append((badge, colour, f"The {SYMBOLOGIES.get(code.symbology, code.symbology)} {said}: {code.text}", ""))
    for why in (report.why, verdict.reason if verdict else None):
        if why is not None and ("i", BLUE, why.sentence, "") not in rows:
            rows.append(("i", BLUE, why.sentence, ""))
    if verdict is not None and best is not None and not findings:
        rows[:0] = _leaning(best, verdict) or [("·", GREEN, "Nothing stands out.", "")]
    room = WIDTH - 2 * MARGIN - 48 - 70
    wrapped = [(badge, colour, lines_of(sentence, 20, REGULAR, room), right) for badge, colour, sentence, right in rows]
    panel = blank(24 + sum(18 + 26 * len(lines) for _, _, lines, _ in wrapped))
    y = 20
    if findings:
        put_text(panel, "log LR", (WIDTH - MARGIN - length_of("log LR", 14, REGULAR), y - 6), FADED, 14, REGULAR)
    for badge, colour, lines, right in wrapped:
        cv2.line(panel, (MARGIN, y), (WIDTH - MARGIN, y), RULE, 1)
        _badge(panel, np.array([MARGIN + 15.0, y + 22.0]), badge, colour)
        for row, text in enumerate(lines):
            put_text(panel, text, (MARGIN + 48, y + 29 + 26 * row), INK, 20, REGULAR)
        put_text(panel, right, (WIDTH - MARGIN - length_of(right, 20, STRONG), y + 29), colour, 20, STRONG)
        y += 18 + 26 * len(lines)
    return panel


def _footer(photo: Photo) -> np.ndarray:
    panel = blank(52)
    cv2.line(panel, (MARGIN, 8), (WIDTH - MARGIN, 8), RULE, 1)
    name = photo.name.replace("\\", "/").rsplit("/", 1)[-1]
    facts = f"{photo.size[0]} × {photo.size[1]}  ·  SHA-256 {photo.sha256[:16]}  ·  Vinspect"
    long = length_of(facts, 15, REGULAR)
    put_fitted(panel, name, (MARGIN, 34), FADED, 15, REGULAR, WIDTH - 2 * MARGIN - long - 30)
    put_text(panel, facts, (WIDTH - MARGIN - long, 34), FADED, 15, REGULAR)
    return panel


# Colours and type


def confidence_colour(confidence: float) -> Colour:
    """Red at one half and under, amber at 0.9, green from 0.99 on; between them by the log odds."""
    odds = math.log10(max(confidence, 1e-6) / max(1 - confidence, 1e-6))
    (low, high), worse, better = ((0.0, 0.95), RED, AMBER) if odds < 0.95 else ((0.95, 2.0), AMBER, GREEN)
    share = min(max((odds - low) / (high - low), 0.0), 1.0)
    return tuple(round(a + (b - a) * share) for a, b in zip(worse, better, strict=True))  # type: ignore[return-value]


def weight_colour(support: float) -> Colour:
    """What a likelihood ratio amounts to: nothing, something, much."""
    if support >= 1:
        return RED
    if support >= LEANS:
        return AMBER
    return GREEN if support <= -LEANS else FADED


def _line_text(best: Reading, line: int) -> str:
    return "".join(character.text for character in best.characters if character.line == line)


def blank(height: int, ground: Colour = PAPER) -> np.ndarray:
    """An empty part of the picture, uint8 (height, 1280, 3)."""
    part = np.empty((height, 3 * WIDTH), np.uint8)
    part[:] = np.tile(np.array(ground, np.uint8), WIDTH)  # whole rows are copied much quicker than three bytes a time
    return part.reshape(height, WIDTH, 3)


def put_pill(panel: np.ndarray, box: tuple[int, int, int, int], colour: Colour) -> None:
    """A filled rectangle with round corners."""
    left, top, right, bottom = box
    radius = min(10, (bottom - top) // 2, (right - left) // 2)
    for x in (left + radius, right - radius):
        for y in (top + radius, bottom - radius):
            cv2.circle(panel, (x, y), radius, colour, -1, cv2.LINE_AA)
    cv2.rectangle(panel, (left + radius, top), (right - radius, bottom), colour, -1)
    cv2.rectangle(panel, (left, top + radius), (right, bottom - radius), colour, -1)


def put_text(panel: np.ndarray, text: str, at: tuple[float, float], colour: Colour, size: float, weight: int) -> None:
    """Text from the left, its baseline at y."""
    place = (round(at[0]), round(at[1]))
    cv2.putText(panel, text, place, colour, _face(), round(size), weight, cv2.PUT_TEXT_ALIGN_LEFT, (0, 100_000))


def put_centred(
    panel: np.ndarray, text: str, at: tuple[float, float], colour: Colour, size: float, weight: int
) -> None:
    """Text about the middle at x, its baseline at y."""
    put_text(panel, text, (at[0] - length_of(text, size, weight) / 2, at[1]), colour, size, weight)


def put_fitted(
    panel: np.ndarray, text: str, at: tuple[float, float], colour: Colour, size: float, weight: int, room: float
) -> None:
    """Text that shrinks to its room, and below half its size loses its end."""
    while length_of(text, size, weight) > room and size > 12:
        size -= 1
    while length_of(text, size, weight) > room and len(text) > 2:
        text = text[:-2] + "…"
    put_text(panel, text, at, colour, size, weight)


def lines_of(text: str, size: float, weight: int, room: float) -> list[str]:
    """The text in lines that fit the room."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and length_of(longer, size, weight) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


@lru_cache(maxsize=4096)  # most of it is the same from picture to picture: characters, per cents, captions
def length_of(text: str, size: float, weight: int) -> float:
    """Pixels that the text takes."""
    if not text:
        return 0.0
    left, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), _face(), round(size), weight, cv2.PUT_TEXT_ALIGN_LEFT)
    return float(left + width)


def _face() -> cv2.FontFace:
    return cv2.FontFace("sans")
