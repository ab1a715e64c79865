"""Batches of strips for the reader: rendered ones, taken three times each, and real ones where they are at hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info
from torchvision.transforms import v2

from vinspect.datasets import dies, numbers, press, takes, vinphotos
from vinspect.datasets.relief.stamping import stamping
from vinspect.models.reader import ALPHABET, STRIDE
from vinspect.models.splice import Pieces
from vinspect.models.stampings import Known, known, load
from vinspect.vision import vin

TAKES = 3  # photographs of each rendered number: another distance, blur and crop each
APART = 16  # every so manieth of the real lines is never trained on: for the curve and for calibration
SISTERS = 0.3  # of the rendered numbers, where real ones are at hand: blurred print is read by what makers write, too
SPLICED = 0.5  # of the real lines are joined from several
RELIEF = 0.5  # of the rendered numbers are relief in millimetres; the others are drawn, which costs a quarter
MIXED = 4  # shards of a corpus at a time
FORGED = 0.35  # of those in relief: what stands there now is what is to be read
MADE = {"press": "struck", "roller": "struck", "punch": "struck", "peen": "peened", "scribe": "scribed",
        "laser": "etched", "embossed": "plate"}  # what a process is called as a surface  # fmt: skip
PLACE = {c: i + 1 for i, c in enumerate(ALPHABET)}
KIND = {"label": "label", "windscreen": "plate", "stamped": "struck"}  # what a transcription calls a surface


@dataclass(frozen=True, eq=False)
class Sample:
    """One strip and all that is known of it."""

    strip: np.ndarray  # uint8 (48, W), W a multiple of 4
    text: str  # with marks; empty where it is no number or hangs upside down
    boxes: np.ndarray  # float32 (n, 4) in strip pixels, n = 0 where not known
    surface: int  # index into press.SURFACES, or -1
    turned: bool
    number: bool
    marks_known: bool = True  # False: end marks may stand there, the transcription does not say


@dataclass(frozen=True, eq=False)
class Batch:
    """What the network and its losses take."""

    strips: Tensor  # uint8 (B, 1, 48, W)
    targets: Tensor  # int64 (sum of lengths,)
    lengths: Tensor  # int64 (B,), of targets; 0 where the text does not count
    columns: Tensor  # int64 (B,), columns of the output that belong to the strip
    places: Tensor  # float32 (B, W / 4, 4)
    placed: Tensor  # bool (B, W / 4)
    letters: Tensor  # int64 (B, W / 4), the class of the character whose middle stands there, -1 elsewhere
    surface: Tensor  # int64 (B,), -1 where not known
    turned: Tensor  # float32 (B,)
    number: Tensor  # float32 (B,)
    marks_known: Tensor  # bool (B,)


def camera() -> v2.Transform:
    """What a camera does to grey uint8 (1, H, W): exposure, focus, sharpening, compression; now and then a negative."""
    return v2.Compose(
        [
            v2.RandomInvert(0.15),
            v2.RandomApply([v2.ColorJitter(brightness=0.4, contrast=0.4)], 0.6),
            v2.RandomApply([v2.GaussianBlur(5, (0.3, 1.2))], 0.4),
            v2.RandomAutocontrast(0.1),
            v2.RandomAdjustSharpness(3.0, 0.2),
            v2.RandomApply([v2.JPEG((25, 95))], 0.6),
        ]
    )


def degrade(rng: np.random.Generator, grey: np.ndarray, lens: v2.Transform) -> np.ndarray:
    """uint8 (H, W) as a hand-held camera would have taken it."""
    if rng.random() < 0.2:  # shaken
        n = int(rng.integers(2, 5))
        a = rng.uniform(0, np.pi)
        t = np.linspace(-0.5, 0.5, 2 * n + 1) * n
        kernel = np.zeros((2 * n + 1, 2 * n + 1), np.float32)
        for d in t:
            kernel[round(n + d * np.sin(a)), round(n + d * np.cos(a))] += 1
        grey = cv2.filter2D(grey, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)
    if rng.random() < 0.5:
        strength = float(np.exp(rng.uniform(np.log(0.8), np.log(10))))
        rough = rng.standard_normal(grey.shape, dtype=np.float32) * strength
        grey = np.clip(grey + rough, 0, 255).astype(np.uint8)
    return lens(torch.from_numpy(np.ascontiguousarray(grey))[None])[0].numpy()


def rendered(rng: np.random.Generator, lens: v2.Transform, text: str | None = None) -> list[Sample]:
    """One number struck, taken a few times."""
    drawn = press.render(rng, text, height=float(2 * rng.integers(16, 25)))
    marked = drawn.marked != drawn.text
    view = takes.Take(drawn.grey, drawn.line, drawn.marked_quads)
    out = []
    for _ in range(TAKES):
        far = takes.shrink(rng, view)
        far = takes.Take(degrade(rng, far.grey, lens), far.line, far.quads)
        strip, boxes = takes.lay(rng, far, marks=marked and rng.random() < 0.6)
        middle = (boxes[:, 0] + boxes[:, 2]) / 2
        seen = (middle > 1) & (middle < strip.shape[1] - 2)
        text = "".join(c for c, s in zip(drawn.marked, seen, strict=True) if s)
        out.append(_finish(rng, strip, text, boxes[seen], press.SURFACES.index(drawn.surface)))
    return out


def struck(rng: np.random.Generator, text: str | None = None) -> Known:
    """One number struck into metal, genuine or forged."""
    return known(stamping(rng, bool(rng.random() < FORGED), text=text))


def kept(rng: np.random.Generator, corpus: Path) -> Iterator[Known]:
    """Numbers struck into metal from the shards of a corpus (`models/stampings.py`), for ever."""
    files = sorted(corpus.glob("*.npz"))
    while True:
        pool = [k for i in rng.permutation(len(files))[:MIXED] for k in load(files[i])]
        yield from (pool[i] for i in rng.permutation(len(pool)))


def in_relief(rng: np.random.Generator, lens: v2.Transform, s: Known) -> list[Sample]:
    """One number struck into metal, cut out a few times; empty where a character was ground away."""
    if "?" in s.text:
        return []
    view = takes.Take(s.picture, s.line, s.quads)
    surface = press.SURFACES.index(MADE[s.process])
    out = []
    for _ in range(TAKES):
        far = takes.shrink(rng, view, float(np.exp(rng.uniform(np.log(11), np.log(40)))))
        if rng.random() < 0.4:  # the press has a camera of its own
            far = takes.Take(degrade(rng, far.grey, lens), far.line, far.quads)
        strip, boxes = takes.lay(rng, far)
        middle = (boxes[:, 0] + boxes[:, 2]) / 2
        seen = (middle > 1) & (middle < strip.shape[1] - 2)
        text = "".join(c for c, there in zip(s.text, seen, strict=True) if there)
        out.append(_finish(rng, strip, text, boxes[seen], surface, marks_known=False))
    return out


def nothing(rng: np.random.Generator, lens: v2.Transform) -> Sample:
    """A strip of bare or dirty surface, of other words, or of half a line: no number."""
    width = 4 * int(rng.integers(20, 150))
    g, _ = press.ground(rng, 60, width, 36)
    if rng.random() < 0.6 and dies.fonts():
        words = np.zeros((60, width), np.uint8)
        font, size = str(rng.choice(dies.fonts())), int(rng.integers(14, 40))
        x, y = float(rng.uniform(-20, 20)), int(rng.integers(-24, 40))
        for ch in "".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz   .,:/")) for _ in range(60)):
            glyph, step = dies.outline(font, ch, size)
            press._paste(words, glyph, round(x), y)
            x += max(step, 4)
        g += words.astype(np.float32) / 255 * float(rng.choice([-1, 1])) * rng.uniform(20, 200)
    g *= press.light(rng, 60, width, 36)
    grey = degrade(rng, np.clip(g, 0, 255).astype(np.uint8), lens)[6:54]
    return Sample(grey, "", np.zeros((0, 4), np.float32), -1, False, False)


def _finish(
    rng: np.random.Generator, strip: np.ndarray, text: str, boxes: np.ndarray, surface: int, marks_known: bool = True
) -> Sample:
    spare = -strip.shape[1] % STRIDE
    if spare:
        strip = np.concatenate([strip, strip[:, -1:].repeat(spare, 1)], 1)
    if rng.random() < 0.08:
        return Sample(np.ascontiguousarray(strip[::-1, ::-1]), "", np.zeros((0, 4), np.float32), surface, True, True)
    return Sample(strip, text, boxes, surface, False, True, marks_known)


@dataclass(frozen=True, eq=False)
class RealLine:
    """A transcribed line of a real photograph."""

    grey: np.ndarray  # uint8 (256, 256)
    line: np.ndarray  # float32 (4, 2)
    text: str
    surface: int


def real_lines(photos: Path, transcriptions: Path, split: str, filled: bool = False) -> list[RealLine]:
    """The legible rows of a transcription whose photographs are at hand; empty where there are none.

    filled: instead those of which some characters were filled in by the reader (see `models.align`).
    """
    known = vinphotos.transcribed(transcriptions)
    out = []
    for photo in vinphotos.vin_photos(photos, split):
        row = known.get(photo.path.name)
        if row is None:
            continue
        read = row["number"] if row["legible"] == "yes" and "?" not in row["number"] else ""
        text = row["filled"] if filled else read
        if row["line"] and 5 <= len(text) <= 18:
            surface = press.SURFACES.index(KIND.get(row["kind"], "label"))
            out.append(RealLine(photo.grey(), vinphotos.line(row), text, surface))
    return out


def real(rng: np.random.Generator, line: RealLine, lens: v2.Transform) -> Sample:
    """One take of a real photograph; a third of them as they are, the others taken once more from further off."""
    view = takes.Take(line.grey, line.line, np.zeros((0, 4, 2), np.float32))
    if rng.random() < 0.65:
        view = takes.shrink(rng, view, float(np.linalg.norm(line.line[3] - line.line[0])) * rng.uniform(0.75, 1.3))
        if rng.random() < 0.7:
            view = takes.Take(degrade(rng, view.grey, lens), view.line, view.quads)
    strip, boxes = takes.lay(rng, view, sure=1.2)
    return _finish(rng, strip, line.text, boxes, line.surface, marks_known=False)


def spliced(rng: np.random.Generator, pieces: Pieces, i: int, surface: int, lens: v2.Transform) -> Sample | None:
    """One take of a real line with parts of others in it; None where no other is like it."""
    joined = pieces.spliced(rng, i)
    if joined is None:
        return None
    view, text, cap = joined
    if rng.random() < 0.65:
        view = takes.shrink(rng, view, cap * rng.uniform(0.75, 1.3))
        if rng.random() < 0.5:
            view = takes.Take(degrade(rng, view.grey, lens), view.line, view.quads)
    strip, boxes = takes.lay(rng, view, sure=1.2)
    return _finish(rng, strip, text, boxes, surface, marks_known=False)


def batch(samples: list[Sample]) -> Batch:
    """Pad to the widest by repeating the last column, as EasyOCR does."""
    width = max(s.strip.shape[1] for s in samples)
    n, steps = len(samples), width // STRIDE
    strips = np.empty((n, 1, takes.STRIP_HEIGHT, width), np.uint8)
    places, placed = np.zeros((n, steps, 4), np.float32), np.zeros((n, steps), bool)
    letters = np.full((n, steps), -1, np.int64)
    centre = np.arange(steps) * STRIDE + (STRIDE - 1) / 2
    targets: list[int] = []
    for i, s in enumerate(samples):
        w = s.strip.shape[1]
        strips[i, 0, :, :w] = s.strip
        strips[i, 0, :, w:] = s.strip[:, -1:]
        targets += [PLACE[c] for c in s.text]
        for ch, (left, top, right, bottom) in zip(s.text, s.boxes, strict=False):  # no boxes where not known
            middle = (left + right) / 2
            letters[i, np.abs(centre - middle) <= max(2.1, 0.12 * (right - left))] = PLACE[ch]
            here = (centre >= left - 1) & (centre <= right + 1)
            placed[i, here] = True
            places[i, here, 0] = (centre[here] - left) / 16
            places[i, here, 1] = (right - centre[here]) / 16
            places[i, here, 2], places[i, here, 3] = top / 48, bottom / 48
    return Batch(
        torch.from_numpy(strips),
        torch.tensor(targets),
        torch.tensor([len(s.text) for s in samples]),
        torch.tensor([s.strip.shape[1] // STRIDE for s in samples]),
        torch.from_numpy(places),
        torch.from_numpy(placed),
        torch.from_numpy(letters),
        torch.tensor([s.surface for s in samples]),
        torch.tensor([float(s.turned) for s in samples]),
        torch.tensor([float(s.number) for s in samples]),
        torch.tensor([s.marks_known for s in samples]),
    )


class Strips(IterableDataset[Batch]):
    """An endless run of batches, each of strips of like width."""

    def __init__(
        self,
        seed: int,
        size: int,
        lines: list[RealLine],
        share: float,
        pieces: Pieces | None = None,
        corpus: Path | None = None,
    ) -> None:
        self.seed, self.size, self.share, self.lines, self.pieces = seed, size, share, lines, pieces
        self.corpus = corpus
        # Windscreen plates are the harder half and a quarter of the photographs: each of them is seen twice as often.
        weight = np.array([2.0 if press.SURFACES[line.surface] == "plate" else 1.0 for line in lines])
        self.weight = weight / max(weight.sum(), 1.0)

    def __iter__(self) -> Iterator[Batch]:
        info = get_worker_info()
        torch.set_num_threads(1)
        torch.backends.mkldnn.set_flags(False)  # it plans anew for every width, which costs four times the blur itself
        cv2.setNumThreads(1)
        os.nice(2)
        seed = self.seed + 7919 * (info.id if info else 0)
        rng = np.random.default_rng(seed)
        torch.manual_seed(seed)
        lens = camera()
        shelf = kept(rng, self.corpus) if self.corpus else None
        vins = [line.text for line in self.lines if len(line.text) == vin.LENGTH]
        while True:
            pool: list[Sample] = []
            while len(pool) < 6 * self.size:
                if rng.random() < 0.06:
                    pool.append(nothing(rng, lens))
                elif self.lines and rng.random() < self.share * TAKES / (1 + self.share * (TAKES - 1)):
                    i = int(rng.choice(len(self.lines), p=self.weight))
                    joined = None
                    if self.pieces and rng.random() < SPLICED:
                        joined = spliced(rng, self.pieces, i, self.lines[i].surface, lens)
                    pool.append(joined or real(rng, self.lines[i], lens))
                else:
                    elder = vins[int(rng.integers(len(vins)))] if vins and rng.random() < SISTERS else None
                    text = numbers.sister(rng, elder) if elder else None
                    if rng.random() < RELIEF:
                        pool += in_relief(rng, lens, next(shelf) if shelf else struck(rng, text))
                    else:
                        pool += rendered(rng, lens, text)
            pool.sort(key=lambda s: s.strip.shape[1])
            pool = pool[: 6 * self.size]
            for i in rng.permutation(6):
                yield batch(pool[i * self.size : (i + 1) * self.size])
