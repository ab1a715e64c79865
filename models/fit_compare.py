"""What two strikings of one number have in common, learned: python -m vinspect.models.fit_compare

Renders pairs (`datasets/relief/pairs.py`) of the training's families, lays them on each other as `vision/compare.py`
does, the characters' boxes as rough as the reader's, and writes `models/compare.json`. What is measured of each number
is kept in the run's folder, so that a fit that was cut off goes on, and another fit need not render again. About 0.8 s
a number on one core.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from vinspect.datasets.relief.pairs import Kind, Pair, Side, pairs
from vinspect.models import weights
from vinspect.models.fit_judge import logistic
from vinspect.vision import congruence
from vinspect.vision.congruence import Learned
from vinspect.vision.laid import Laid, lay
from vinspect.vision.register import PATCH, Registered, paired, register

SEED, HELD_OUT_SEED = 7, 71  # of the numbers to learn from, and of the benchmark's
ROUGH = 0.05  # capitals: standard deviation of the reader's corners
FEWEST = 5  # characters of a line that is compared
LEGIBLE = 0.4  # of the usual forms; below it neither people nor the reader make out most of the characters
FALSE_ALARMS = 0.01  # share of same strikings that may be called another
MISSED = 0.03  # share of other strikings that may be called the same
HIDDEN, EPOCHS, FOLDS = 24, 15, 4
BATCH = 1024


@dataclass(frozen=True, eq=False)
class Measured:
    """One pair, laid on each other."""

    kind: Kind
    rubbed: bool  # the file holds a rubbing; a photograph otherwise
    text: str  # of the first line's characters that have their like on file
    on_file: str
    again: np.ndarray  # bool (n,)
    laid: Registered


def measured(seed: int, number: int, held_out: bool) -> list[Measured]:
    """All pairs of one number."""
    lines = Lines(number)
    return [m for p in list(pairs(seed, number, held_out)) if (m := measure(p, lines)) is not None]


class Lines:
    """The lines of one number laid level, each once, its boxes as rough as the reader's."""

    def __init__(self, number: int) -> None:
        self._rng = np.random.default_rng(number)
        self._laid: dict[int, Laid] = {}

    def __call__(self, side: Side) -> Laid:
        """The side's line."""
        key = id(side.picture)
        if key not in self._laid:
            tall = float(np.linalg.norm(side.quads[:, 3] - side.quads[:, 0], axis=1).mean())
            rough = side.quads + self._rng.normal(0, ROUGH * tall, side.quads.shape)
            self._laid[key] = lay(side.picture, side.text, rough.astype(np.float32))
        return self._laid[key]


def measure(pair: Pair, lines: Lines) -> Measured | None:
    """One pair; None where too few characters belong together."""
    now, file = lines(pair.now), lines(pair.file)
    both = paired(now.text, file.text)
    if len(both) < FEWEST:
        return None
    return Measured(
        pair.kind,
        pair.file.rubbed,
        "".join(now.text[i] for i, _ in both),
        "".join(file.text[j] for _, j in both),
        np.array([pair.again[i] for i, _ in both]),
        register(now, file, both),
    )


def usual_patches(ms: Sequence[Measured]) -> dict[str, np.ndarray]:
    """The usual form of each character: the mean over die sets, illegible ones counting little."""
    seen: dict[str, list[np.ndarray]] = {}
    for m in ms:
        if m.kind != "same":
            continue
        for patches, text in ((m.laid.first, m.text), (m.laid.alone, m.on_file)):
            for c, x in zip(text, congruence.directions(patches), strict=True):
                seen.setdefault(c, []).append(x)
    usual = {}
    for c, found in seen.items():
        x = np.array(found)
        mean = x.mean(0)
        for _ in range(3):
            like = np.clip(x @ (mean / np.linalg.norm(mean)), 0, 1) ** 2
            mean = (x * like[:, None]).sum(0) / like.sum()
        usual[c] = (mean / np.linalg.norm(mean)).astype(np.float32)
    return usual


def legible(m: Measured, usual: dict[str, np.ndarray]) -> float:
    """How legible the less legible of the two lines is."""
    return min(
        congruence.legibility(m.laid.first, m.text, usual), congruence.legibility(m.laid.alone, m.on_file, usual)
    )


def network(x: np.ndarray, y: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights of the small layer, (k + 1, h), and of its sum, (h + 1,), to log10 likelihood ratios; x standardized."""
    torch.manual_seed(seed)
    inputs, wanted = torch.tensor(np.clip(x, -6, 6)), torch.tensor(y, dtype=torch.float32)
    share = float(y.mean())
    weight = torch.where(wanted > 0, 0.5 / share, 0.5 / (1 - share))
    hidden, out = nn.Linear(x.shape[1], HIDDEN), nn.Linear(HIDDEN, 1)
    net = nn.Sequential(hidden, nn.Tanh(), nn.Dropout(0.2), out)
    step = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=1e-2)
    for epoch in range(EPOCHS):
        for group in step.param_groups:
            group["lr"] = 3e-3 * (1 - epoch / EPOCHS)
        for some in torch.randperm(len(inputs)).split(BATCH):
            step.zero_grad()
            off = nn.functional.binary_cross_entropy_with_logits(net(inputs[some])[:, 0], wanted[some], weight[some])
            off.backward()
            step.step()
    first = np.concatenate([hidden.weight.detach().numpy().T, hidden.bias.detach().numpy()[None]])
    last = np.concatenate([out.weight.detach().numpy()[0], out.bias.detach().numpy()]) / np.log(10)
    return first.astype(np.float32), last.astype(np.float32)


def character_model(
    ms: Sequence[Measured], traits: Sequence[np.ndarray], usual: dict[str, np.ndarray], seed: int
) -> Learned:
    """All but the weights of the line, from pairs and their characters' traits."""
    x, y = np.concatenate(traits), np.concatenate([m.again for m in ms])
    centre, spread = x.mean(0), x.std(0) + 1e-3
    hidden, out = network((x - centre) / spread, y, seed)
    return Learned(usual, centre, spread, hidden, out, np.zeros(21, np.float32), LEGIBLE, 0.0, 0.0, 0.0, 0.0)


def fit(found: Sequence[tuple[int, Measured]]) -> Learned:
    """Everything, from pairs and the numbers that they are of.

    The line's regression and the thresholds see only characters' supports from networks that were not shown the number.
    """
    usual = usual_patches([m for _, m in found])
    clear = [(number, m) for number, m in found if legible(m, usual) > LEGIBLE - 0.1]
    fold = np.array([number % FOLDS for number, _ in clear])
    ms = [m for _, m in clear]
    traits = [congruence.traits(m.laid, m.text, usual) for m in ms]
    each: list[np.ndarray] = [np.zeros(0)] * len(ms)

    def characters(k: int) -> Learned:
        some = [i for i, m in enumerate(ms) if fold[i] != k and m.kind != "same dies"]
        return character_model([ms[i] for i in some], [traits[i] for i in some], usual, k)

    for k in range(FOLDS):
        model = characters(k)
        for i in np.flatnonzero(fold == k):
            each[i] = congruence.supports(traits[i], model)
    # What a network says of numbers that it has not seen is surer than it should be.
    plain = np.array([m.kind != "same dies" for m in ms])
    said = np.concatenate([s for s, p in zip(each, plain, strict=True) if p])
    again = np.concatenate([m.again for m, p in zip(ms, plain, strict=True) if p])
    slope, offset = logistic(said[:, None], again)
    each = [slope * s + offset for s in each]
    lines = np.array([congruence.whole_traits(m.laid, m.text, usual, s) for m, s in zip(ms, each, strict=True)], float)
    kinds = np.array([m.kind for m in ms])
    whole = np.isin(kinds, ("same", "twin", "near twin"))
    twin = kinds != "same"
    cross = np.zeros(len(ms))
    for k in range(FOLDS):
        w = logistic(lines[whole & (fold != k)], twin[whole & (fold != k)], ridge=1e-2)
        cross[fold == k] = lines[fold == k] @ w[:-1] + w[-1]
    slope_whole, offset_whole = logistic(cross[whole, None], twin[whole])
    cross = slope_whole * cross + offset_whole
    w = logistic(lines[whole], twin[whole], ridge=1e-2) * slope_whole
    w[-1] += offset_whole
    model = characters(FOLDS)  # of no fold: from all
    out = model.out * slope
    out[-1] += offset
    bound = float(np.log10(min((kinds[whole] == "same").sum(), twin[whole].sum())))
    model = replace(model, out=out, whole=w.astype(np.float32), bound=bound)
    shown = np.array([legible(m, usual) > LEGIBLE for m in ms])
    total = np.array([congruence.total(t, s, model) for t, s in zip(cross, each, strict=True)])
    same = shown & (kinds == "same")
    chars = np.concatenate([s for s, k in zip(each, same, strict=True) if k])
    return replace(
        model,
        same=float(min(-0.3, np.quantile(total[shown & whole & twin], MISSED))),
        other=float(max(0.3, np.quantile(total[same], 1 - FALSE_ALARMS))),
        character=float(np.quantile(chars, 1 - FALSE_ALARMS / 4)),
    )


_ARRAYS = ("to_other", "middle", "shifts", "cells", "first", "other", "alone")


def keep(path: Path, ms: Sequence[Measured]) -> None:
    """Write what was measured of one number."""
    fields = {name: np.concatenate([np.asarray(getattr(m.laid, name)).reshape(-1) for m in ms]) for name in _ARRAYS}
    halves = {name: fields[name].astype(np.float16) for name in ("first", "other", "alone")}
    about = json.dumps([[m.kind, m.rubbed, m.text, m.on_file, m.again.tolist(), m.laid.pairs] for m in ms])
    np.savez(path, about=np.array(about), **(fields | halves))  # type: ignore[arg-type]


def kept(path: Path) -> list[Measured]:
    """What was measured of one number."""
    with np.load(path) as file:
        about, fields = json.loads(str(file["about"])), {name: file[name] for name in _ARRAYS}
    ms, at = [], dict.fromkeys(_ARRAYS, 0)
    for kind, rubbed, text, on_file, again, pairs_ in about:
        n = len(text)
        shapes = {"to_other": (6, 2), "middle": (3,), "shifts": (n, 3), "cells": (n, 4, 4)}
        cut = {}
        for name in _ARRAYS:
            shape = shapes.get(name, (n, *PATCH, 3))
            size = int(np.prod(shape))
            cut[name] = fields[name][at[name] : at[name] + size].reshape(shape)
            at[name] += size
        x, y, half = cut.pop("middle").tolist()
        laid = Registered(pairs=tuple((i, j) for i, j in pairs_), middle=(x, y, half), **cut)
        ms.append(Measured(kind, rubbed, text, on_file, np.array(again), laid))
    return ms


def run(folder: Path, seed: int, count: int, held_out: bool) -> Iterator[tuple[int, Measured]]:
    """What is measured of so many numbers, from the run's folder where it lies there already."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        path = folder / f"{'held-out-' * held_out}{seed}-{number:05d}.npz"
        if not path.exists():
            keep(path, measured(seed, number, held_out))
        for m in kept(path):
            yield number, m


def main() -> None:
    """Render, measure, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--numbers", type=int, default=650)
    parser.add_argument("--run", type=Path, default=Path("runs/compare"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    found = list(run(arguments.run, SEED, arguments.numbers, held_out=False))
    path = weights.FOLDER / congruence.FILE
    fit(found).write(path)
    weights.publish(path)
    print(f"{len(found)} pairs of {arguments.numbers} numbers; wrote {path.name}")


if __name__ == "__main__":
    main()
