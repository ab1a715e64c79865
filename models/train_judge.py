"""Training of the judge, by the clock (`models/arc.py`).

A process of its own renders a corpus into the run's folder (`models/stampings.py`), another one takes each of its
strips as a camera and the reader would, another way each time.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset, get_worker_info
from torchvision.transforms import v2

from vinspect.datasets import takes
from vinspect.models import stampings, weights
from vinspect.models.arc import Arc
from vinspect.models.judge import LETTERS, STRIDE, Judge
from vinspect.models.reader import Reader
from vinspect.models.settled import unsettled
from vinspect.models.stampings import GHOST, GROOVE, Known
from vinspect.models.strips import camera, degrade
from vinspect.vision.evidence import Strip
from vinspect.vision.judgeable import CLEAR
from vinspect.vision.rub import clarity, rub

BATCH = 16
PEAK = 1.5e-3  # learning rate at the top of its arc
AGAIN = 0.5  # of it, from published weights on: the whole rate spends half of an arc on what it undoes at first
GENTLY = 0.3  # of it, for the reader's eyes: they see well already
WARM = 0.04  # share of the run that climbs to it
DECAY = 0.999  # of the running mean, a step
CHECK_SECONDS = 360
SHARDS = 48  # of a corpus: 9,600 strips
POOL = 6  # shards that are mixed at a time
ROUGH = 1.3  # pixels: how far the reader's boxes are off, one standard deviation of many
MISREAD, MISSED = 0.015, 0.006  # share of characters
MOST = 24  # characters of a strip
DIM = 0.2  # share of the strips too dim to be judged that are trained on: their rubbings are drawn all the same
APART = 2  # shards that are never trained on: for the curve


@dataclass(frozen=True, eq=False)
class Sample:
    """One take of a strip of the corpus; the arrays of pixels are uint8 (48, w)."""

    strip: np.ndarray
    stroke: np.ndarray
    touched: np.ndarray
    height: np.ndarray
    boxes: np.ndarray  # float32 (n, 4)
    letters: np.ndarray  # int64 (n,)
    altered: np.ndarray  # bool (n,)
    dies: np.ndarray  # int64 (n,)
    forged: bool


@dataclass(frozen=True, eq=False)
class Batch:
    """What the network and its losses take."""

    strips: Tensor  # uint8 (B, 1, 48, W)
    strokes: Tensor  # uint8 (B, 3, 48, W): stroke, touched, height
    boxes: Tensor  # float32 (B, N, 4)
    letters: Tensor  # int64 (B, N), -1 where there is none
    altered: Tensor  # float32 (B, N)
    dies: Tensor  # int64 (B, N)
    forged: Tensor  # float32 (B,)
    seen: Tensor  # float32 (B, 1, 48, W): 1 within the strip, 0 where it was widened


def far_off(rng: np.random.Generator, k: Known, lens: v2.Transform) -> takes.Take:
    """The number as a camera further off takes it, more often than not."""
    tall = float(np.linalg.norm(k.line[3] - k.line[0]))
    view = takes.Take(k.picture, k.line, k.quads)
    if rng.random() >= 0.6:
        return view
    far = takes.shrink(rng, view, min(tall, float(np.exp(rng.uniform(np.log(13), np.log(44))))))
    return takes.Take(degrade(rng, far.grey, lens), far.line, far.quads) if rng.random() < 0.5 else far


def from_picture(k: Known, far: takes.Take) -> np.ndarray:
    """From the pixels of its picture to those of a take of it, float64 (3, 3)."""
    return np.diag([*(np.array(far.grey.shape[::-1]) / np.array(k.picture.shape[::-1])), 1.0])


def planes(k: Known, through: np.ndarray, shape: tuple[int, ...]) -> list[np.ndarray]:
    """What is known of a number's strokes, touched metal and height, uint8 (h, w), in a strip of this shape.

    through: float64 (3, 3), from its picture to the strip.
    """
    return [
        cv2.warpPerspective(plane, through, shape[::-1], flags=mode, borderMode=cv2.BORDER_REPLICATE)
        for plane, mode in (
            (k.stroke, cv2.INTER_NEAREST), (k.touched, cv2.INTER_NEAREST), (k.height, cv2.INTER_LINEAR)
        )
    ]  # fmt: skip


def sample(rng: np.random.Generator, k: Known, lens: v2.Transform, rough: bool = True) -> Sample | None:
    """One take: from further off, through a lens, cut out a little wrong, its boxes as the reader draws them.

    None where no number would be read. rough: with the reader's errors.
    """
    far = far_off(rng, k, lens)
    strip, matrix = takes.cut(rng, far, 0.8 if rough else 0.3)
    through = matrix @ from_picture(k, far)
    spare = -strip.shape[1] % STRIDE
    strip = np.concatenate([strip, strip[:, -1:].repeat(spare, 1)], 1)
    stroke, touched, height = planes(k, through, strip.shape)
    corners = takes.warp_points(k.quads, through)
    boxes = np.concatenate([corners.min(1), corners.max(1)], 1)
    middle = (boxes[:, 0] + boxes[:, 2]) / 2
    there = (middle > 1) & (middle < strip.shape[1] - 2)
    there &= np.array([c != "?" or rng.random() < 0.3 for c in k.text])
    letters = np.array([LETTERS.find(c) for c in k.text])
    if rough:
        boxes = boxes + rng.normal(0, ROUGH * np.exp(rng.normal(-0.3, 0.5)), boxes.shape)
        there &= rng.random(len(there)) > MISSED
        wrong = rng.random(len(there)) < MISREAD
        letters = np.where(wrong, rng.integers(0, len(LETTERS), len(letters)), letters)
    there &= np.cumsum(there) <= MOST
    if there.sum() < 5:
        return None
    names = {name: i for i, name in enumerate(dict.fromkeys(k.dies))}
    return Sample(
        strip, stroke, touched, height, boxes[there].astype(np.float32), letters[there].clip(0),
        np.array(k.altered)[there], np.array([names[d] for d in k.dies])[there], bool(k.method),
    )  # fmt: skip


def clear(s: Sample) -> bool:
    """Whether its characters stand out enough to be judged (`judgeable`)."""
    strip = Strip(s.strip, np.eye(3), 1.0)
    return float(np.median(clarity(rub(strip), s.boxes))) >= CLEAR


def batch(samples: list[Sample]) -> Batch:
    """Pad to the widest by repeating the last column, and to the most characters."""
    width, n, count = max(s.strip.shape[1] for s in samples), len(samples), max(len(s.boxes) for s in samples)
    strips = np.empty((n, 1, takes.STRIP_HEIGHT, width), np.uint8)
    strokes = np.zeros((n, 3, takes.STRIP_HEIGHT, width), np.uint8)
    seen = np.zeros((n, 1, takes.STRIP_HEIGHT, width), np.float32)
    boxes = np.zeros((n, count, 4), np.float32)
    letters, dies = np.full((n, count), -1, np.int64), np.full((n, count), -1, np.int64)
    altered = np.zeros((n, count), np.float32)
    for i, s in enumerate(samples):
        w, m = s.strip.shape[1], len(s.boxes)
        strips[i, 0, :, :w], strips[i, 0, :, w:] = s.strip, s.strip[:, -1:]
        strokes[i, :, :, :w] = np.stack([s.stroke, s.touched, s.height])
        seen[i, :, :, :w] = 1
        boxes[i, :m], letters[i, :m], altered[i, :m], dies[i, :m] = s.boxes, s.letters, s.altered, s.dies
    return Batch(
        torch.from_numpy(strips),
        torch.from_numpy(strokes),
        torch.from_numpy(boxes),
        torch.from_numpy(letters),
        torch.from_numpy(altered),
        torch.from_numpy(dies),
        torch.tensor([float(s.forged) for s in samples]),
        torch.from_numpy(seen),
    )


def loss_of(net: Judge, b: Batch) -> tuple[Tensor, dict[str, float]]:
    """The sum of the losses, and each of them."""
    with torch.autocast("cpu", torch.bfloat16):
        strokes, touched, odd, whole, style = net(b.strips.float() / 127.5 - 1, b.boxes, b.letters)
    strokes, touched, odd, whole, style = (t.float() for t in (strokes, touched, odd, whole, style))
    area = b.seen.sum()
    groove, ghost = ((b.strokes[:, :1] == v).float() for v in (GROOVE, GHOST))
    height = (b.strokes[:, 2:].float() - 128) / 127
    drawn = (
        functional.binary_cross_entropy_with_logits(strokes[:, :1], groove, reduction="none") * b.seen
    ).sum() / area
    p = strokes[:, :1].sigmoid() * b.seen
    overlap = 1 - ((2 * p * groove).sum((1, 2, 3)) + 1) / ((p + groove * b.seen).sum((1, 2, 3)) + 1)
    was = (functional.binary_cross_entropy_with_logits(strokes[:, 1:2], ghost, reduction="none") * b.seen).sum() / area
    deep = (functional.smooth_l1_loss(strokes[:, 2:], height, reduction="none", beta=0.1) * b.seen).sum() / area
    surface = functional.cross_entropy(touched, b.strokes[:, 1, 2::4, 2::4].long(), reduction="none")
    surface = (surface * b.seen[:, 0, 2::4, 2::4]).sum() / (area / 16)
    there = b.letters >= 0
    each = functional.binary_cross_entropy_with_logits(odd[there], b.altered[there])
    number = functional.binary_cross_entropy_with_logits(whole, b.forged)
    pair = there[:, :, None] & there[:, None, :] & (torch.ones(there.shape[1], there.shape[1]).triu(1) > 0)
    same = (b.dies[:, :, None] == b.dies[:, None, :]).float()[pair]
    alike = ((style @ style.transpose(1, 2))[pair] - 0.5) * 8
    weight = torch.where(same > 0, 0.5 / same.mean().clamp(0.05, 0.95), 0.5 / (1 - same.mean()).clamp(0.05, 0.95))
    hand = functional.binary_cross_entropy_with_logits(alike, same, weight)
    total = drawn + 0.3 * overlap.mean() + 0.5 * was + deep + 0.4 * surface + 0.6 * each + 0.5 * number + 0.3 * hand
    parts = {"groove": drawn, "ghost": was, "height": deep, "surface": surface, "each": each, "number": number,
             "hand": hand}  # fmt: skip
    return total, {k: float(v.detach()) for k, v in parts.items()}


class Takes(IterableDataset[Batch]):
    """An endless run of batches over the corpus as far as it is rendered, each of strips of like width."""

    def __init__(self, folder: Path, seed: int, size: int) -> None:
        self.folder, self.seed, self.size = folder, seed, size

    def __iter__(self) -> Iterator[Batch]:
        info = get_worker_info()
        torch.set_num_threads(1)
        torch.backends.mkldnn.set_flags(False)
        cv2.setNumThreads(1)
        os.nice(1)
        rng = np.random.default_rng((self.seed, info.id if info else 0))
        torch.manual_seed(self.seed)
        lens = camera()
        left: list[Path] = []
        while True:
            for file in left[:POOL]:
                left.remove(file)
            if not left:
                files = sorted(self.folder.glob("*.npz"))[APART:]
                left = [files[i] for i in rng.permutation(len(files))]
            pool = [k for file in left[:POOL] for k in stampings.load(file)]
            order = rng.permutation(len(pool))
            for at in range(0, len(order), 8 * self.size):
                taken = [s for i in order[at : at + 8 * self.size] if (s := sample(rng, pool[i], lens)) is not None]
                some = [s for s in taken if clear(s) or rng.random() < DIM]
                some.sort(key=lambda s: s.strip.shape[1])
                parts = [some[i : i + self.size] for i in range(0, len(some) - self.size + 1, self.size)]
                for i in rng.permutation(len(parts)):
                    yield batch(parts[i])


def apart(folder: Path) -> list[Batch]:
    """Takes of the shards that are never trained on."""
    rng, lens = np.random.default_rng(3), camera()
    torch.manual_seed(3)
    strips = [k for file in sorted(folder.glob("*.npz"))[:APART] for k in stampings.load(file)]
    some = sorted((s for k in strips if (s := sample(rng, k, lens)) is not None), key=lambda s: s.strip.shape[1])
    return [batch(some[i : i + BATCH]) for i in range(0, len(some), BATCH)]


def auroc(positive: np.ndarray, negative: np.ndarray) -> float:
    """The chance that one of the first is more than one of the second."""
    both = np.concatenate([positive, negative])
    rank = both.argsort().argsort()[: len(positive)]
    n = len(positive)
    return float((rank.sum() - n * (n - 1) / 2) / max(1, n * len(negative)))


@torch.no_grad()
def measured(net: Judge, batches: list[Batch]) -> dict[str, float]:
    """Overlap of the groove, AUROC of touched pixels, of altered characters and of forged numbers."""
    both, either = 0.0, 0.0
    sides: dict[str, tuple[list[Tensor], list[Tensor]]] = {name: ([], []) for name in ("touched", "odd", "forged")}
    for b in batches:
        with torch.autocast("cpu", torch.bfloat16):
            strokes, touched, odd, whole, _ = net(b.strips.float() / 127.5 - 1, b.boxes, b.letters)
        groove, drawn, seen = b.strokes[:, :1] == GROOVE, strokes[:, :1] > 0, b.seen > 0
        both += float((groove & drawn & seen).sum())
        either += float(((groove | drawn) & seen).sum())
        there = b.letters >= 0
        for name, value, truth in (
            ("touched", -touched[:, 0].float().flatten()[::11], b.strokes[:, 1, 2::4, 2::4].flatten()[::11]),
            ("odd", odd[there].float(), b.altered[there]),
            ("forged", whole.float(), b.forged),
        ):
            sides[name][0].append(value[truth > 0])
            sides[name][1].append(value[truth == 0])
    out = {"iou": both / max(1.0, either)}
    for name, side in sides.items():
        out[name] = auroc(*(torch.cat(s).numpy() for s in side))
    return {k: round(v, 4) for k, v in out.items()}


def shares(net: Judge) -> list[dict[str, Any]]:
    """What is trained, as groups for an optimizer: `share` of the rate is theirs."""
    gently = [p for eye in net.train().eyes for p in eye.parameters()]
    known = {id(p) for p in gently}
    rest = [p for p in net.parameters() if p.requires_grad and id(p) not in known]
    return [{"params": rest, "share": 1.0}, {"params": gently, "share": GENTLY}]


def train(run: Path, hours: float, seed: int, eyes: Path, threads: int = 1, published: bool = False) -> None:
    """Train for `hours`, or what is left of them, into run/last.pt and run/curve.csv.

    eyes: the run of the reader whose eyes it looks with; published: a new run goes on from the published weights, with
    the eyes that they have.
    """
    corpus = run / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(threads)
    cv2.setNumThreads(1)
    torch.manual_seed(seed)
    render = multiprocessing.get_context("spawn").Process(
        target=stampings.fill, args=(corpus, seed, SHARDS), daemon=True
    )
    render.start()
    while len(list(corpus.glob("*.npz"))) < APART + 2:
        time.sleep(1)
    net, mean = Judge().to(memory_format=torch.channels_last), Judge()
    checks = apart(corpus)
    if published:
        net.load_state_dict(torch.load(weights.path("judge.pth"), weights_only=True))
        net = unsettled(net, partial(measured, batches=checks))
    else:
        reader = Reader()
        reader.load_state_dict(torch.load(eyes / "last.pt", weights_only=True)["mean"])
        net.look_as(reader)
    mean.load_state_dict(net.state_dict())
    peak = PEAK * AGAIN if published else PEAK
    optimizer = torch.optim.AdamW(shares(net), peak, (0.9, 0.98), weight_decay=0.02)
    arc = Arc(run, hours, net, mean, optimizer, peak, WARM, 200, DECAY)
    print(f"{arc.used / 3600:.2f} of {hours:.2f} hours used", flush=True)
    data = Takes(corpus, seed + 104729 * (arc.step + 1), BATCH)
    feed = iter(DataLoader(data, batch_size=None, num_workers=1, prefetch_factor=6, multiprocessing_context="spawn"))
    arc.begin()
    while not arc.over:
        arc.learn(*loss_of(net, next(feed)))
        if arc.due(CHECK_SECONDS):
            arc.keep()
            mean.eval()
            arc.note(measured(mean, checks))
