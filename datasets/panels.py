"""What stands around numbers: metal, cloth, rust, holes, bolts, seams, hoses and roll ends."""

from __future__ import annotations

import cv2
import numpy as np

Rng = np.random.Generator


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
            cv2.fillPoly(grey, [(points * 8).astype(np.int32)], tone, cv2.LINE_AA, 3)
            cv2.circle(grey, at, int(size * 4), float(rng.uniform(20, 230)), max(1, int(size / 5)), cv2.LINE_AA, 3)
        elif kind == 2:  # an edge: one side darker
            a = rng.uniform(0, 2 * np.pi)
            ys, xs = np.mgrid[:h, :w]
            side = 0.5 + 0.5 * np.tanh(((xs - x) * np.cos(a) + (ys - y) * np.sin(a)) / rng.uniform(1, 24))
            grey += (side * float(rng.normal(0, 55))).astype(np.float32)
        elif kind == 3:  # a seam or bead
            a = rng.uniform(0, 2 * np.pi)
            d = np.array([np.cos(a), np.sin(a)]) * (h + w)
            p, q = (((np.array([x, y]) + s * d) * 8).astype(np.int32) for s in (-1, 1))
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
            cv2.polylines(grey, [(path * 8).astype(np.int32)], False, tone * 0.5, t, cv2.LINE_AA, 3)
            cv2.polylines(
                grey,
                [((path - t / 4) * 8).astype(np.int32)],
                False,
                min(255.0, tone * 0.5 + 60),
                max(1, t // 5),
                cv2.LINE_AA,
                3,
            )
        elif kind == 5:  # scratches
            for _ in range(int(rng.integers(1, 12))):
                p = np.array([x, y]) + rng.normal(0, size, 2)
                q = p + rng.normal(0, size * 2, 2)
                cv2.line(grey, tuple(map(int, p * 8)), tuple(map(int, q * 8)), tone, 1, cv2.LINE_AA, 3)
        elif kind == 6:  # a part in front
            points = np.array([x, y]) + rng.normal(0, size * 2, (int(rng.integers(3, 7)), 2))
            cv2.fillPoly(grey, [(cv2.convexHull(points.astype(np.float32)) * 8).astype(np.int32)], tone, cv2.LINE_AA, 3)
        elif kind == 7:  # a row of slots, dots or teeth: regular as characters are, but none
            a, n = rng.uniform(0, 2 * np.pi), int(rng.integers(4, 20))
            step = np.array([np.cos(a), np.sin(a)]) * size * 0.8
            r = size * float(rng.uniform(0.15, 0.4))
            for k in range(n):
                c = np.array([x, y]) + step * k
                if rng.random() < 0.5:
                    cv2.circle(grey, tuple(map(int, c * 8)), int(r * 8), tone, -1, cv2.LINE_AA, 3)
                else:
                    e = np.array([-step[1], step[0]]) * 0.4
                    cv2.line(
                        grey,
                        tuple(map(int, (c - e) * 8)),
                        tuple(map(int, (c + e) * 8)),
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


def disc(rng: Rng, grey: np.ndarray) -> tuple[np.ndarray, float]:
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
