"""Rubbings: graphite over film or paper laid on the number, taped into a file, copied and scanned.

The film bridges what is narrow and dips into what is wide; graphite takes on what stands highest, so grooves stay
light on a dark ground, with a darker rim where the film bends.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vinspect.datasets.press import noise
from vinspect.datasets.relief.plate import Array, Rng, log_uniform, soft_step
from vinspect.datasets.relief.stamping import Relief


@dataclass(frozen=True, eq=False)
class Rubbing:
    """A rubbing as it lies in a file."""

    picture: Array  # uint8 (height, width)
    text: str
    quads: Array  # float32 (n, 4, 2), pixels of the picture
    line: Array  # float32 (4, 2)


def rubbing(rng: Rng, relief: Relief, height: int = 64) -> Rubbing:
    """Rub a number off; capitals take about three fifths of the picture's height."""
    tone = _rubbed(rng, relief)
    tone, moved = _handled(rng, tone, relief)
    m = _laid(rng, relief, height)
    cap = 0.6 * height
    long = (
        float(np.linalg.norm(relief.line[1] - relief.line[0]) / np.linalg.norm(relief.line[3] - relief.line[0])) * cap
    )
    size = (round(long + 1.7 * cap), height)
    paper = float(rng.uniform(0.8, 1.0))
    picture = cv2.warpPerspective(
        tone, m, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=paper
    )

    def there(points: Array) -> Array:
        flat = moved(points).reshape(-1, 1, 2).astype(np.float64)
        return cv2.perspectiveTransform(flat, m).reshape(points.shape).astype(np.float32)

    return Rubbing(_filed(rng, picture), relief.text, there(relief.quads), there(relief.line))


def _rubbed(rng: Rng, relief: Relief) -> Array:
    """How light each place of the film is, float32 (h, w), 0..1."""
    h, w = relief.z.shape
    u = rng.uniform
    mm = relief.mm
    firm = float(u(0.2, 1.0))  # pressed hard, the film follows deeper
    reach = float(u(0.25, 0.7)) / mm
    high = cv2.dilate(relief.z, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(reach) + 1,) * 2))
    film = cv2.GaussianBlur(high, (0, 0), max(0.6, reach * 0.5))
    film = film + (relief.z - film) * 0.35 * firm
    below = cv2.GaussianBlur(film - relief.z, (0, 0), max(0.5, float(u(0.02, 0.07)) / mm))
    flat = float(np.median(below))
    below = below - flat
    hollow = soft_step((below / log_uniform(rng, 0.03, 0.12) - 0.5) * 2)
    rim = np.clip(-(below - cv2.GaussianBlur(below, (0, 0), 0.25 / mm)), 0, None) / 0.05
    dark = float(u(0.05, 0.5))
    ground = 1 - (1 - dark) * np.clip(float(u(0.6, 1.0)) + 0.25 * noise(rng, h, w, float(u(3, 15)) / mm, 2), 0.15, 1)
    a = np.radians(float(u(-60, 60)) + (90 if rng.random() < 0.3 else 0))
    x, y = np.meshgrid(np.arange(w, dtype=np.float32) * mm, np.arange(h, dtype=np.float32) * mm)
    across = (x * np.sin(a) - y * np.cos(a)) + 0.25 * noise(rng, h, w, 4 / mm, 3)
    pencil = np.sin(across * (2 * np.pi / float(u(0.5, 1.6)))) * 0.5 + 0.5
    pencil = np.clip(pencil * np.clip(1 + 0.6 * noise(rng, h, w, 1.5 / mm, 2), 0, 2), 0, 1)
    ground = ground + (1 - ground) * pencil * float(u(0, 0.45))
    ground = ground + noise(rng, h, w, float(u(1, 2))) * float(u(0.02, 0.12)) * (1 - ground)  # tooth of the paper
    tone = ground - np.clip(rim, 0, 1) * float(u(0, 0.3)) * (1 - hollow)
    left = float(u(0.0, 0.3))  # graphite that got into the hollow all the same
    light = float(u(0.85, 1.0)) * (1 - left * np.clip(0.5 + 0.5 * noise(rng, h, w, 0.6 / mm), 0, 1))
    tone = tone + hollow * (light - tone)
    if rng.random() < 0.5:  # nobody rubs further than he must
        cy = float(relief.line[:, 1].mean())
        half = float(np.linalg.norm(relief.line[3] - relief.line[0])) * float(u(0.6, 1.1))
        edge = np.abs(np.arange(h, dtype=np.float32) - cy)[:, None] + noise(rng, h, w, 2 / mm, 3) * 0.1 * half
        tone = tone + soft_step((edge - half) / (0.15 * half)) * (1.0 - tone)
    return np.clip(tone, 0, 1).astype(np.float32)


def _handled(rng: Rng, tone: Array, relief: Relief) -> tuple[Array, _Move]:
    """Stretched, slipped while it was rubbed, torn, creased; and where points of the metal come to lie."""
    h, w = tone.shape
    u = rng.uniform
    slip_at, slip = float(u(0.1, 0.9)) * w, (rng.normal(0, 0.035, 2) * 40 if rng.random() < 0.22 else np.zeros(2))
    bend, phase = float(rng.normal(0, 0.6)), float(u(0, 6))
    move = _Move(slip_at, (float(slip[0]), float(slip[1])), bend, phase, w)
    x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    dx, dy = move.off(x)
    tone = cv2.remap(tone, x - dx, y - dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if rng.random() < 0.15:  # a faint second rubbing beside the first
        shift = np.array([[1, 0, rng.normal(0, 3)], [0, 1, rng.normal(0, 3)]], np.float32)
        again = cv2.warpAffine(tone, shift, (w, h), borderMode=cv2.BORDER_REPLICATE)
        tone = tone * (1 - 0.3) + 0.3 * np.minimum(tone, again)
    if rng.random() < 0.12:  # torn
        a, edge = float(rng.normal(0, 0.4)), float(rng.choice([u(-0.05, 0.1), u(0.9, 1.05)])) * w
        d = (x - edge) + a * (y - h / 2) + noise(rng, h, w, 6) * 2
        gone = soft_step((-d if edge < w / 2 else d) / 1.5)
        tone = tone + gone * (1 - tone)
    for _ in range(int(rng.poisson(0.4))):  # creases
        d = np.abs(x - u(0, w) + float(rng.normal(0, 1)) * (y - h / 2))
        tone = tone + np.exp(-((d / 1.2) ** 2)) * float(rng.normal(0, 0.3))
    return np.clip(tone, 0, 1).astype(np.float32), move


@dataclass(frozen=True)
class _Move:
    """Where the film lies off."""

    slip_at: float
    slip: tuple[float, float]
    bend: float
    phase: float
    width: int

    def off(self, x: Array) -> tuple[Array, Array]:
        after = soft_step((x - self.slip_at) / 3)
        wave = self.bend * np.sin(x * np.float32(6.0 / self.width) + np.float32(self.phase))
        return (after * self.slip[0] + 0.5 * wave).astype(np.float32), (after * self.slip[1] + wave).astype(np.float32)

    def __call__(self, points: Array) -> Array:
        dx, dy = self.off(points[..., 0])
        return np.stack([points[..., 0] + dx, points[..., 1] + dy], -1)


def _laid(rng: Rng, relief: Relief, height: int) -> Array:
    """From the film to the scanned strip, float64 (3, 3): nearly level, film shrunk or stretched a little."""
    cap = 0.6 * height
    now = float(np.linalg.norm(relief.line[3] - relief.line[0]))
    kx, ky = (cap / now * float(np.exp(rng.normal(0, 0.015))) for _ in range(2))
    a = np.radians(rng.normal(0, 0.6))
    c, s = np.cos(a), np.sin(a)
    middle = relief.line.mean(0)
    long = float(np.linalg.norm(relief.line[1] - relief.line[0])) / now * cap
    to = np.array([(long + 1.7 * cap) / 2, height / 2]) + rng.normal(0, 1.2, 2)
    m = np.array([[c * kx, -s * kx, 0], [s * ky, c * ky, 0], [0, 0, 1]])
    m[:2, 2] = to - m[:2, :2] @ middle
    return m


def _filed(rng: Rng, tone: Array) -> Array:
    """Taped, perhaps photocopied, and scanned: uint8 (height, width)."""
    h, w = tone.shape
    u = rng.uniform
    if rng.random() < 0.3:  # photocopied: hard, with specks and washed-out grey
        hard = log_uniform(rng, 2, 9)
        tone = 1 / (1 + np.exp(-hard * (tone - float(u(0.35, 0.65))) * 2))
        specks = rng.random((h, w), dtype=np.float32)
        tone = np.where(specks < float(u(0, 0.004)), 0.1, np.where(specks > 1 - float(u(0, 0.004)), 0.95, tone))
        tone = cv2.GaussianBlur(tone.astype(np.float32), (0, 0), float(u(0.4, 0.9)))
    elif rng.random() < 0.25:  # a phone's picture of it: uneven light
        x = np.linspace(-1, 1, w, dtype=np.float32)[None]
        tone = tone * (1 + float(rng.normal(0, 0.2)) * x)
    low, high = float(u(0.02, 0.25)), float(u(0.75, 1.0))
    sharp = ((low + (high - low) * tone) * 255).astype(np.float32)
    grey = cv2.GaussianBlur(sharp, (0, 0), log_uniform(rng, 0.3, 1.1))
    grey = grey + rng.standard_normal((h, w), dtype=np.float32) * np.float32(log_uniform(rng, 0.5, 5))
    picture = np.clip(grey + 0.5, 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(45, 96))])
    decoded = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    assert decoded is not None
    return decoded
