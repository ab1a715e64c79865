"""The same hand among many, dies never learned from: python benchmarks/hand.py [--numbers N] [--json]

Rendered numbers, two of each hand (`models/hands.py`, held out): other characters, other metal, other light, another
camera, the same set of dies. They are read as `inspect` reads them (`models/exhibits.py`), now and then wrong. Those
that can be judged are looked for among all others. Beside it two baselines: the mean of the judge's styles of the
characters, and the equal characters of both numbers laid on each other one by one, which no index can search. The same
with the strokes that were truly struck, which no photograph shows so well, says how unlike the hands are in themselves.
Speed: exact search among random hands, in memory as the service has them. What is rendered is kept in the run's folder.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path

import cv2
import numpy as np
import torch

from vinspect.models import hands, stampings, weights
from vinspect.models.hands import Taken
from vinspect.models.stampings import Known
from vinspect.vision import hand
from vinspect.vision.evidence import Character, Strip
from vinspect.vision.judge import Judge

SEED = 99989
SIZES = (100, 300, 1000, 3000, 10_000)  # numbers among which is looked
KEPT = 230_000  # hands in memory
FRAME, AROUND = (20, 24), 1.25  # pixels of a character's true strokes, along and down, and how far around it they reach


def ranks(alike: np.ndarray, whose: np.ndarray) -> np.ndarray:
    """Of each number that has another of its hand: how many of other hands are more like it, int (m,)."""
    out = []
    for i, row in enumerate(alike):
        own = whose == whose[i]
        own[i] = False
        if own.any():
            others = row[whose != whose[i]]
            out.append(int((others >= row[own].max()).sum()))
    return np.array(out)


def first_among(rank: np.ndarray, others: int, size: int) -> float:
    """The chance to be first among so many, drawn of all `others`: that none of those ahead is among them."""
    drawn = min(size - 1, others)
    absent = np.ones(len(rank))
    for k in range(int(rank.max(initial=0))):
        ahead = rank > k
        absent[ahead] *= max(0.0, 1 - drawn / (others - k))
    return float(absent.mean())


def mean_style(numbers: Sequence[Taken]) -> np.ndarray:
    """The mean of the judge's styles of each number's characters, float32 (m, 24)."""
    judge = Judge(weights.path("judge.onnx"), threads=1)
    out = []
    for t in numbers:
        characters = [
            Character(c, 1.0, (), np.zeros((4, 2), np.float32), b, 0) for c, b in zip(t.text, t.boxes, strict=True)
        ]
        mean = judge.see(Strip(t.strip, np.eye(3), 1.0), characters).style.mean(0)
        out.append(mean / np.linalg.norm(mean))
    return np.stack(out)


def by_equal_characters(texts: Sequence[str], shown: Sequence[np.ndarray], usual: np.ndarray) -> np.ndarray:
    """How alike any two numbers are by their equal characters, each letter's usual form (n, d) taken away, (m, m)."""
    m, (n, d) = len(texts), usual.shape
    seen = np.zeros((n, m, d), np.float32)
    for i, (text, each) in enumerate(zip(texts, shown, strict=True)):
        for c, form in zip(text, each, strict=True):
            letter = hand.LETTERS.find(c)
            if c and letter >= 0:
                seen[letter, i] += form - usual[letter]
    total, shared = np.zeros((m, m), np.float32), np.full((m, m), 2.0, np.float32)
    for letter in seen:
        length = np.linalg.norm(letter, axis=1, keepdims=True)
        there = (length[:, 0] > 0).astype(np.float32)
        level = letter / np.maximum(length, 1e-6)
        total += level @ level.T
        shared += np.outer(there, there)
    return total / shared


def as_struck(numbers: Sequence[Taken], files: Sequence[Path]) -> list[Known]:
    """What each number was before it was photographed: of its hand's numbers the one that is read so."""
    struck = [k for file in files for k in stampings.load(file)]
    each = hands.EACH
    return [
        max(struck[each * t.hand : each * (t.hand + 1)], key=lambda k: SequenceMatcher(None, k.text, t.text).ratio())
        for t in numbers
    ]


def strokes(k: Known) -> np.ndarray:
    """Where each character's strokes truly lie, level, in a frame of its own, and how wide it is, (n, d)."""
    stroke = (k.stroke == stampings.GROOVE).astype(np.float32)
    down = (k.quads[:, 3] - k.quads[:, 0]).mean(0)
    along = k.quads[:, 1] - k.quads[:, 0]
    width = np.linalg.norm(along, axis=1, keepdims=True)
    across = along / width * np.linalg.norm(down) * FRAME[0] / FRAME[1]
    to = np.array([[0, 0], [FRAME[0], 0], [0, FRAME[1]]], np.float32)
    out = []
    for middle, u in zip(k.quads.mean(1), across, strict=True):
        corner = middle - AROUND * (u + down) / 2
        at = np.stack([corner, corner + AROUND * u, corner + AROUND * down]).astype(np.float32)
        cut = cv2.warpAffine(stroke, cv2.getAffineTransform(at, to), FRAME)
        out.append(cv2.GaussianBlur(cut, (0, 0), 0.8).reshape(-1))
    return np.column_stack([np.array(out), 3 * width / np.linalg.norm(down)]).astype(np.float32)


def usual_strokes(texts: Sequence[str], shown: Sequence[np.ndarray]) -> np.ndarray:
    """Each letter's mean."""
    letters = np.array([hand.LETTERS.find(c) for text in texts for c in text])
    every = np.concatenate(shown)
    return np.stack(
        [every[letters == k].mean(0) if (letters == k).any() else 0 * every[0] for k in range(len(hand.LETTERS))]
    )


def speed(dimensions: int) -> dict[str, float]:
    """Milliseconds of a search among `KEPT` hands, on the wall and of the CPU."""
    rng = np.random.default_rng(1)
    kept = rng.normal(size=(KEPT, dimensions)).astype(np.float32)
    wall, cpu = [], []
    for _ in range(200):
        asked = kept[rng.integers(KEPT)]
        start, used = time.perf_counter(), time.process_time()
        alike = hand.likeness(kept, asked)
        nearest = np.argpartition(-alike, 20)[:21]
        nearest[np.argsort(-alike[nearest])]
        wall.append((time.perf_counter() - start) * 1e3)
        cpu.append((time.process_time() - used) * 1e3)
    return {
        "median": statistics.median(wall),
        "p99": float(np.quantile(wall, 0.99)),
        "cpu": statistics.median(cpu),
        "cpu_p99": float(np.quantile(cpu, 0.99)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--numbers", type=int, default=2000)
    parser.add_argument("--run", type=Path, default=Path("runs/judge/hand"), help="where numbers are kept")
    parser.add_argument("--no-judge", action="store_true", help="leave the mean of the judge's styles out")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    shards = -(-arguments.numbers // hands.SHARD)
    files = hands.fill(arguments.run, SEED, shards, held_out=True)
    numbers = hands.taken(files)
    whose = np.array([t.hand for t in numbers])
    known = hand.learned()
    shown = [hand.observed(t.strip, t.boxes) for t in numbers]
    vectors = np.stack(
        [hand.of_seen(*hand.gathered(s, t.text, known), known) for s, t in zip(shown, numbers, strict=True)]
    )
    struck = as_struck(numbers, files)
    true, texts = [strokes(k) for k in struck], [k.text for k in struck]
    asked = {
        "hand": vectors @ vectors.T,
        "equal characters, one by one": by_equal_characters([t.text for t in numbers], shown, known.mean),
        "the same of the strokes truly struck": by_equal_characters(texts, true, usual_strokes(texts, true)),
    }
    if not arguments.no_judge:
        style = mean_style(numbers)
        asked["mean of the judge's styles"] = style @ style.T
    rows = {}
    for name, alike in asked.items():
        rank = ranks(alike, whose)
        others = len(numbers) - 2
        sizes = [size for size in SIZES if size <= len(numbers)] + [len(numbers)]
        first = {str(size): first_among(rank, others, size) for size in sizes}
        rows[name] = {"asked": len(rank), "first": first, "first ten": float((rank < 10).mean())}
    said = {
        "machine": platform.machine(), "rendered": shards * hands.SHARD, "judged": len(numbers), "rows": rows,
        "search": speed(vectors.shape[1]),
    }  # fmt: skip
    if arguments.json:
        print(json.dumps(said))
        return
    print(f"{said['rendered']} numbers of held-out families, two of each hand; {len(numbers)} of them can be judged")
    for name, row in rows.items():
        chances = ", ".join(f"{chance:.1%} of {size}" for size, chance in row["first"].items())
        print(f"{name}: of {row['asked']} asked the right one is first among {chances}; ten: {row['first ten']:.1%}")
    print(f"search among {KEPT} hands, ms: " + ", ".join(f"{k} {v:.1f}" for k, v in said["search"].items()))


if __name__ == "__main__":
    main()
