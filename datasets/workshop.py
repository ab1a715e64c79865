"""What is found on vehicles, done to a surface: numbers struck, pecked, scribed, embossed and printed; bolts, holes,
plates, labels, paint, rust and dirt. Lengths are pixels of the surface; every function changes the surface in place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from vinspect.datasets import dies
from vinspect.datasets.photograph import Array, Rng, Surface, colour, fractal, step

RUST = ("#1b110d", "#3a2117", "#5b331f", "#7a4d2f")


@dataclass(frozen=True)
class Line:
    """How a number is laid out. Widths are in cap heights."""

    x: float  # left side of the first character
    y: float  # baseline
    cap: float
    width: float = 0.62
    pitch: float = 1.0
    stroke: float = 0.1
    turn: float = 0.0  # of the whole line, degrees
    scatter: tuple[float, float, float] = (0.008, 0.012, 0.3)  # baseline, pitch, turn of each in degrees (sd)


def cells(rng: Rng, text: str, line: Line) -> list[Array]:
    """For each character the matrix float64 (2, 3) from its unit cell (y down, baseline at 1) to the surface."""
    out = []
    a = np.radians(line.turn)
    along, down = np.array([np.cos(a), np.sin(a)]), np.array([-np.sin(a), np.cos(a)])
    for i in range(len(text)):
        wide = line.width * line.cap * (1.12 if text[i] in "MW" else 1.0)
        at = np.array([line.x, line.y]) + along * line.cap * (
            i * line.pitch + line.width / 2 + rng.normal(0, line.scatter[1])
        )
        at = at - down * line.cap * (0.5 + rng.normal(0, line.scatter[0]))
        b = a + np.radians(rng.normal(0, line.scatter[2]))
        inner = line.stroke * line.cap
        m = np.array([[np.cos(b), -np.sin(b)], [np.sin(b), np.cos(b)]]) @ np.diag([wide - inner, line.cap - inner])
        out.append(np.column_stack([m, at - m @ np.array([0.5, 0.5])]))
    return out


def alphabet(seed: int) -> dict[str, tuple[Array, ...]]:
    """One die set's strokes in unit cells."""
    return dies.skeletons(np.random.default_rng(seed))


def groove(surface: Surface, strokes: list[Array], width: float, rng: Rng, balls: float = 0.3) -> Array:
    """How deep one character's strokes go, float32 (h, w), 0 to 1 or a little more: a rounded V, a low lip."""
    h, w = surface.z.shape
    points = np.concatenate(strokes)
    pad = 3 * width + 4
    x0, y0 = np.maximum(np.floor(points.min(0) - pad), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(points.max(0) + pad), [w, h]).astype(int)
    out = np.zeros((h, w), np.float32)
    if x1 <= x0 or y1 <= y0:
        return out
    fine = 3
    canvas: Array = np.full((fine * (y1 - y0), fine * (x1 - x0)), 255, np.uint8)
    for s in strokes:
        p = np.round(((s - (x0, y0) + 0.5) * fine - 0.5) * 16).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(canvas, [p], False, 0, 1, cv2.LINE_8, 4)
    distance: Array = cv2.distanceTransform(canvas, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) / fine
    distance = cv2.resize(distance, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA)
    t = distance / (width / 2)
    deep = np.clip(1 - t**2, 0, 1) ** 0.85 - 0.13 * np.exp(-(((t - 1.3) / 0.4) ** 2))
    ys, xs = np.mgrid[y0:y1, x0:x1]
    for s in strokes:
        for end in (s[0], s[-1]):
            near = np.exp(-((xs - end[0]) ** 2 + (ys - end[1]) ** 2) / (0.6 * width) ** 2)
            deep += balls * rng.uniform(0.2, 1) * near * np.clip(1 - t, 0, 1)
    out[y0:y1, x0:x1] = deep
    return out


def strike(
    surface: Surface,
    rng: Rng,
    text: str,
    line: Line,
    die: dict[str, tuple[Array, ...]],
    depth: float,
    uneven: float = 0.18,
    balls: float = 0.3,
) -> Array:
    """Press characters into the surface; how deep they are, float32 (h, w), 1 where they are `depth` deep."""
    total = np.zeros_like(surface.z)
    xs, ys = surface.grid
    for ch, m in zip(text, cells(rng, text, line), strict=True):
        if ch == " ":
            continue
        strokes = [s @ m[:, :2].T + m[:, 2] for s in die[ch]]
        deep = groove(surface, strokes, line.stroke * line.cap, rng, balls)
        middle = m[:, :2] @ np.array([0.5, 0.5]) + m[:, 2]
        lean = rng.normal(0, uneven, 2) / line.cap  # a punch never stands quite upright
        deep *= np.clip(
            1 + rng.normal(0, uneven) + lean[0] * 2 * (xs - middle[0]) + lean[1] * 2 * (ys - middle[1]), 0.3, 1.7
        )
        total += deep
    surface.z -= depth * total
    return total


def peck(
    surface: Surface,
    rng: Rng,
    text: str,
    line: Line,
    die: dict[str, tuple[Array, ...]],
    depth: float,
    pitch: float,
    radius: float,
) -> Array:
    """Characters of dots, `pitch` apart and of `radius`, both in cap heights; their mask."""
    h, w = surface.z.shape
    total = np.zeros_like(surface.z)
    r = radius * line.cap
    for ch, m in zip(text, cells(rng, text, line), strict=True):
        for s in die[ch] if ch != " " else ():
            p = s @ m[:, :2].T + m[:, 2]
            along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(p, axis=0).T))])
            n = max(1, round(along[-1] / (pitch * line.cap)))
            for d in np.linspace(0, along[-1], n + 1):
                x, y = np.array([np.interp(d, along, p[:, 0]), np.interp(d, along, p[:, 1])]) + rng.normal(
                    0, 0.05 * r, 2
                )
                x0, x1 = max(0, int(x - 2.5 * r)), min(w, int(x + 2.5 * r) + 2)
                y0, y1 = max(0, int(y - 2.5 * r)), min(h, int(y + 2.5 * r) + 2)
                ys, xs = np.mgrid[y0:y1, x0:x1]
                t = np.hypot(xs - x, ys - y) / (r * rng.normal(1, 0.05))
                dot = np.clip(1 - t**2, 0, 1) - 0.3 * np.exp(-(((t - 1.25) / 0.28) ** 2))
                view = total[y0:y1, x0:x1]
                np.copyto(view, np.where(np.abs(dot) > np.abs(view), dot, view) * 1.0)
    surface.z -= depth * total
    return total


def emboss(
    surface: Surface, rng: Rng, text: str, line: Line, die: dict[str, tuple[Array, ...]], height: float
) -> Array:
    """Characters raised from behind: rounded ridges with soft feet; their mask."""
    total = np.zeros_like(surface.z)
    for ch, m in zip(text, cells(rng, text, line), strict=True):
        if ch == " ":
            continue
        deep = np.clip(
            groove(surface, [s @ m[:, :2].T + m[:, 2] for s in die[ch]], line.stroke * line.cap * 1.5, rng, 0), 0, 1
        )
        np.maximum(total, deep * rng.normal(1, 0.06), out=total)
    ridge = cv2.GaussianBlur(np.sqrt(total), (0, 0), 0.05 * line.cap)
    surface.z += height * ridge
    return ridge


@lru_cache(maxsize=64)
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    found = next(
        (path for root in ("/usr/share/fonts", "/usr/local/share/fonts") for path in Path(root).rglob(name)), None
    )
    if found is None:
        raise FileNotFoundError(
            f"the font {name} is not on this machine: install fonts-dejavu, fonts-liberation and fonts-ocr-b"
        )
    return ImageFont.truetype(str(found), size)


def printed(h: int, w: int, lines: list[tuple[str, float, float, float, str]]) -> Array:
    """Ink of text, float32 (h, w), 0..1. Each line: text, x, baseline, height of capitals, file name of the font."""
    fine = 2
    picture = Image.new("L", (fine * w, fine * h))
    draw = ImageDraw.Draw(picture)
    for text, x, y, cap, name in lines:
        size = round(fine * cap * 1.38)
        draw.text((fine * x, fine * y), text, 255, _font(name, size), anchor="ls")
    return cv2.resize(np.asarray(picture), (w, h), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def barcode(text: str, symbology: str, module: int, height: int = 0) -> Array:
    """Dark modules of a barcode without its quiet zone, float32 (h, w), 0..1; `module` and `height` in pixels."""
    code = zxingcpp.create_barcode(text, zxingcpp.barcode_format_from_str(symbology))
    dark = np.asarray(zxingcpp.write_barcode_to_image(code, scale=1, add_quiet_zones=False)) < 128
    if height:
        return np.repeat(np.repeat(dark[:1], module, 1), height, 0).astype(np.float32)
    return np.kron(dark, np.ones((module, module))).astype(np.float32)


def rounded(surface: Surface, x: float, y: float, w: float, h: float, radius: float, turn: float = 0.0) -> Array:
    """Distance into a rounded rectangle around (x, y), float32, negative outside."""
    xs, ys = surface.grid
    a = np.radians(turn)
    u = (xs - x) * np.cos(a) + (ys - y) * np.sin(a)
    v = (ys - y) * np.cos(a) - (xs - x) * np.sin(a)
    qx, qy = np.abs(u) - w / 2 + radius, np.abs(v) - h / 2 + radius
    return radius - np.hypot(np.maximum(qx, 0), np.maximum(qy, 0)) - np.minimum(np.maximum(qx, qy), 0)


def plate(surface: Surface, inside: Array, thick: float, albedo: Array, metal: float, rough: float) -> Array:
    """Lay a sheet on the surface; its mask. It is flat whatever lies beneath."""
    mask = step(inside, -0.7, 0.7)
    under = cv2.GaussianBlur(surface.z, (0, 0), 60)
    surface.z += mask * (under - surface.z) + thick * step(inside, -0.6, 1.6)
    surface.cover(mask, albedo, metal, rough)
    return mask


def bend(surface: Surface, at: tuple[float, float], angle: float, slope: float, radius: float) -> Array:
    """Fold the sheet away beyond a line through `at`; distance beyond that line."""
    xs, ys = surface.grid
    a = np.radians(angle)
    d = (xs - at[0]) * np.cos(a) + (ys - at[1]) * np.sin(a)
    surface.z -= slope * radius * np.logaddexp(0, d / radius).astype(np.float32)
    return d


def hole(surface: Surface, x: float, y: float, r: float, lip: float = 0.0, deep: float = 45.0) -> None:
    """A drilled or pressed hole with dark behind it; `lip` pixels of raised rim."""
    xs, ys = surface.grid
    d = np.hypot(xs - x, ys - y) - r
    surface.z += lip * np.exp(-((np.clip(d, 0, None) / (0.35 * r + 2)) ** 2)) * (d > -2)
    surface.z -= deep * step(-d, -1.0, 4.0)
    surface.cover(step(-d, -0.5, 1.5), colour("#0a0a0a"), 0.0, 0.9)


def bolt(surface: Surface, rng: Rng, x: float, y: float, r: float, steel: str = "#8d8f92", washer: bool = True) -> None:
    """A hexagonal head on its washer."""
    h, w = surface.z.shape
    xs, ys = surface.grid
    d = np.hypot(xs - x, ys - y)
    turn = rng.uniform(0, np.pi / 3)
    sides = np.max(
        [np.cos(turn + k * np.pi / 3) * (xs - x) + np.sin(turn + k * np.pi / 3) * (ys - y) for k in range(6)], 0
    )
    around = surface.z[(d < 2.2 * r) & (d > 1.9 * r)]
    base = float(np.median(around)) if around.size else 0.0
    grain = 0.06 * fractal(rng, h, w, 5, 3)
    if washer:
        disc = step(1.75 * r - d, -1, 1)
        surface.z += disc * (base + 0.16 * r - surface.z) - 0.1 * r * step(d, 1.6 * r, 1.75 * r) * disc
        surface.cover(disc, colour(steel) * 0.75, 1.0, 0.42)
    head = step(r - sides, -1, 1)
    dome = 0.75 * r - 0.22 * r * step(d, 0.86 * r, 1.15 * r)
    surface.z += head * (base + dome + grain - surface.z)
    surface.cover(head, colour(steel), 1.0, 0.36)
    mark = printed(h, w, [("8.8", x - 0.42 * r, y + 0.2 * r, 0.3 * r, "DejaVuSans-Bold.ttf")])
    surface.z += 0.05 * r * mark * head


def rivet(surface: Surface, x: float, y: float, r: float, steel: str = "#b9bbbd") -> None:
    """A blind rivet's head."""
    xs, ys = surface.grid
    d = np.hypot(xs - x, ys - y) / r
    surface.z += 0.5 * r * np.sqrt(np.clip(1 - d**2, 0, 1)) - 0.4 * r * step(0.32 - d, 0, 0.06)
    surface.cover(step(1 - d, -0.05, 0.05), colour(steel), 1.0, 0.3)
    surface.cover(step(0.3 - d, 0, 0.06), colour("#1a1a1a"), 0.6, 0.6)


def seam(surface: Surface, rng: Rng, points: list[tuple[float, float]], width: float, albedo: Array) -> None:
    """A bead of sealer along a path."""
    canvas = np.full(surface.z.shape, 255, np.uint8)
    cv2.polylines(canvas, [np.round(np.array(points) * 16).astype(np.int32)], False, 0, 1, cv2.LINE_8, 4)
    d = cv2.distanceTransform(canvas, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    h, w = surface.z.shape
    half = width / 2 * (1 + 0.14 * fractal(rng, h, w, 3 * width, 3))
    bead = np.sqrt(np.clip(1 - (d / half) ** 2, 0, 1))
    surface.z += bead * width * 0.32 * (1 + 0.1 * fractal(rng, h, w, width, 3))
    surface.cover(step(half - d, -1, 1), albedo, 0.0, 0.55)


def cable(
    surface: Surface,
    points: list[tuple[float, float]],
    width: float,
    albedo: Array,
    rough: float = 0.45,
    high: float = 1.0,
) -> None:
    """A hose or cable that runs across, `high` widths above the surface."""
    t = np.linspace(0, 1, 60)
    p = np.array(points, float)
    knots = np.linspace(0, 1, len(p))
    fit = [np.polyval(np.polyfit(knots, p[:, k], min(3, len(p) - 1)), t) for k in (0, 1)]
    canvas = np.full(surface.z.shape, 255, np.uint8)
    cv2.polylines(canvas, [np.round(np.stack(fit, 1) * 16).astype(np.int32)], False, 0, 1, cv2.LINE_8, 4)
    d = cv2.distanceTransform(canvas, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) / (width / 2)
    mask = step(1 - d, -0.04, 0.04)
    round_ = np.sqrt(np.clip(1 - d**2, 0, 1)) * width / 2 + high * width
    surface.z += mask * (round_ + cv2.GaussianBlur(surface.z, (0, 0), 40) - surface.z)
    surface.cover(mask, albedo, 0.0, rough)


def orange_peel(surface: Surface, rng: Rng, strength: float = 0.05) -> None:
    """The slight waviness of sprayed paint."""
    h, w = surface.z.shape
    surface.z += strength * fractal(rng, h, w, 16, 3, 0.5)


def flakes(surface: Surface, rng: Rng, strength: float = 0.05) -> None:
    """Metallic paint: flakes that glint one by one."""
    h, w = surface.z.shape
    surface.albedo *= (1 + strength * rng.standard_normal((h, w), dtype=np.float32))[..., None].clip(0.5, 1.8)


def rust(surface: Surface, rng: Rng, amount: float, coarse: float = 120, pitted: float = 1.0) -> Array:
    """Rust in patches over `amount` (0..1) of the surface; where it is."""
    h, w = surface.z.shape
    field = fractal(rng, h, w, coarse, 7, 0.62) + 0.25 * surface.hollow(6)
    mask = step(field, np.quantile(field, 1 - amount) - 0.25, np.quantile(field, 1 - amount) + 0.35)
    tone = fractal(rng, h, w, 26, 6, 0.75)
    ramp = np.stack([np.interp(tone, (-1.8, -0.5, 0.6, 1.9), [colour(c)[k] for c in RUST]) for k in range(3)], -1)
    surface.cover(mask, ramp.astype(np.float32), 0.0, 0.92)
    surface.z += mask * pitted * (0.55 * fractal(rng, h, w, 9, 4, 0.8) + 0.5 * field.clip(-1, 1))
    return mask


def dust(surface: Surface, rng: Rng, amount: float, shade: str = "#a2917a", hollow: float = 0.5) -> None:
    """Dust and dirt, thicker in hollows and corners."""
    h, w = surface.z.shape
    cloud = 0.7 + 0.22 * fractal(rng, h, w, 260, 3, 0.6) + 0.2 * fractal(rng, h, w, 24, 5, 0.8)
    lying = amount * np.clip(cloud, 0, 1.6) + hollow * np.clip(surface.hollow(5) / 2.5, 0, 1)
    grain = 1 + 0.35 * fractal(rng, h, w, 2, 2)
    lying *= step(surface.hollow(20), 14, 6)  # none inside holes
    surface.cover(np.clip(lying * grain, 0, 0.95), colour(shade), 0.0, 0.95)


def specks(surface: Surface, rng: Rng, count: int, sizes: tuple[float, float], shade: str) -> None:
    """Drops, specks and chips."""
    h, w = surface.z.shape
    mask = np.zeros((h, w), np.float32)
    for _ in range(count):
        at = (int(rng.uniform(0, w) * 8), int(rng.uniform(0, h) * 8))
        axes = (max(2, int(rng.uniform(*sizes) * 8)), max(2, int(rng.uniform(*sizes) * 8)))
        cv2.ellipse(
            mask,
            (at[0] // 8, at[1] // 8),
            (max(1, axes[0] // 8), max(1, axes[1] // 8)),
            float(rng.uniform(0, 180)),
            0,
            360,
            1.0,
            -1,
            cv2.LINE_AA,
        )
    surface.cover(cv2.GaussianBlur(mask, (0, 0), 0.6) * 0.85, colour(shade), 0.0, 0.8)


def scratches(
    surface: Surface, rng: Rng, count: int, length: float, deep: float = 0.35, angle: float | None = None
) -> None:
    """Fine scratches, bare at their bottom."""
    h, w = surface.z.shape
    total = np.zeros((h, w), np.float32)
    for _ in range(count):
        over = np.zeros((h, w), np.uint8)
        x, y = rng.uniform(0, w), rng.uniform(0, h)
        a = rng.uniform(0, np.pi) if angle is None else np.radians(angle + rng.normal(0, 6))
        n = length * np.exp(rng.normal(0, 0.7))
        bow = rng.normal(0, 0.06) * n
        t = np.linspace(-0.5, 0.5, 12)
        p = np.stack(
            [
                x + n * t * np.cos(a) - bow * (1 - 4 * t**2) * np.sin(a),
                y + n * t * np.sin(a) + bow * (1 - 4 * t**2) * np.cos(a),
            ],
            1,
        )
        cv2.polylines(over, [np.round(p * 16).astype(np.int32)], False, 255, 1, cv2.LINE_AA, 4)
        np.maximum(total, over.astype(np.float32) / 255 * rng.uniform(0.2, 1), out=total)
    surface.z -= deep * total
    surface.albedo *= (1 + 0.35 * total)[..., None]


def brushed(
    surface: Surface, rng: Rng, strength: float, angle: float = 0.0, length: float = 120, grain: float = 1.3
) -> None:
    """Streaks of brushing, rolling or milling along `angle`."""
    h, w = surface.z.shape
    side = int(np.hypot(h, w)) + 2
    streak = fractal(rng, side, side, grain, 1, along=length / grain) + 0.6 * fractal(
        rng, side, side, 4 * grain, 1, along=length / grain
    )
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), -angle, 1.0)
    turned = cv2.warpAffine(streak, turn, (side, side), borderMode=cv2.BORDER_REFLECT)
    part = turned[(side - h) // 2 : (side - h) // 2 + h, (side - w) // 2 : (side - w) // 2 + w]
    surface.z += strength * part
    surface.albedo *= (1 + 0.06 * part)[..., None].clip(0.6, 1.5)
