"""Training of the comparer, by the clock (`models/arc.py`), on pairs that are rendered into the run's folder first.

Every fifth number is kept apart: from those `fit_compare` learns what the network's answers are worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from vinspect.datasets.relief.pairs import Kind
from vinspect.models.arc import Arc
from vinspect.models.comparer import Comparer
from vinspect.models.laid_pairs import FEWEST, SEED, Measured, judgeable, run, usual_patches
from vinspect.vision import congruence

PEAK = 2e-3  # learning rate at the top of its arc
WARM = 0.05  # share of the run that climbs to it
DECAY = 0.998  # of the running mean, a step
CHECK_SECONDS = 60
NUMBERS = 2400
APART = 5  # every so manieth number is not trained on
BATCH = 48
LEFT_OUT = (0.0, 0.2, 0.4)  # shares of the characters, one of them each time
SHIFTED = 0.5  # share of lines whose patches lie a pixel off, of either picture
NOISE = (0.0, 0.15, 0.3)  # of patches, one standard deviation
LOOSE = 0.15  # of traits, in their own standard deviations
WHOLE: dict[Kind, float] = {"same": 0.0, "twin": 1.0, "near twin": 1.0}  # what the line as a whole is


@dataclass(frozen=True, eq=False)
class Example:
    """A pair, laid on each other; n characters."""

    shown: np.ndarray  # float16 (n, SHOWN, *PATCH)
    traits: np.ndarray  # float32 (n, TRAITS)
    again: np.ndarray  # float32 (n,), 1 where struck again
    whole: float  # 1 where all was, 0 where nothing, -1 where a part

    @staticmethod
    def of(m: Measured, usual: dict[str, np.ndarray]) -> Example:
        """What the network sees of a pair, and what it should say."""
        return Example(
            congruence.shown(m.laid, m.text, usual).astype(np.float16),
            congruence.traits(m.laid, m.text, usual),
            m.again.astype(np.float32),
            WHOLE.get(m.kind, -1.0),
        )


@dataclass(frozen=True, eq=False)
class Batch:
    """Pairs, padded to the longest."""

    shown: Tensor  # float32 (B, N, SHOWN, *PATCH)
    traits: Tensor  # float32 (B, N, TRAITS)
    absent: Tensor  # bool (B, N)
    again: Tensor  # float32 (B, N)
    whole: Tensor  # float32 (B,)


def batch(some: Sequence[Example]) -> Batch:
    """Pad to the most characters."""
    n = max(len(x.again) for x in some)
    shown = np.zeros((len(some), n, *some[0].shown.shape[1:]), np.float32)
    traits = np.zeros((len(some), n, some[0].traits.shape[1]), np.float32)
    absent, again = np.ones((len(some), n), bool), np.zeros((len(some), n), np.float32)
    for i, x in enumerate(some):
        m = len(x.again)
        shown[i, :m], traits[i, :m], absent[i, :m], again[i, :m] = x.shown, x.traits, False, x.again
    whole = np.array([x.whole for x in some], np.float32)
    return Batch(*(torch.from_numpy(a) for a in (shown, traits, absent, again, whole)))


def otherwise(rng: np.random.Generator, x: Example, spread: np.ndarray) -> Example:
    """The pair as it might have been: fewer characters, a little off, noisier."""
    stays = rng.random(len(x.again)) >= rng.choice(LEFT_OUT)
    if stays.sum() < FEWEST:
        stays[:] = True
    shown = x.shown[stays].astype(np.float32)
    for side in (slice(0, 3), slice(3, 6)):
        if rng.random() < SHIFTED:
            shown[:, side] = np.roll(shown[:, side], rng.integers(-1, 2, 2), (2, 3))
    shown[:, :6] += rng.normal(0, rng.choice(NOISE), shown[:, :6].shape)
    traits = x.traits[stays] + LOOSE * spread * rng.normal(size=(int(stays.sum()), len(spread)))
    return Example(shown, traits.astype(np.float32), x.again[stays], x.whole)


def loss_of(net: Comparer, b: Batch) -> tuple[Tensor, dict[str, float]]:
    """Of the characters and of the lines that are all one or all the other."""
    said, line = net(b.shown, b.traits, b.absent)
    each = functional.binary_cross_entropy_with_logits(said[~b.absent], b.again[~b.absent])
    told = b.whole >= 0
    lines = functional.binary_cross_entropy_with_logits(line[told], b.whole[told])
    return each + lines, {"each": float(each.detach()), "line": float(lines.detach())}


@torch.no_grad()
def measured(net: Comparer, apart: Sequence[Batch]) -> dict[str, float]:
    """The same losses on numbers that were kept apart."""
    parts = [loss_of(net, b)[1] for b in apart]
    return {f"{name} apart": round(float(np.mean([p[name] for p in parts])), 4) for name in parts[0]}


def train(folder: Path, hours: float, seed: int, threads: int = 1, numbers: int = NUMBERS) -> None:
    """Train for `hours`, or what is left of them; pairs lie in the folder, last.pt and curve.csv in its netSEED."""
    torch.set_num_threads(threads)
    cv2.setNumThreads(1)
    torch.manual_seed(seed)
    found = list(run(folder, SEED, numbers, held_out=False))
    usual = usual_patches([m for _, m in found])
    some = [(n, Example.of(m, usual)) for n, m in found if m.kind != "same dies" and judgeable(m, usual)]
    del found
    own = [x for n, x in some if n % APART]
    apart = [x for n, x in some if n % APART == 0]
    checks = [batch(apart[i : i + BATCH]) for i in range(0, len(apart), BATCH)]
    traits = np.concatenate([x.traits for x in own])
    net, mean = Comparer(), Comparer()
    net.centre.copy_(torch.from_numpy(traits.mean(0)))
    net.spread.copy_(torch.from_numpy(traits.std(0) + 1e-3))
    mean.load_state_dict(net.state_dict())
    spread = net.spread.numpy()
    optimizer = torch.optim.AdamW(net.parameters(), PEAK, weight_decay=0.05)
    own_run = folder / f"net{seed}"
    own_run.mkdir(exist_ok=True)
    arc = Arc(own_run, hours, net, mean, optimizer, PEAK, WARM, 200, DECAY)
    print(f"{len(own)} pairs, {len(apart)} apart; {arc.used / 3600:.2f} of {hours:.2f} hours used", flush=True)
    rng = np.random.default_rng((seed, arc.step))
    order = np.zeros(0, int)
    arc.begin()
    while not arc.over:
        if len(order) < BATCH:
            order = rng.permutation(len(own))
        now, order = order[:BATCH], order[BATCH:]
        arc.learn(*loss_of(net, batch([otherwise(rng, own[i], spread) for i in now])))
        if arc.due(CHECK_SECONDS):
            arc.keep()
            mean.eval()
            arc.note(measured(mean, checks))
