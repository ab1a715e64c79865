"""Whole pictures to find numbers in: labels, plates, struck panels and roll ends among everything around them.

`scene` draws one at random; `covered` makes a picture with no number of a real photograph. Every line of text is
known with its quadrilateral, and whether it is the number or only print beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vinspect.datasets import dies, press
from vinspect.datasets.numbers import free_number, number, vin_number

Rng = np.random.Generator
METAL = ("struck", "struck", "peened", "scribed", "etched", "plate")
NONE = np.zeros((0, 4, 2), np.float32)


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture and the lines in it."""

    grey: np.ndarray  # uint8 (h, w)
    numbers: np.ndarray  # float32 (n, 4, 2), lines of vehicle numbers, clockwise from the first character's top left
    texts: np.ndarray  # float32 (m, 4, 2), other lines
    texts_known: bool = True  # False where there may be text that `texts` does not list


@dataclass(frozen=True, eq=False)
class Piece:
    """Something flat with lines on it, to be laid into a scene."""

    grey: np.ndarray  # float32 (h, w), 0 to 255
    cover: np.ndarray  # float32 (h, w), 0 to 1: how much it hides of what lies behind
    numbers: np.ndarray
    texts: np.ndarray
    pressed: bool = False  # `grey` is only what a strike changes in the light of the metal, to be added to it


# ---------------------------------------------------------------------------------------------------- print


@lru_cache(maxsize=2)
def _cyrillic() -> tuple[str, ...]:
    faces = []
    for path in dies.fonts(False):
        face = ImageFont.truetype(path, 24)
        if len({face.getmask(c).tobytes() if hasattr(face.getmask(c), "tobytes") else bytes(face.getmask(c))
                for c in "ЯЖ\uffff"}) == 3:  # fmt: skip
            faces.append(path)
    return tuple(faces)


def _latin(text: str) -> bool:
    return all(ord(c) < 0x250 for c in text)


def _text(rng: Rng, text: str, path: str, cap: float, squeeze: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Coverage (float32, 0..1) of one printed line with capitals `cap` pixels high, and the box of its ink."""
    face = ImageFont.truetype(path, 64)
    height = max(8, -face.getbbox("H", anchor="ls")[1])
    size = int(np.clip(64 * cap / height, 6, 160))
    face = ImageFont.truetype(path, size)
    left, top, right, bottom = face.getbbox(text, anchor="ls")
    pad = 3
    picture = Image.new("L", (max(right - left, 1) + 2 * pad, max(bottom - top, 1) + 2 * pad))
    ImageDraw.Draw(picture).text((pad - left, pad - top), text, 255, face, anchor="ls")
    ink = np.asarray(picture, np.float32) / 255
    if squeeze != 1.0:
        ink = cv2.resize(ink, (max(4, round(ink.shape[1] * squeeze)), ink.shape[0]), interpolation=cv2.INTER_AREA)
    # The number's box runs from cap line to baseline.
    base = pad - top
    cap_px = -face.getbbox("H", anchor="ls")[1]
    return ink, np.array([pad * squeeze, base - cap_px, ink.shape[1] - pad * squeeze, base], np.float32)


def _spaced(rng: Rng, text: str, path: str, cap: float, squeeze: float, gap: float) -> tuple[np.ndarray, np.ndarray]:
    """The same with `gap` cap heights more between characters."""
    cells = [_text(rng, c, path, cap, squeeze) for c in text]
    height = max(c.shape[0] for c, _ in cells) + 8
    base = max(b[3] for _, b in cells) + 4
    step = gap * cap
    width = sum(c.shape[1] - 6 * squeeze for c, _ in cells) + step * len(cells) + 12
    ink = np.zeros((height, int(width) + 8), np.float32)
    x, first, last = 4.0, None, 4.0
    for cell, box in cells:
        y0, x0 = int(base - box[3]), int(x)
        view = ink[y0 : y0 + cell.shape[0], x0 : x0 + cell.shape[1]]
        np.maximum(view, cell[: view.shape[0], : view.shape[1]], out=view)
        first = x0 + box[0] if first is None else first
        last = x0 + box[2]
        x += cell.shape[1] - 6 * squeeze + step
    return ink, np.array([first, base - cap, last, base], np.float32)


def _dots(ink: np.ndarray, pitch: int) -> np.ndarray:
    """Ink broken up into dots, as of a needle or matrix printer."""
    h, w = ink.shape
    small = cv2.resize(ink, (max(1, w // pitch), max(1, h // pitch)), interpolation=cv2.INTER_AREA)
    ys, xs = np.mgrid[:h, :w]
    dot = ((xs % pitch - pitch / 2 + 0.5) ** 2 + (ys % pitch - pitch / 2 + 0.5) ** 2) < (0.46 * pitch) ** 2
    big = cv2.resize((small > 0.35).astype(np.float32), (w, h), interpolation=cv2.INTER_NEAREST)
    return big * dot


def _barcode(rng: Rng, width: int, height: int) -> np.ndarray:
    bars = np.repeat(rng.integers(0, 2, width), rng.choice([1, 1, 2, 3], width))[:width].astype(np.float32)
    bars = np.pad(bars, (0, width - len(bars)))
    return np.repeat(bars[None], height, 0)


def _matrix(rng: Rng, size: int, dots: bool = False) -> np.ndarray:
    """A Data Matrix of random content."""
    n = int(rng.choice([12, 14, 16, 18, 20, 22]))
    cells = rng.integers(0, 2, (n, n)).astype(np.float32)
    cells[:, 0], cells[-1] = 1, 1
    cells[0], cells[:, -1] = np.arange(n) % 2 == 0, np.arange(n) % 2 == 1
    pitch = max(2, size // n)
    big = np.kron(cells, np.ones((pitch, pitch), np.float32))
    return (
        big * np.kron(np.ones((n, n)), _dots(np.ones((pitch, pitch), np.float32), pitch)) if dots and pitch > 3 else big
    )


_MAKERS = (
    "VOLKSWAGEN AG;ADAM OPEL AG;OPEL;DAIMLERCHRYSLER AG;DAIMLER AG;BMW AG;AUDI AG;FORD-WERKE GMBH;RENAULT S.A.S;PEUGEOT;"
    "CITROEN;FIAT AUTO S.P.A.;TOYOTA MOTOR CORPORATION;NISSAN MOTOR CO., LTD;HONDA MOTOR CO., LTD. JAPAN;MAZDA MOTOR CORP;"
    "HYUNDAI MOTOR COMPANY KOREA;KIA MOTORS CORPORATION;CHERY AUTOMOBILE CO., LTD. CHINA;GEELY CJSC BELGEE;VOLVO CAR CORP;"
    "MFD BY GENERAL MOTORS CORP;MFG BY MERCEDES-BENZ U.S. INTL., INC;SKODA AUTO A.S.;SUBARU;SUZUKI;MITSUBISHI;SAIC MOTOR;"
    'ООО «ФОЛЬКСВАГЕН Груп Рус»;ООО «ХЕНДЭ МОТОР МАНУФАКТУРИНГ РУС»;ЗАО «РЕНО РОССИЯ»;ООО "ЭЛЛАДА ИНТЕРТРЕЙД";АВТОВАЗ;'
    "AVTOVAZ;ОАО «ГАЗ»;УАЗ;MADE IN KOREA;MADE IN JAPAN;Made in Germany;Made in Belarus;FABRIQUE EN FRANCE"
).split(";")
_WORDS = (
    "THIS VEHICLE CONFORMS TO ALL APPLICABLE;FEDERAL MOTOR VEHICLE SAFETY STANDARDS;IN EFFECT ON THE DATE OF MANUFACTURE;"
    "PASSENGER CAR;TRUCK;TYPE: M.P.V.;WARNING;CAUTION;AIRBAG;SIDE IMPACT;DO NOT REMOVE;UNLEADED FUEL ONLY;TIRE PRESSURE;"
    "TIRE AND LOADING INFORMATION;SEATING CAPACITY TOTAL 5;COLD TIRE PRESSURE;FRONT;REAR;SPARE;TRIM;PAINT;COLOR;MODEL;"
    "ENGINE;TRANS/AXLE;PLANT;C/TR:;GVWR;GAWR FRT;GAWR RR;ВНИМАНИЕ;ДАВЛЕНИЕ В ШИНАХ;ПЕРЕДНЯЯ;ЗАДНЯЯ;СДЕЛАНО В РОССИИ;"
    "Изготовитель;Техническая масса;Typ;Type;Fahrgestell;Motor;Getriebe;Lack;Ausst.;BRAKE FLUID DOT4;OIL;COOLANT;"
    "HIGH VOLTAGE;NO STEP;FRAGILE;ISO 9001;RECYCLE;SERVICE;Inspection;NEXT OIL CHANGE;VENTED DISC;PATENT PENDING"
).split(";")
_METAL_WORDS = (
    "ITALY;GERMANY;JAPAN;STEEL;PRESS;OPEN;CLOSE;FRONT;LEFT;RIGHT;TOP;MAX;WARNING;BOSCH;BREMBO;AISIN;MADE-IN-KOREA;"
    "STEP;OIL;DANGER;PULL;LOCK;TOYOTA;HONDA;SUZUKI;FORD;OPEL;RENAULT;MIN-MAX;UP;EXHAUST;BRAKE;FRAGILE;AUTOMATIC"
).split(";")


def _digits(rng: Rng, low: int, high: int) -> str:
    return "".join(str(d) for d in rng.integers(0, 10, int(rng.integers(low, high + 1))))


def _beside(rng: Rng) -> str:
    """A line that stands on labels beside the number, and is none."""
    n = int(rng.integers(600, 4200))
    kind = rng.integers(16)
    unit = str(rng.choice(["kg", "KG", "кг", "Kg", "lbs", ""]))
    if kind < 4:
        return f"{n} {unit}"
    if kind < 7:
        return f"{rng.integers(1, 4)}{rng.choice(['-', ' - ', ': ', '- 0'])}{n} {unit}"
    if kind == 7:
        return f"e{rng.integers(1, 30)}*{rng.choice(['2001/116', '2007/46', '98/14', '70/156'])}*{_digits(rng, 4, 4)}*{_digits(rng, 2, 2)}"
    if kind == 8:
        return f"TC RU E-{rng.choice(['RU', 'CN', 'JP', 'DE', 'KR'])}.{rng.choice(['MT02', 'АЯ04', 'МТ22'])}.{_digits(rng, 5, 5)}"
    if kind == 9:
        return (
            f"{rng.integers(1, 13):02d}/{rng.integers(0, 24):02d}"
            if rng.random() < 0.5
            else f"DATE {rng.integers(1, 13):02d}-{rng.integers(1990, 2024)}"
        )
    if kind == 10:
        return f"{rng.integers(15, 26)}5/{rng.integers(4, 8)}5R{rng.integers(13, 21)} {rng.integers(80, 110)}{rng.choice(list('HVTWY'))} {rng.uniform(2, 3):.1f} bar"
    if kind == 11:
        return f"{rng.choice(['TYP', 'Typ', 'TYPE', 'MODEL', 'MODELE', 'Тип'])} {''.join(rng.choice(list('ABCDEFGHKLMNPRSTUVWXYZ0123456789'), 4))}"
    if kind == 12:
        return f"{rng.choice(['COLOR', 'PAINT', 'TRIM', 'ENGINE', 'AXLE'])} {''.join(rng.choice(list('ABCDEFGHKL0123456789'), 3))} {_digits(rng, 2, 4)}"
    return str(rng.choice(_MAKERS if kind == 13 else _WORDS))


def _put(ink: np.ndarray, patch: np.ndarray, x: float, y: float) -> None:
    x0, y0 = int(x), int(y)
    view = ink[max(y0, 0) : max(y0 + patch.shape[0], 0), max(x0, 0) : max(x0 + patch.shape[1], 0)]
    part = patch[max(-y0, 0) :, max(-x0, 0) :][: view.shape[0], : view.shape[1]]
    np.maximum(view, part, out=view)


def _rect(box: np.ndarray, x: float, y: float) -> np.ndarray:
    left, top, right, bottom = box + np.array([int(x), int(y), int(x), int(y)], np.float32) - 0.5
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


def label(rng: Rng, has_number: bool = True) -> Piece:
    """A printed label or riveted plate: the number, if it has one, among lines that are none."""
    cap = float(rng.uniform(13, 26))
    path = str(rng.choice(dies.fonts(False)))
    russian = str(rng.choice(_cyrillic() or dies.fonts(False)))
    above, below = int(rng.integers(0, 5)), int(rng.integers(0, 7))
    if not has_number:
        above, below = int(rng.integers(1, 4)), int(rng.integers(1, 6))
    leading = float(rng.uniform(0.35, 1.2))
    squeeze = float(rng.uniform(0.55, 1.15))
    rows: list[tuple[str, str]] = []
    if rng.random() < 0.6 and above:
        rows.append(("text", str(rng.choice(_MAKERS))))
        above -= 1
    rows += [("text", _beside(rng)) for _ in range(above)]
    if has_number:
        text = vin_number(rng) if rng.random() < 0.88 else free_number(rng)
        if rng.random() < 0.05 and len(text) > 10:
            cut = int(rng.integers(6, len(text) - 4))
            rows += [("number", text[:cut]), ("number", text[cut:])]
        else:
            rows.append(("number", text))
    for _ in range(below):
        rows.append(("barcode", "") if rng.random() < 0.12 else ("text", _beside(rng)))
    same = rng.random() < 0.6  # the whole label in one font and size
    bold, dots = rng.random() < 0.3, rng.random() < 0.12
    indent = float(rng.uniform(0.3, 2.5)) * cap
    centred = rng.random() < 0.35
    lines: list[tuple[str, np.ndarray, np.ndarray, float]] = []
    for kind, text in rows:
        if kind == "barcode":
            lines.append(
                (kind, _barcode(rng, int(cap * rng.uniform(8, 16)), int(cap * rng.uniform(0.8, 2.5))), NONE, 0.0)
            )
            continue
        size = cap if kind == "number" or same else cap * float(rng.uniform(0.5, 1.25))
        face = path if same or kind == "number" else str(rng.choice(dies.fonts(False)))
        if not _latin(text):
            face = russian
        if kind == "number" and rng.random() < 0.5:
            ink, box = _spaced(rng, text, face, size, squeeze, float(rng.uniform(0.02, 0.3)))
        else:
            ink, box = _text(rng, text, face, size, squeeze)
        if bold:
            ink = cv2.dilate(ink, np.ones((2, 2)))
        if dots and size > 15:
            ink = _dots(ink, 3)
        lines.append((kind, ink, box, size))
    widest = max(ink.shape[1] for _, ink, _, _ in lines)
    width = int(widest + indent + cap * rng.uniform(0.3, 5))
    height = int(sum(ink.shape[0] + leading * cap * 0.6 for _, ink, _, _ in lines) + cap * rng.uniform(0.5, 2.5))
    ink = np.zeros((height, width), np.float32)
    numbers, texts = [], []
    y = cap * float(rng.uniform(0.2, 0.9))
    starred = rng.random() < 0.15
    for kind, patch, box, size in lines:
        x = (
            (width - patch.shape[1]) / 2
            if centred
            else indent + (float(rng.uniform(0, 2)) * cap if rng.random() < 0.2 else 0)
        )
        _put(ink, patch, x, y)
        if kind == "number":
            quad = _rect(box, x, y)
            if starred:
                star, star_box = _text(rng, "*", path, cap, squeeze)
                for side in (quad[0, 0] - star.shape[1] - 0.1 * cap, quad[1, 0] + 0.1 * cap):
                    _put(ink, star, side, quad[3, 1] - star_box[3])
            numbers.append(quad)
            if rng.random() < 0.12:  # a name before it: VIN:, FRAME NO.
                word, word_box = _text(
                    rng,
                    str(rng.choice(["VIN", "VIN:", "FRAME NO", "No", "V.I.N.", "СНАССИ", "CHASSIS"])),
                    russian,
                    size * 0.8,
                    squeeze,
                )
                _put(ink, word, quad[0, 0] - word.shape[1] - 0.6 * cap, quad[3, 1] - word_box[3])
        elif kind == "text":
            texts.append(_rect(box, x, y))
        y += patch.shape[0] + leading * cap * float(rng.uniform(0.3, 0.8))
    if rng.random() < 0.3:  # a mark of conformity, a pictogram, a second column
        mark, box = _text(
            rng, str(rng.choice(["EAC", "CE", "®", "E1", "©"])), russian, cap * float(rng.uniform(1.2, 2.4))
        )
        x, y = rng.uniform(0, width - mark.shape[1]) if width > mark.shape[1] else 0, height - mark.shape[0]
        if not ink[int(y) :, int(x) : int(x) + mark.shape[1]].any():
            _put(ink, mark, x, y)
            texts.append(_rect(box, x, y))
    if rng.random() < 0.15:
        m = _matrix(rng, int(cap * rng.uniform(2, 4)))
        x, y = width - m.shape[1] - cap * 0.3, height - m.shape[0] - cap * 0.3
        if x > 0 and y > 0 and not ink[int(y) :, int(x) :].any():
            _put(ink, m, x, y)
    if rng.random() < 0.35:  # ruled lines
        for q in [*numbers, *texts]:
            if rng.random() < 0.6:
                cv2.line(ink, (0, int(q[3, 1] + 0.3 * cap)), (width, int(q[3, 1] + 0.3 * cap)), 1.0, 1)
    if rng.random() < 0.4:
        cv2.rectangle(ink, (3, 3), (width - 4, height - 4), 1.0, int(rng.integers(1, 4)))
    dark = rng.random() < 0.55
    paper, print_ = float(rng.uniform(10, 70)), float(rng.uniform(130, 250))
    if not dark:
        paper, print_ = float(rng.uniform(150, 250)), float(rng.uniform(5, 90))
    if rng.random() < 0.1:
        paper, print_ = 128 + (paper - 128) * 0.3, 128 + (print_ - 128) * 0.3
    grey = paper + (print_ - paper) * ink + rng.normal(0, 1.5, ink.shape).astype(np.float32)
    return Piece(
        grey.astype(np.float32), _rounded(height, width, cap * rng.uniform(0, 0.6)), _stack(numbers), _stack(texts)
    )


def strip(rng: Rng) -> Piece:
    """A narrow plate as behind windscreens: the number alone, at times over a barcode."""
    cap = float(rng.uniform(14, 26))
    path = str(rng.choice(dies.fonts(False)))
    text = vin_number(rng)
    ink, box = _spaced(rng, text, path, cap, float(rng.uniform(0.6, 1.2)), float(rng.uniform(0.03, 0.35)))
    if rng.random() < 0.2:
        ink = _dots(ink, 3)
    bars = rng.random() < 0.4
    side, top = cap * rng.uniform(0.3, 2.5), cap * rng.uniform(0.15, 0.9)
    width = int(ink.shape[1] + 2 * side)
    height = int(ink.shape[0] + 2 * top + (cap * rng.uniform(0.5, 1.6) if bars else 0))
    page = np.zeros((height, width), np.float32)
    _put(page, ink, side, top)
    if bars:
        _put(page, _barcode(rng, ink.shape[1], height), side, top + ink.shape[0] + 1)
    if rng.random() < 0.25:
        logo, _ = _text(rng, str(rng.choice(["◊", "<>", "®", "☆", "*", "#"])), path, cap * 0.9)
        _put(page, logo, side - logo.shape[1] - 2, top)
    if rng.random() < 0.5:
        paper, print_ = float(rng.uniform(10, 110)), float(rng.uniform(120, 245))
    else:
        paper, print_ = float(rng.uniform(120, 240)), float(rng.uniform(10, 110))
    grey = paper + (print_ - paper) * page
    if rng.random() < 0.35:  # embossed: light from one side
        soft = cv2.GaussianBlur(page, (0, 0), cap * 0.05)
        slope = np.roll(soft, 1, 0) - np.roll(soft, -1, 0) + np.roll(soft, 1, 1) - np.roll(soft, -1, 1)
        grey = paper + slope * float(rng.uniform(60, 200)) + page * float(rng.uniform(-20, 20))
    return Piece(
        grey.astype(np.float32), _rounded(height, width, cap * rng.uniform(0, 0.8)), _rect(box, side, top)[None], NONE
    )


def strike(rng: Rng, text: str | None = None, is_number: bool = True) -> Piece:
    """A number pressed into metal by `press.render`, its metal fading out so that it sinks into the panel."""
    text = text or (number(rng) if rng.random() < 0.6 else free_number(rng))
    surface = str(rng.choice(METAL))
    return sunk(rng, press.render(rng, text, surface, float(rng.uniform(20, 34))), is_number)


def sunk(rng: Rng, struck: press.Struck, is_number: bool = True) -> Piece:
    """A struck number to lay into a panel: without its own metal, with it fading out, or cut out where it is a plate."""
    surface = struck.surface
    line = struck.line[None].astype(np.float32)
    grey = struck.grey.astype(np.float32)
    h, w = grey.shape
    found = (line, NONE) if is_number else (NONE, line)
    if surface == "plate" and rng.random() < 0.7:
        return Piece(grey, _rounded(h, w, h * rng.uniform(0, 0.12)), *found)
    if rng.random() < 0.3:
        return Piece(grey, _fading(grey, 0.35 * max(8.0, float(line[0, :, 1].min()))), *found)
    return relief(rng, Piece(grey, np.ones((h, w), np.float32), *found))


def relief(rng: Rng, piece: Piece) -> Piece:
    """What the strike changes in the light, without the metal it was struck in, which the panel has of its own."""
    lines = np.concatenate([piece.numbers, piece.texts])
    tall = float(np.linalg.norm(lines[:, 3] - lines[:, 0], axis=1).mean())
    grey = piece.grey
    small = cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)  # a wide blur needs no detail
    around = cv2.resize(cv2.GaussianBlur(small, (0, 0), max(1.0, 0.45 * tall)), grey.shape[::-1])
    change = (grey - around) * float(rng.uniform(0.7, 1.3))
    return Piece(change, _fading(grey, 0.6 * tall), piece.numbers, piece.texts, True)


def _fading(grey: np.ndarray, reach: float) -> np.ndarray:
    """A cover that fades out towards the sides over `reach` pixels."""
    down, across = (np.clip(np.minimum(np.arange(n), np.arange(n)[::-1]) / reach, 0, 1) for n in grey.shape)
    return (down[:, None] * across[None]).astype(np.float32)


def stacked(rng: Rng) -> Piece:
    """A number struck in two lines, at times beside a Data Matrix."""
    text = number(rng)
    if len(text) < 9 or rng.random() < 0.3:
        text = free_number(rng) + free_number(rng)[:4]
    height = float(rng.uniform(20, 30))
    struck = press.render(rng, text, str(rng.choice(METAL)), height)
    # One line, cut between two characters, its end laid under its beginning: one die set, one metal, one light.
    cut = int(np.clip(len(text) // 2 + rng.integers(-2, 4), 3, len(text) - 2))
    seam = int((struck.quads[cut - 1, :, 0].max() + struck.quads[cut, :, 0].min()) / 2)
    gap = height * float(rng.uniform(0.15, 0.6))
    foot = int(min(struck.grey.shape[0], struck.line[:, 1].max() + gap / 2 + 1))
    head = int(max(0, struck.line[:, 1].min() - gap / 2 - 1))
    bare = max(2, int(struck.marked_quads[0, :, 0].min()) - 2)  # metal without a character at the beginning
    whole = struck.grey.astype(np.float32)
    first, second = whole[:foot, :seam], np.hstack([whole[head:, :bare], whole[head:, seam:]])
    wide = max(first.shape[1], second.shape[1])
    shift = 0 if rng.random() < 0.6 else int((wide - second.shape[1]) * rng.random())

    def widened(part: np.ndarray, left: int) -> np.ndarray:
        right = wide - part.shape[1] - left
        metal = np.pad(part[:, :bare], ((0, 0), (left, right)), mode="symmetric")
        return np.hstack([metal[:, :left], part, metal[:, left + bare :]])

    grey = np.vstack([widened(first, 0), widened(second, shift)])
    seam_y = first.shape[0]
    for y in range(max(1, seam_y - 3), min(grey.shape[0] - 1, seam_y + 3)):
        grey[y] = (grey[y - 1] + grey[y] + grey[y + 1]) / 3
    edges = np.concatenate([struck.quads[:cut].reshape(-1, 2), struck.quads[cut:].reshape(-1, 2)])
    ends = edges[: 4 * cut, 0].max(), edges[4 * cut :, 0].min()
    upper, lower = struck.line.copy(), struck.line.copy()
    upper[1:3, 0] = ends[0]
    lower[[0, 3], 0] = ends[1]
    lower += np.array([shift + bare - seam, foot - head], np.float32)
    lines = np.stack([upper, lower]).astype(np.float32)
    if rng.random() < 0.4:
        m = _matrix(rng, int(height * rng.uniform(1.8, 4)), True)
        m = cv2.GaussianBlur(m, (0, 0), 0.8)
        side = m.shape[1] + int(height * rng.uniform(0.3, 0.9))
        tall = max(grey.shape[0], m.shape[0] + 8)
        down = (tall - grey.shape[0]) // 2
        grey = cv2.copyMakeBorder(grey, down, tall - grey.shape[0] - down, side, 0, cv2.BORDER_REFLECT_101)
        grey[:, :side] = grey[:, side : side + 1] * 0.5 + grey.mean() * 0.5
        y0 = int((tall - m.shape[0]) * rng.random())
        grey[y0 : y0 + m.shape[0], 4 : 4 + m.shape[1]] += m * float(
            rng.uniform(-110, -30) if rng.random() < 0.7 else rng.uniform(30, 90)
        )
        lines = lines + np.array([side, down], np.float32)
    if rng.random() < 0.6:
        return relief(rng, Piece(grey, grey, lines, NONE))
    return Piece(grey, _fading(grey, 6), lines, NONE)


# ---------------------------------------------------------------------------------------------------- surroundings


def _rounded(h: int, w: int, radius: float) -> np.ndarray:
    mask = np.zeros((h, w), np.uint8)
    r = int(min(radius, h / 2 - 1, w / 2 - 1))
    cv2.rectangle(mask, (r, 0), (w - 1 - r, h - 1), 255, -1)
    cv2.rectangle(mask, (0, r), (w - 1, h - 1 - r), 255, -1)
    for x, y in ((r, r), (w - 1 - r, r), (r, h - 1 - r), (w - 1 - r, h - 1 - r)):
        cv2.circle(mask, (x, y), r, 255, -1, cv2.LINE_AA)
    return mask.astype(np.float32) / 255


def _stack(quads: Sequence[np.ndarray]) -> np.ndarray:
    return np.stack(quads).astype(np.float32) if quads else NONE


def _cloud(rng: Rng, h: int, w: int, coarse: float) -> np.ndarray:
    """Smooth noise of unit spread, its grains about `coarse` pixels."""
    small = rng.normal(0, 1, (max(2, int(h / coarse)), max(2, int(w / coarse)))).astype(np.float32)
    return cv2.resize(small, (w, h), interpolation=cv2.INTER_CUBIC)


def panel(rng: Rng, h: int, w: int) -> np.ndarray:
    """Painted or bare metal, cloth, asphalt or nothing in particular: float32 (h, w)."""
    base = float(rng.uniform(15, 235))
    ys, xs = np.mgrid[:h, :w].astype(np.float32)
    turn = rng.uniform(0, 2 * np.pi)
    ramp = (np.cos(turn) * xs / w + np.sin(turn) * ys / h) * float(rng.normal(0, 60))
    grey = base + ramp
    for coarse, strength in ((h / 2, 25), (h / 6, 14), (h / 20, 8), (4, 5)):
        if rng.random() < 0.7:
            grey += _cloud(rng, h, w, coarse) * float(abs(rng.normal(0, strength)))
    kind = rng.random()
    if kind < 0.25:  # brushed, rolled or ground
        lines = cv2.blur(rng.normal(0, 1, (h, w)).astype(np.float32), (int(rng.integers(15, 90)), 1)) * float(
            rng.uniform(10, 70)
        )
        centre = (w / 2, h / 2)
        grey += cv2.warpAffine(
            lines,
            cv2.getRotationMatrix2D(centre, float(rng.uniform(0, 180)), 1.4),
            (w, h),
            borderMode=cv2.BORDER_REFLECT,
        )
    elif kind < 0.35:  # cloth or checker plate
        f = float(rng.uniform(0.15, 1.2))
        a, b = rng.uniform(0, np.pi, 2)
        grey += (
            np.sin(f * (xs * np.cos(a) + ys * np.sin(a)))
            * np.sin(f * (xs * np.cos(b) + ys * np.sin(b)))
            * float(rng.uniform(4, 35))
        )
    elif kind < 0.5:  # rust and dirt
        cloud = _cloud(rng, h, w, float(rng.uniform(8, 60))) + _cloud(rng, h, w, float(rng.uniform(3, 12)))
        grey = np.where(cloud > rng.uniform(0, 2), grey * float(rng.uniform(0.4, 0.9)), grey)
    grey += rng.normal(0, abs(float(rng.normal(0, 5))) + 0.3, (h, w)).astype(np.float32)
    return grey.astype(np.float32)


def clutter(rng: Rng, grey: np.ndarray, count: int) -> None:
    """Holes, bolts, seams, edges, hoses, scratches and dark parts, drawn into a picture."""
    h, w = grey.shape
    for _ in range(count):
        x, y = rng.uniform(0, w), rng.uniform(0, h)
        size = float(np.exp(rng.uniform(np.log(4), np.log(h / 4))))
        tone = float(rng.uniform(0, 255))
        kind = rng.integers(9)
        at = (int(x * 8), int(y * 8))
        if kind == 0:  # a hole with a bright lip
            cv2.circle(grey, at, int(size * 8), tone, max(1, int(size / 8)), cv2.LINE_AA, 3)
            cv2.circle(grey, at, int(size * 7), float(rng.uniform(0, 60)), -1, cv2.LINE_AA, 3)
        elif kind == 1:  # a bolt's head
            corners = np.arange(6) * np.pi / 3 + rng.uniform(0, 1)
            points = np.stack([x + size * np.cos(corners), y + size * np.sin(corners)], 1)
            cv2.circle(grey, at, int(size * 11), float(rng.uniform(20, 200)), -1, cv2.LINE_AA, 3)
            cv2.fillPoly(grey, [np.int32(points * 8)], tone, cv2.LINE_AA, 3)
            cv2.circle(grey, at, int(size * 4), float(rng.uniform(20, 230)), max(1, int(size / 5)), cv2.LINE_AA, 3)
        elif kind == 2:  # an edge: one side darker
            a = rng.uniform(0, 2 * np.pi)
            ys, xs = np.mgrid[:h, :w]
            side = 0.5 + 0.5 * np.tanh(((xs - x) * np.cos(a) + (ys - y) * np.sin(a)) / rng.uniform(1, 24))
            grey += (side * float(rng.normal(0, 55))).astype(np.float32)
        elif kind == 3:  # a seam or bead
            a = rng.uniform(0, 2 * np.pi)
            d = np.array([np.cos(a), np.sin(a)]) * (h + w)
            p, q = np.int32((np.array([x, y]) - d) * 8), np.int32((np.array([x, y]) + d) * 8)
            t = max(1, int(size / 4))
            cv2.line(grey, tuple(map(int, p)), tuple(map(int, q)), tone, t, cv2.LINE_AA, 3)
            cv2.line(
                grey,
                tuple(map(int, p + 8 * t)),
                tuple(map(int, q + 8 * t)),
                float(rng.uniform(0, 255)),
                max(1, t // 2),
                cv2.LINE_AA,
                3,
            )
        elif kind == 4:  # a hose or cable
            n = 20
            path = np.cumsum(rng.normal(0, 1, (n, 2)), 0)
            path = cv2.GaussianBlur(path.astype(np.float32), (1, 7), 2) * size * 1.5 + np.array([x, y])
            t = max(2, int(size / 2))
            cv2.polylines(grey, [np.int32(path * 8)], False, tone * 0.5, t, cv2.LINE_AA, 3)
            cv2.polylines(
                grey, [np.int32((path - t / 4) * 8)], False, min(255.0, tone * 0.5 + 60), max(1, t // 5), cv2.LINE_AA, 3
            )
        elif kind == 5:  # scratches
            for _ in range(int(rng.integers(1, 12))):
                p = np.array([x, y]) + rng.normal(0, size, 2)
                q = p + rng.normal(0, size * 2, 2)
                cv2.line(
                    grey, tuple(map(int, np.int32(p * 8))), tuple(map(int, np.int32(q * 8))), tone, 1, cv2.LINE_AA, 3
                )
        elif kind == 6:  # a part in front
            points = np.array([x, y]) + rng.normal(0, size * 2, (int(rng.integers(3, 7)), 2))
            cv2.fillPoly(grey, [np.int32(cv2.convexHull(np.float32(points)) * 8)], tone, cv2.LINE_AA, 3)
        elif kind == 7:  # a row of slots, dots or teeth: regular as characters are, but none
            a, n = rng.uniform(0, 2 * np.pi), int(rng.integers(4, 20))
            step = np.array([np.cos(a), np.sin(a)]) * size * 0.8
            r = size * float(rng.uniform(0.15, 0.4))
            for k in range(n):
                c = np.array([x, y]) + step * k
                if rng.random() < 0.5:
                    cv2.circle(grey, tuple(map(int, np.int32(c * 8))), int(r * 8), tone, -1, cv2.LINE_AA, 3)
                else:
                    e = np.array([-step[1], step[0]]) * 0.4
                    cv2.line(
                        grey,
                        tuple(map(int, np.int32((c - e) * 8))),
                        tuple(map(int, np.int32((c + e) * 8))),
                        tone,
                        max(1, int(r)),
                        cv2.LINE_AA,
                        3,
                    )
        else:  # a dark or bright ellipse
            cv2.ellipse(
                grey,
                (int(x), int(y)),
                (int(size * 2), int(size)),
                float(rng.uniform(0, 180)),
                0,
                360,
                tone,
                -1,
                cv2.LINE_AA,
            )


def _disc(rng: Rng, grey: np.ndarray) -> tuple[np.ndarray, float]:
    """A roll's end with its holes, drawn into a picture; its centre and radius."""
    h, w = grey.shape
    radius = float(rng.uniform(0.3, 0.48)) * min(h, w)
    centre = np.array([w / 2, h / 2]) + rng.normal(0, 0.06 * min(h, w), 2)
    face = panel(rng, h, w)
    mask = np.zeros((h, w), np.uint8)
    cv2.circle(mask, tuple(map(int, centre)), int(radius * 1.06), 255, -1, cv2.LINE_AA)
    soft = mask.astype(np.float32) / 255
    grey *= 1 - soft
    grey += soft * float(rng.uniform(10, 120))
    mask[:] = 0
    cv2.circle(mask, tuple(map(int, centre)), int(radius), 255, -1, cv2.LINE_AA)
    soft = mask.astype(np.float32) / 255
    grey *= 1 - soft
    grey += soft * face
    turn = rng.uniform(0, 2 * np.pi)
    holes = [(0.0, 0.0, 0.13)] + [
        (0.5 * np.cos(turn + k * np.pi / 2), 0.5 * np.sin(turn + k * np.pi / 2), rng.uniform(0.1, 0.24))
        for k in range(3)
    ]
    for x, y, r in holes:
        at = tuple(map(int, centre + np.array([x, y]) * radius * 0.9))
        cv2.circle(grey, at, int(r * radius * 1.1), float(rng.uniform(60, 200)), -1, cv2.LINE_AA)
        cv2.circle(grey, at, int(r * radius), float(rng.uniform(10, 70)), -1, cv2.LINE_AA)
        cv2.circle(
            grey, at, int(r * radius * 0.45), float(rng.uniform(10, 120)), max(1, int(r * radius * 0.2)), cv2.LINE_AA
        )
    return centre, radius


# ---------------------------------------------------------------------------------------------------- composing


def lay_into(
    rng: Rng, grey: np.ndarray, piece: Piece, centre: np.ndarray, length: float, turn: float
) -> tuple[np.ndarray, np.ndarray]:
    """Lay a piece into a picture by a slight perspective: it becomes `length` pixels long. Returns its lines there."""
    h, w = piece.grey.shape
    scale = length / w
    if scale < 0.7:  # an area average first, so that nothing aliases
        size = (max(2, round(w * scale * 1.2)), max(2, round(h * scale * 1.2)))
        shrunk = (
            cv2.resize(piece.grey, size, interpolation=cv2.INTER_AREA),
            cv2.resize(piece.cover, size, interpolation=cv2.INTER_AREA),
        )
    else:
        size, shrunk = (w, h), (piece.grey, piece.cover)
    c, s = np.cos(turn), np.sin(turn)
    corners = np.array([[-w, -h], [w, -h], [w, h], [-w, h]], np.float32) * scale / 2
    corners += rng.normal(0, 0.035 * min(length, h * scale * 3), (4, 2)).astype(np.float32)
    corners[:, 0] += corners[:, 1] * float(rng.normal(0, 0.1))
    corners = corners @ np.array([[c, s], [-s, c]], np.float32) + centre.astype(np.float32)
    source = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
    whole = cv2.getPerspectiveTransform(
        np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32) - 0.5, corners.astype(np.float32)
    )
    x0, y0 = np.maximum(np.floor(corners.min(0)).astype(int) - 2, 0)
    x1, y1 = np.minimum(np.ceil(corners.max(0)).astype(int) + 3, grey.shape[::-1])
    if x1 > x0 and y1 > y0:
        local = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], np.float64) @ matrix
        to = (int(x1 - x0), int(y1 - y0))
        patch = cv2.warpPerspective(shrunk[0], local, to, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        cover = cv2.warpPerspective(shrunk[1], local, to, flags=cv2.INTER_LINEAR)
        if piece.pressed:
            patch = grey[y0:y1, x0:x1] + patch
        elif rng.random() < 0.3:  # a shadow under its edge
            grey[y0:y1, x0:x1] *= 1 - 0.4 * cv2.GaussianBlur(cover, (0, 0), 2)
        view = grey[y0:y1, x0:x1]
        view += cover * (patch - view)
    return tuple(
        cv2.perspectiveTransform(q.reshape(-1, 1, 2), whole).reshape(-1, 4, 2) if len(q) else NONE
        for q in (piece.numbers, piece.texts)
    )  # type: ignore[return-value]


def _background(rng: Rng, h: int, w: int, photos: Sequence[np.ndarray]) -> tuple[np.ndarray, bool]:
    """A panel with clutter, or a real photograph without its number; whether all text in it is known (there is none)."""
    if len(photos) and rng.random() < 0.4:
        photo = photos[int(rng.integers(len(photos)))]
        if rng.random() < 0.5:
            photo = cv2.flip(photo, 1)  # print in it is no print any more
        if rng.random() < 0.3:
            photo = cv2.rotate(photo, int(rng.integers(3)))
        side = int(rng.uniform(0.5, 1.0) * min(photo.shape))
        y, x = (int(rng.integers(0, n - side + 1)) for n in photo.shape)
        return cv2.resize(photo[y : y + side, x : x + side], (w, h), interpolation=cv2.INTER_CUBIC).astype(
            np.float32
        ), False
    grey = panel(rng, h, w)
    clutter(rng, grey, int(rng.integers(0, 14)))
    return grey, True


def close(rng: Rng) -> Scene:
    """A number from close by, that fills the width of a picture of bare or painted metal."""
    w = int(rng.integers(560, 900))
    h = int(w * rng.uniform(0.16, 0.75))
    grey = panel(rng, h, w)
    clutter(rng, grey, int(rng.integers(0, 4)))
    piece = strike(rng) if rng.random() < 0.8 else stacked(rng)
    centre = np.array([w / 2 + rng.normal(0, 0.02 * w), h * rng.uniform(0.35, 0.65)])
    numbers, texts = lay_into(rng, grey, piece, centre, w * float(rng.uniform(0.7, 1.1)), float(rng.normal(0, 0.03)))
    return Scene(np.clip(grey, 0, 255).astype(np.uint8), numbers, texts)


def scene(rng: Rng, photos: Sequence[np.ndarray] = ()) -> Scene:
    """A picture of 640 px, with a number in four of five.

    photos: uint8 (h, w), real photographs whose number is covered, to lay things into.
    """
    if rng.random() < 0.08:  # nothing but the number and the metal around it
        struck = press.render(
            rng, None, None if rng.random() < 0.15 else str(rng.choice(METAL)), float(rng.uniform(24, 60))
        )
        return Scene(struck.grey, struck.line[None].astype(np.float32), NONE, struck.surface != "label")
    if rng.random() < 0.08:
        return close(rng)
    w = 640
    h = int(rng.choice([360, 427, 480, 480, 640]))
    if rng.random() < 0.3:
        w, h = h, w
    grey, known = _background(rng, h, w, photos)
    numbers: list[np.ndarray] = []
    texts: list[np.ndarray] = []

    def lay(piece: Piece, centre: np.ndarray, length: float, turn: float) -> None:
        found, other = lay_into(rng, grey, piece, centre, length, turn)
        numbers.extend(found)
        texts.extend(other)

    def anywhere(spread: float = 0.12) -> np.ndarray:
        return np.array([w, h]) * (0.5 + np.clip(rng.normal(0, spread, 2), -0.3, 0.3))

    turn = float(rng.normal(0, 0.12))
    kind = rng.random()
    if kind < 0.26:
        lay(label(rng), anywhere(), w * float(rng.uniform(0.45, 1.05)), turn)
        if rng.random() < 0.3:  # another label beside it
            lay(label(rng, False), np.array([w * rng.choice([0.05, 0.95]), h * rng.uniform(0.1, 0.9)]), w * 0.3, turn)
    elif kind < 0.36:
        lay(strip(rng), anywhere(), w * float(rng.uniform(0.4, 1.0)), turn)
    elif kind < 0.58:
        piece = strike(rng)
        level = float(np.median(piece.grey))
        if known and not piece.pressed and rng.random() < 0.6:  # the panel is of the same metal
            grey += level - float(np.median(grey))
        lay(piece, anywhere(), w * float(rng.uniform(0.3, 1.1)), turn)
        if known and rng.random() < 0.25:
            word = strike(rng, str(rng.choice(_METAL_WORDS)), False)
            y = h * (0.12 if numbers[0][:, 1].mean() > h / 2 else 0.88)
            lay(word, np.array([w * rng.uniform(0.2, 0.8), y]), w * 0.25, turn)
    elif kind < 0.68:
        piece = stacked(rng)
        if known and not piece.pressed and rng.random() < 0.6:
            grey += float(np.median(piece.grey)) - float(np.median(grey))
        lay(piece, anywhere(), w * float(rng.uniform(0.25, 0.85)), turn)
    elif kind < 0.78:
        centre, radius = _disc(rng, grey)
        text = free_number(rng)[: int(rng.integers(6, 10))]
        side = rng.uniform(0, 2 * np.pi)
        away = np.array([np.cos(side), np.sin(side)])
        half = radius * float(rng.uniform(0.5, 0.68))
        length = 2 * np.sqrt(radius**2 - half**2) * float(rng.uniform(0.6, 0.95))
        face = float(np.median(grey[int(centre[1] - 9) : int(centre[1] + 9)]))
        piece = strike(rng, text)
        if not piece.pressed:
            piece = replace(piece, grey=piece.grey + 0.7 * (face - float(np.median(piece.grey))))
        lay(piece, centre + away * half, length, float(side + np.pi / 2 + rng.choice([0, np.pi])))
    elif kind < 0.86:  # words and other lines, no number
        for _ in range(int(rng.integers(1, 4))):
            lay(label(rng, False), anywhere(0.25), w * float(rng.uniform(0.3, 0.8)), turn)
            if rng.random() < 0.5:
                break
    elif kind < 0.91 and known:
        lay(strike(rng, str(rng.choice(_METAL_WORDS)), False), anywhere(), w * float(rng.uniform(0.2, 0.7)), turn)
        if rng.random() < 0.3:
            m = cv2.GaussianBlur(_matrix(rng, int(rng.integers(40, 120)), True), (0, 0), 0.8)
            y, x = (int(rng.integers(0, max(1, a - b))) for a, b in zip(grey.shape, m.shape, strict=True))
            grey[y : y + m.shape[0], x : x + m.shape[1]] += m * float(rng.normal(0, 70))
    else:
        clutter(rng, grey, int(rng.integers(0, 20)))
    return Scene(np.clip(grey, 0, 255).astype(np.uint8), _stack(numbers), _stack(texts), known)


def covered(rng: Rng, grey: np.ndarray, box: np.ndarray) -> np.ndarray:
    """A real photograph with its number gone: painted over from around it, or smeared."""
    left, top, right, bottom = box
    mx, my = 0.06 * (right - left), 0.25 * (bottom - top)
    x0, y0 = max(int(left - mx), 0), max(int(top - my), 0)
    x1, y1 = min(int(right + mx) + 1, grey.shape[1]), min(int(bottom + my) + 1, grey.shape[0])
    out = grey.copy()
    view = out[y0:y1, x0:x1]
    if min(view.shape) < 2:
        return out
    if rng.random() < 0.5:
        edge = np.concatenate([view[0], view[-1]]).astype(np.float32)
        tone = np.percentile(edge, rng.choice([15, 50, 85]))
        view[:] = np.clip(tone + rng.normal(0, 4, view.shape), 0, 255)
    else:
        k = max(3, int((bottom - top) * 1.2) | 1)
        view[:] = np.clip(cv2.blur(cv2.blur(view, (k, k)), (k, k)) + rng.normal(0, 3, view.shape), 0, 255)
    return out
