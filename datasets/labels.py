"""Printed labels, riveted plates and windscreen strips: the number among lines that are none."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vinspect.datasets import dies
from vinspect.datasets.codes import barcode, data_matrix, dotted
from vinspect.datasets.numbers import free_number, vin_number
from vinspect.datasets.piece import NONE, Piece, rounded, stack

Rng = np.random.Generator


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
    picture = Image.new("L", (int(max(right - left, 1)) + 2 * pad, int(max(bottom - top, 1)) + 2 * pad))
    ImageDraw.Draw(picture).text((pad - left, pad - top), text, 255, face, anchor="ls")
    ink: np.ndarray = np.asarray(picture, np.float32) / 255
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


_MAKERS = (
    "VOLKSWAGEN AG;ADAM OPEL AG;OPEL;DAIMLERCHRYSLER AG;DAIMLER AG;BMW AG;AUDI AG;FORD-WERKE GMBH;"
    "RENAULT S.A.S;PEUGEOT;CITROEN;FIAT AUTO S.P.A.;TOYOTA MOTOR CORPORATION;NISSAN MOTOR CO., LTD;"
    "HONDA MOTOR CO., LTD. JAPAN;MAZDA MOTOR CORP;HYUNDAI MOTOR COMPANY KOREA;KIA MOTORS CORPORATION;"
    "CHERY AUTOMOBILE CO., LTD. CHINA;GEELY CJSC BELGEE;VOLVO CAR CORP;MFD BY GENERAL MOTORS CORP;"
    "MFG BY MERCEDES-BENZ U.S. INTL., INC;SKODA AUTO A.S.;SUBARU;SUZUKI;MITSUBISHI;SAIC MOTOR;"
    'ООО «ФОЛЬКСВАГЕН Груп Рус»;ООО «ХЕНДЭ МОТОР МАНУФАКТУРИНГ РУС»;ЗАО «РЕНО РОССИЯ»;ООО "ЭЛЛАДА ИНТЕРТРЕЙД";'
    "АВТОВАЗ;AVTOVAZ;ОАО «ГАЗ»;УАЗ;MADE IN KOREA;MADE IN JAPAN;Made in Germany;Made in Belarus;"
    "FABRIQUE EN FRANCE"
).split(";")
_WORDS = (
    "THIS VEHICLE CONFORMS TO ALL APPLICABLE;FEDERAL MOTOR VEHICLE SAFETY STANDARDS;"
    "IN EFFECT ON THE DATE OF MANUFACTURE;PASSENGER CAR;TRUCK;TYPE: M.P.V.;WARNING;CAUTION;AIRBAG;SIDE IMPACT;"
    "DO NOT REMOVE;UNLEADED FUEL ONLY;TIRE PRESSURE;TIRE AND LOADING INFORMATION;SEATING CAPACITY TOTAL 5;"
    "COLD TIRE PRESSURE;FRONT;REAR;SPARE;TRIM;PAINT;COLOR;MODEL;ENGINE;TRANS/AXLE;PLANT;C/TR:;GVWR;GAWR FRT;"
    "GAWR RR;ВНИМАНИЕ;ДАВЛЕНИЕ В ШИНАХ;ПЕРЕДНЯЯ;ЗАДНЯЯ;СДЕЛАНО В РОССИИ;Изготовитель;Техническая масса;Typ;"
    "Type;Fahrgestell;Motor;Getriebe;Lack;Ausst.;BRAKE FLUID DOT4;OIL;COOLANT;HIGH VOLTAGE;NO STEP;FRAGILE;"
    "ISO 9001;RECYCLE;SERVICE;Inspection;NEXT OIL CHANGE;VENTED DISC;PATENT PENDING"
).split(";")
_LETTERS_AND_DIGITS = list("ABCDEFGHKLMNPRSTUVWXYZ0123456789")


def _digits(rng: Rng, n: int) -> str:
    return "".join(str(d) for d in rng.integers(0, 10, n))


def _code(rng: Rng, n: int) -> str:
    return "".join(rng.choice(_LETTERS_AND_DIGITS, n))


def _beside(rng: Rng) -> str:
    """A line that stands on labels beside the number, and is none."""

    def one(words: str) -> str:
        return str(rng.choice(words.split("|")))

    kilograms = int(rng.integers(600, 4200))
    unit = one("kg|KG|кг|Kg|lbs|")
    month = f"{rng.integers(1, 13):02d}"
    kind = rng.integers(16)
    if kind < 4:
        return f"{kilograms} {unit}"
    if kind < 7:
        return f"{rng.integers(1, 4)}{one('-| - |: |- 0')}{kilograms} {unit}"
    if kind == 7:
        act = one("2001/116|2007/46|98/14|70/156")
        return f"e{rng.integers(1, 30)}*{act}*{_digits(rng, 4)}*{_digits(rng, 2)}"
    if kind == 8:
        return f"TC RU E-{one('RU|CN|JP|DE|KR')}.{one('MT02|АЯ04|МТ22')}.{_digits(rng, 5)}"
    if kind == 9:
        return f"{month}/{_digits(rng, 2)}" if rng.random() < 0.5 else f"DATE {month}-{rng.integers(1990, 2024)}"
    if kind == 10:
        tyre = f"{rng.integers(15, 26)}5/{rng.integers(4, 8)}5R{rng.integers(13, 21)}"
        return f"{tyre} {rng.integers(80, 110)}{one('H|V|T')} {rng.uniform(2, 3):.1f} bar"
    if kind == 11:
        return f"{one('TYP|Typ|TYPE|MODEL|MODELE|Тип')} {_code(rng, 4)}"
    if kind == 12:
        return f"{one('COLOR|PAINT|TRIM|ENGINE|AXLE')} {_code(rng, 3)} {_digits(rng, int(rng.integers(2, 5)))}"
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
                (kind, barcode(rng, int(cap * rng.uniform(8, 16)), int(cap * rng.uniform(0.8, 2.5))), NONE, 0.0)
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
            ink = dotted(ink, 3)
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
        m = data_matrix(rng, int(cap * rng.uniform(2, 4)))
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
        grey.astype(np.float32), rounded(height, width, cap * rng.uniform(0, 0.6)), stack(numbers), stack(texts)
    )


def strip(rng: Rng) -> Piece:
    """A narrow plate as behind windscreens: the number alone, at times over a barcode."""
    cap = float(rng.uniform(14, 26))
    path = str(rng.choice(dies.fonts(False)))
    text = vin_number(rng)
    ink, box = _spaced(rng, text, path, cap, float(rng.uniform(0.6, 1.2)), float(rng.uniform(0.03, 0.35)))
    if rng.random() < 0.2:
        ink = dotted(ink, 3)
    bars = rng.random() < 0.4
    side, top = cap * rng.uniform(0.3, 2.5), cap * rng.uniform(0.15, 0.9)
    width = int(ink.shape[1] + 2 * side)
    height = int(ink.shape[0] + 2 * top + (cap * rng.uniform(0.5, 1.6) if bars else 0))
    page = np.zeros((height, width), np.float32)
    _put(page, ink, side, top)
    if bars:
        _put(page, barcode(rng, ink.shape[1], height), side, top + ink.shape[0] + 1)
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
        grey.astype(np.float32), rounded(height, width, cap * rng.uniform(0, 0.8)), _rect(box, side, top)[None], NONE
    )
