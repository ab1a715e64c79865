"""An anomaly detector to measure the judge beside: PatchCore, which knows what is genuine and nothing else.

K. Roth et al., CVPR 2022: features of places in genuine pictures, thinned to a core that covers them, are kept; a place
is as strange as it is far from the nearest one kept, a picture as strange as its strangest place. Networks for
photographs of things cannot be had without a download, so the eyes are the reader's, as the judge has them: two of its
middle layers, averaged over three by three cells. Neighbours by scikit-learn, the likelihood ratio by `lir`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from lir.algorithms.logistic_regression import LogitCalibrator
from sklearn.neighbors import NearestNeighbors
from sklearn.random_projection import GaussianRandomProjection
from torch.nn import functional

from vinspect.models import weights
from vinspect.models.exhibits import Exhibit
from vinspect.models.judge import Judge
from vinspect.vision.evidence import Strip

POOL, CORE = 20_000, 2_000  # places of genuine numbers that are drawn, and that are kept: a tenth
CELL = 4  # strip pixels that a place is wide and high
_SPREAD = 32  # dimensions in which the core is chosen


@dataclass(frozen=True, eq=False)
class PatchCore:
    """What is genuine, and what a distance from it weighs."""

    eyes: Judge
    core: NearestNeighbors
    scale: LogitCalibrator

    def map(self, strip: Strip) -> np.ndarray:
        """How strange each place is, float32 (h, w), of the strip's size; no unit."""
        seen = _places(self.eyes, strip)
        far = self.core.kneighbors(seen.reshape(-1, seen.shape[-1]))[0].reshape(seen.shape[:2])
        height, width = strip.grey.shape
        large = cv2.resize(far.astype(np.float32), (CELL * far.shape[1], CELL * far.shape[0]))
        return np.asarray(large[:height, :width])

    def support(self, strange: np.ndarray) -> float:
        """The log10 likelihood ratio of a number with this map, by its strangest place."""
        return float(self.scale.transform(np.log([strange.max()]))[0])


def learn(genuine: Sequence[Exhibit], others: Iterable[Exhibit]) -> PatchCore:
    """Keep what genuine numbers look like; what distances weigh comes from others, of which some are forged."""
    eyes = Judge()
    stored = torch.load(weights.path("judge.pth"), weights_only=True, map_location="cpu")
    eyes.load_state_dict(stored)
    eyes.eval()
    places = np.concatenate([_flat(_places(eyes, e.reading.strips[0])) for e in genuine])
    drawn = np.random.default_rng(0).choice(len(places), min(POOL, len(places)), replace=False)
    core = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(_core(places[drawn]))
    bare = PatchCore(eyes, core, LogitCalibrator(C=1e4))
    strangest, forged = [], []
    for e in others:
        strangest.append(bare.map(e.reading.strips[0]).max())
        forged.append(e.sample.forged)
    bare.scale.fit(np.log(strangest), np.array(forged, int))
    return bare


@torch.no_grad()
def _places(eyes: Judge, strip: Strip) -> np.ndarray:
    """What the eyes see at each place, float32 (12, ceil(w / 4), 144)."""
    grey = np.concatenate([strip.grey, strip.grey[:, -1:].repeat(-strip.grey.shape[1] % CELL, 1)], 1)
    x = torch.from_numpy(grey.astype(np.float32))[None, None] / 127.5 - 1
    x = (x - x.mean()) / (x.std() + 0.02)
    fine = eyes.eye2(eyes.eye1(x))
    both = [functional.avg_pool2d(y, 3, 1, 1) for y in (fine, eyes.eye3(fine))]
    both[1] = functional.interpolate(both[1], size=both[0].shape[2:], mode="bilinear", align_corners=False)
    return torch.cat(both, 1)[0].permute(1, 2, 0).numpy()


def _flat(seen: np.ndarray) -> np.ndarray:
    return seen.reshape(-1, seen.shape[-1])


def _core(places: np.ndarray) -> np.ndarray:
    """Those that cover the others best, one after the other the one that is farthest from all that are kept."""
    thin = GaussianRandomProjection(_SPREAD, random_state=0).fit_transform(places).astype(np.float32)
    length = (thin**2).sum(1)
    kept, near = [0], np.full(len(thin), np.inf, np.float32)
    while len(kept) < min(CORE, len(thin)):
        last = kept[-1]
        np.minimum(near, length - 2 * thin @ thin[last] + length[last], out=near)
        kept.append(int(near.argmax()))
    return places[kept]
