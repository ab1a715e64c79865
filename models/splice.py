"""Numbers that nobody struck, spliced from real photographs of numbers: more context than the photographs have.

A reader that sees two thousand real lines again and again knows them by heart. So the head of one is joined to the tail
of another of like lettering, cut between characters where the published reader says they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from vinspect.datasets.takes import CAP, Take
from vinspect.models.reader import ALPHABET
from vinspect.vision import ctc
from vinspect.vision.evidence import StampLine
from vinspect.vision.network import Reader
from vinspect.vision.rectify import HEIGHT, MARGIN, SHARE, rectify
from vinspect.vision.spelled import boxes as boxes_of
from vinspect.vision.spelled import folded

AIR = 0.3  # line heights that a piece shows above and below what a strip shows
FAIR = -0.7  # mean log probability of a character: below it the characters' places are not believed
LIKE_PITCH, LIKE_CAP = 0.12, 0.25  # logarithms by which two that are joined may differ
CUTS = 3  # at most


@dataclass(frozen=True, eq=False)
class Piece:
    """A real line laid level, capitals as high as in a strip."""

    grey: np.ndarray  # uint8 (77, W)
    edges: np.ndarray  # float64 (n + 1,), where each character begins, and the end
    text: str
    cap: float  # pixels of a capital in the photograph


def piece(grey: np.ndarray, quad: np.ndarray, text: str, reader: Reader) -> Piece | None:
    """The line at quad, float32 (4, 2), of the photograph uint8 (H, W); None where its characters are not found."""
    line = StampLine(quad.astype(np.float32), 1.0, 1.0)
    seen = reader.see(rectify(grey, line).grey)
    likely, _, occupancy = ctc.alternatives(folded(seen.p), tuple(ALPHABET.index(c) + 1 for c in text))
    if likely / len(text) < FAIR:
        return None
    down = (quad[[3, 2, 2, 3]] - quad[[0, 1, 1, 0]]) * np.array([[-AIR], [-AIR], [AIR], [AIR]])
    tall = StampLine((quad + down).astype(np.float32), 1.0, 1.0)
    high = round(HEIGHT * (1 + 2 * AIR))
    boxes = boxes_of(seen.places, occupancy) + MARGIN * SHARE * (high - HEIGHT)
    between = (boxes[1:, 0] + boxes[:-1, 2]) / 2
    edges = np.concatenate([boxes[:1, 0] - 1, between, boxes[-1:, 2] + 1]).astype(np.float64)
    if (np.diff(edges) < 2).any():
        return None
    return Piece(rectify(grey, tall, height=high).grey, edges, text, float(np.linalg.norm(quad[3] - quad[0])))


@dataclass(frozen=True, eq=False)
class Pieces:
    """Real lines, and which of them may be joined."""

    pieces: tuple[Piece | None, ...]
    partners: tuple[np.ndarray, ...]  # int64 each: the places of those of like lettering

    @staticmethod
    def of(pieces: Sequence[Piece | None], kinds: Sequence[int]) -> Pieces:
        """`kinds`: only lines of a kind, and of as many characters, are joined."""
        like = [
            (kind, len(p.text), np.log((p.edges[-1] - p.edges[0]) / len(p.text)), np.log(p.cap), _dark(p))
            if p
            else (-1, 0, 0.0, 0.0, False)
            for p, kind in zip(pieces, kinds, strict=True)
        ]
        kind, length, pitch, cap, dark = (np.array(column) for column in zip(*like, strict=True))
        partners = []
        for i in range(len(like)):
            near = (np.abs(pitch - pitch[i]) < LIKE_PITCH) & (np.abs(cap - cap[i]) < LIKE_CAP) & (dark == dark[i])
            near &= (kind == kind[i]) & (length == length[i]) & (kind >= 0)
            near[i] = False
            partners.append(np.flatnonzero(near))
        return Pieces(tuple(pieces), tuple(partners))

    def spliced(self, rng: np.random.Generator, i: int) -> tuple[Take, str, float] | None:
        """Line `i` with parts of others in it: the take, its text, its capitals' height in the photograph.

        None where no other is like it.
        """
        first = self.pieces[i]
        if first is None or not len(self.partners[i]):
            return None
        n = len(first.text)
        cuts = [0, *sorted(rng.choice(np.arange(1, n), int(rng.integers(1, CUTS + 1)), replace=False)), n]
        parts, text = [], ""
        middle, spread = _light(first)
        for k, (begin, end) in enumerate(pairwise(cuts)):
            other = self.pieces[int(rng.choice(self.partners[i]))] if k % 2 else first
            assert other is not None
            left = 0 if begin == 0 else round(other.edges[begin])
            right = other.grey.shape[1] if end == n else round(other.edges[end])
            mean, contrast = _light(other)
            parts.append(np.clip((other.grey[:, left:right] - mean) * (spread / contrast) + middle, 0, 255))
            text += other.text[begin:end]
            if k == 0:
                start = first.edges[0]
            if end == n:
                stop = sum(p.shape[1] for p in parts) - (other.grey.shape[1] - other.edges[-1])
        grey = np.concatenate(parts, 1).astype(np.uint8)
        top, bottom = (grey.shape[0] - CAP) / 2, (grey.shape[0] + CAP) / 2
        line = np.array([[start, top], [stop, top], [stop, bottom], [start, bottom]], np.float32)
        return Take(grey, line, np.zeros((0, 4, 2), np.float32)), text, first.cap


def _band(p: Piece) -> np.ndarray:
    """What lies between the cap line and the baseline."""
    air = round((p.grey.shape[0] - CAP) / 2)
    return p.grey[air:-air].astype(np.float64)


def _light(p: Piece) -> tuple[float, float]:
    """Its mean and its standard deviation, the latter never 0."""
    return float(_band(p).mean()), float(_band(p).std()) + 1


def _dark(p: Piece) -> bool:
    """Whether the characters are darker than what they stand on: they cover less than half of it."""
    return bool(np.median(_band(p)) > _band(p).mean())
