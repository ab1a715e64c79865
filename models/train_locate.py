"""Training of the locating network, on pictures rendered as it goes and on real photographs where they are present.

`train(Path("runs/locate"), hours=1.5, seed=0)` goes on from the last checkpoint in that folder. The learning rate
falls over the hours that are given, whatever the machine's speed.
"""

from __future__ import annotations

import csv
import math
import os
import time
from collections.abc import Iterator
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Full

import cv2
import numpy as np
import torch
from torch import multiprocessing

from vinspect.datasets import scene as scenes
from vinspect.datasets import views, vinphotos
from vinspect.datasets.piece import NONE
from vinspect.models.locator import STRIDE, Locator, loss

PHOTOS = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "vin-photos"
TRANSCRIPTIONS = Path(__file__).resolve().parents[1] / "datasets/transcriptions/vin-photos-train.csv"
HELD_OUT = 20  # every twentieth training photograph is kept for `benchmarks/locate.py`
SIZES = (  # width, height, share; those less than 384 long are windows of a picture that is
    ((384, 288), 0.26), ((288, 384), 0.1), ((384, 384), 0.12), ((288, 288), 0.2), ((256, 256), 0.14),
    ((384, 160), 0.06), ((384, 96), 0.06), ((384, 64), 0.02),
)  # fmt: skip
PIXELS = 8 * 384 * 288  # of a batch
REAL, COVERED = 0.5, 0.1  # shares of real photographs, with their number and without
USES = 3  # views of each scene
POOL = 300  # scenes held ready
RATE, DECAY = 1.2e-3, 0.02
CORE_HEIGHT, CORE_ENDS = 0.5, 0.25  # the core is half the line's height, its ends are cut by a quarter of the height
BESIDE = 0.3  # what the height and direction of a line that is no number count for
UPRIGHT = (
    42.0,
    55.0,
)  # degrees: a number turned by less is one, by more is none in this picture, between is passed over
SMALLEST = 5.0  # pixels: lines less high than this teach nothing


def target(view: scenes.Scene) -> np.ndarray:
    """What the network should say of a picture: float32 (8, h/4, w/4), see `models.locator.loss`."""
    h, w = view.grey.shape
    grid = (w // STRIDE, h // STRIDE)
    out = np.zeros((8, grid[1], grid[0]), np.float32)
    weight = np.ones((h, w), np.uint8)
    core = np.zeros((h, w), np.uint8)
    text = np.zeros((h, w), np.uint8)
    lines = [(quad, True) for quad in view.numbers] + [(quad, False) for quad in view.texts]
    for quad, is_number in lines:
        heights = np.linalg.norm(quad[3] - quad[0]), np.linalg.norm(quad[2] - quad[1])
        middle = shrunk(quad, CORE_HEIGHT, CORE_ENDS)
        seen = np.zeros((h, w), np.uint8)
        cv2.fillPoly(seen, [np.round(middle * 16).astype(np.int32)], 1, shift=4)
        area = abs(cv2.contourArea(middle.astype(np.float32)))
        if min(heights) < SMALLEST or seen.sum() < 0.35 * area:
            if is_number:
                cv2.fillPoly(weight, [np.round(shrunk(quad, 1.3, -0.3) * 16).astype(np.int32)], 0, shift=4)
            continue
        turned = abs(float(np.degrees(np.arctan2(*(quad[1] - quad[0])[::-1]))))
        if is_number and UPRIGHT[0] < turned < UPRIGHT[1]:
            cv2.fillPoly(weight, [np.round(shrunk(quad, 1.3, -0.3) * 16).astype(np.int32)], 0, shift=4)
        is_number = is_number and turned < UPRIGHT[1]
        if is_number:
            core |= seen
        cv2.fillPoly(text, [np.round(shrunk(quad, 0.7, 0.1) * 16).astype(np.int32)], 1, shift=4)
        _lay_out(out, quad, heights, _share(seen, grid), 1.0 if is_number else BESIDE)
    out[0] = np.clip(_share(core, grid) * 1.6, 0, 1)
    out[1] = _share(weight, grid) > 0.99
    out[2] = np.clip(_share(text, grid) * 1.3, 0, 1)
    out[3] = (1.0 if view.texts_known else out[2] > 0.3) * out[1]
    return out


def _lay_out(
    out: np.ndarray, quad: np.ndarray, heights: tuple[np.floating, np.floating], seen: np.ndarray, weight: float
) -> None:
    """Write one line's height and direction into a target, where its core is seen."""
    left, right = (quad[0] + quad[3]) / 2, (quad[1] + quad[2]) / 2
    along = right - left
    length = max(float(np.linalg.norm(along)), 1e-6)
    rows, columns = np.nonzero(seen > 0.05)
    xs, ys = (v * float(STRIDE) + (STRIDE - 1) / 2 for v in (columns, rows))
    part = np.clip(((xs - left[0]) * along[0] + (ys - left[1]) * along[1]) / length**2, 0, 1)
    out[4, rows, columns] = np.log((heights[0] + part * (heights[1] - heights[0])) / 16)
    out[5, rows, columns] = along[0] / length
    out[6, rows, columns] = along[1] / length
    out[7, rows, columns] = weight


def shrunk(quad: np.ndarray, height: float, ends: float) -> np.ndarray:
    """The middle of a line: `height` of its height, its ends cut by `ends` of its height."""
    left, right = (quad[0] + quad[3]) / 2, (quad[1] + quad[2]) / 2
    tall = (np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
    cut = min(0.4, ends * tall / max(float(np.linalg.norm(right - left)), 1e-6))
    upper, lower = quad[1] - quad[0], quad[2] - quad[3]
    corners = np.array([quad[0] + cut * upper, quad[1] - cut * upper, quad[2] - cut * lower, quad[3] + cut * lower])
    middle = (corners[[0, 1, 2, 3]] + corners[[3, 2, 1, 0]]) / 2
    return (middle + (corners - middle) * height).astype(np.float32)


def _share(mask: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    return cv2.resize(mask.astype(np.float32), grid, interpolation=cv2.INTER_AREA)


def photographs(photos: Path = PHOTOS, held_out: bool = False) -> list[tuple[vinphotos.VinPhoto, np.ndarray, str]]:
    """Training photographs, or those held out, the quadrilateral of each number and what it stands on; may be empty."""
    known = vinphotos.transcribed(TRANSCRIPTIONS)
    every = enumerate(vinphotos.vin_photos(photos, "train"))
    chosen = [photo for k, photo in every if (k % HELD_OUT == 0) == held_out]
    rows = [(photo, known.get(photo.path.name, {})) for photo in chosen]
    return [(photo, vinphotos.line(row), row["kind"]) for photo, row in rows if row.get("line")]


def batches(seed: int, photos: Path = PHOTOS) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pictures uint8 (B, h, w) and their targets float16 (B, 8, h/4, w/4), without end."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    taken = photographs(photos)
    real = [(photo, photo.grey(), quad) for photo, quad, _ in taken]
    # Windscreen plates are the harder half and a quarter of the photographs: each of them is seen twice as often.
    weight = np.array([2.0 if kind == "windscreen" else 1.0 for _, _, kind in taken])
    weight /= max(weight.sum(), 1.0)
    empty = [scenes.covered(rng, grey, photo.box) for photo, grey, _ in real]
    pool: list[scenes.Scene] = []
    used = 0
    shapes, shares = [s for s, _ in SIZES], np.array([p for _, p in SIZES])
    while True:
        width, height = shapes[int(rng.choice(len(shapes), p=shares / shares.sum()))]
        pictures, targets = [], []
        for _ in range(PIXELS // (width * height)):
            draw = rng.random()
            if real and draw < REAL:
                photo, grey, quad = real[int(rng.choice(len(real), p=weight))]
                scene = scenes.Scene(grey, quad[None], NONE, False)
            elif real and draw < REAL + COVERED:
                photo, grey, _ = real[int(rng.integers(len(real)))]
                scene = scenes.Scene(scenes.covered(rng, grey, photo.box), NONE, NONE, False)
            else:
                used += 1
                if len(pool) < POOL // USES or used % USES == 0:
                    fresh = scenes.scene(rng, empty)
                    if len(pool) < POOL:
                        pool.append(fresh)
                    else:
                        pool[int(rng.integers(POOL))] = fresh
                scene = pool[int(rng.integers(len(pool)))]
            seen = views.view(rng, scene, (width, height))
            pictures.append(seen.grey)
            targets.append(target(seen))
        yield np.stack(pictures), np.stack(targets).astype(np.float16)


def _render(queue: Queue, seed: int, photos: Path) -> None:
    torch.set_num_threads(1)
    queue.cancel_join_thread()
    parent = os.getppid()
    for batch in batches(seed, photos):
        while os.getppid() == parent:  # a trainer that was killed leaves nobody to render for
            try:
                queue.put(batch, timeout=5)
                break
            except Full:
                continue
        else:
            return


def train(run: Path, hours: float, seed: int = 0, photos: Path = PHOTOS) -> None:
    """Train for so many hours in all, counted over every resumption, keeping `run/last.pt` and `run/curve.csv`.

    photos: a folder of real photographs as `vinphotos.vin_photos` reads it; without them only scenes are rendered.
    """
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    net = Locator().to(memory_format=torch.channels_last)
    mean = Locator()  # a running mean of the weights, which is what is exported
    mean.load_state_dict(net.state_dict())
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY, fused=True)
    step, spent = 0, 0.0
    last = run / "last.pt"
    if last.exists():
        kept = torch.load(last, weights_only=True)
        net.load_state_dict(kept["net"])
        mean.load_state_dict(kept["mean"])
        optimiser.load_state_dict(kept["optimiser"])
        step, spent = kept["step"], kept["spent"]
    context = multiprocessing.get_context("spawn")
    queue = context.Queue(maxsize=6)
    # A resumed run must not see the first pictures again.
    worker = context.Process(target=_render, args=(queue, seed * 1_000_003 + step, photos), daemon=True)
    worker.start()
    started, saved, count = time.monotonic() - spent, time.monotonic(), 0
    sums: dict[str, float] = {}
    try:
        while spent < hours * 3600:
            pictures, wanted = queue.get(timeout=300)  # a worker that died would be waited for without end
            done = spent / (hours * 3600)
            rate = RATE * min(1.0, (step + 1) / 200) * (0.02 + 0.49 * (1 + math.cos(math.pi * done)))
            for group in optimiser.param_groups:
                group["lr"] = rate
            x = torch.from_numpy(pictures)[:, None].float().div_(255).to(memory_format=torch.channels_last)
            with torch.autocast("cpu", torch.bfloat16):
                out = net(x)
            parts = loss(out, torch.from_numpy(wanted).float())
            total = parts["core"] + parts["dice"] + 0.5 * parts["text"] + 2 * parts["height"] + parts["direction"]
            optimiser.zero_grad()
            total.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
            optimiser.step()
            step += 1
            keep = min(0.998, step / (step + 20))
            with torch.no_grad():
                for old, new in zip(mean.state_dict().values(), net.state_dict().values(), strict=True):
                    if old.dtype.is_floating_point:
                        old.lerp_(new, 1 - keep)
                    else:
                        old.copy_(new)
            for name, value in parts.items():
                sums[name] = sums.get(name, 0.0) + float(value)
            count += 1
            spent = time.monotonic() - started
            if step % 50 == 0:
                _note(run / "curve.csv", step, spent, rate, {k: v / count for k, v in sums.items()})
                sums, count = {}, 0
            if time.monotonic() - saved > 120 or spent >= hours * 3600:
                _keep(last, net, mean, optimiser, step, spent)
                saved = time.monotonic()
    finally:
        worker.terminate()
        _keep(last, net, mean, optimiser, step, spent)


def _keep(path: Path, net: Locator, mean: Locator, optimiser: torch.optim.Optimizer, step: int, spent: float) -> None:
    state = {"net": net.state_dict(), "mean": mean.state_dict(), "optimiser": optimiser.state_dict()}
    torch.save({**state, "step": step, "spent": spent}, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def _note(path: Path, step: int, spent: float, rate: float, means: dict[str, float]) -> None:
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        rows = csv.writer(file)
        if fresh:
            rows.writerow(["step", "seconds", "rate", *means])
        rows.writerow([step, f"{spent:.0f}", f"{rate:.2e}", *(f"{v:.4f}" for v in means.values())])
