"""Training of the reader, by the clock (`models/arc.py`)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from vinspect.datasets import press, takes
from vinspect.models import strips, weights
from vinspect.models.arc import Arc
from vinspect.models.reader import ALPHABET, Reader
from vinspect.models.settled import unsettled
from vinspect.models.splice import Pieces, piece
from vinspect.vision.network import Network

BATCH = 32
PEAK = 1.2e-3  # learning rate at the top of its arc
AGAIN = 0.4  # of it, from published weights on: the whole rate did not come back to where it began
WARM = 0.03  # share of the run that climbs to it
DECAY = 0.9995  # of the running mean, a step
SHARE = 0.45  # of real strips, where real photographs are at hand
CHECK_SECONDS = 420
MARKS = [i for i, c in enumerate(ALPHABET, 1) if c in "*◆"]


def loss_of(net: Reader, b: strips.Batch) -> tuple[Tensor, dict[str, float]]:
    """The sum of the losses, and each of them."""
    with torch.autocast("cpu", torch.bfloat16):
        names, places, whole = net(b.strips.float() / 127.5 - 1)
    logp = names.float().log_softmax(-1)
    # Where nobody wrote down the end marks, a mark is as good as a blank.
    free = torch.cat([logp[..., :1], logp[..., MARKS]], -1).logsumexp(-1)
    logp = torch.cat([torch.where(b.marks_known[:, None], logp[..., 0], free)[..., None], logp[..., 1:]], -1)
    ctc = nn.functional.ctc_loss(
        logp.transpose(0, 1), b.targets, b.columns, b.lengths, reduction="none", zero_infinity=True
    )
    ctc = (ctc / b.lengths.clamp(min=6)).mul((b.turned == 0).float()).mean()
    # Where rendering tells which column is the middle of which character, say so outright: CTC alone takes long to
    # find out that columns and characters have to do with each other.
    letter = nn.functional.cross_entropy(logp.flatten(0, 1), b.letters.flatten(), ignore_index=-1)
    place = nn.functional.smooth_l1_loss(places.float()[b.placed], b.places[b.placed], beta=0.05)
    whole = whole.float()
    known = b.surface >= 0
    surface = nn.functional.cross_entropy(whole[known, :6], b.surface[known]) if known.any() else whole.sum() * 0
    turned = nn.functional.binary_cross_entropy_with_logits(whole[:, 6], b.turned)
    number = nn.functional.binary_cross_entropy_with_logits(whole[:, 7], b.number)
    total = ctc + 0.4 * letter.nan_to_num() + 2 * place.nan_to_num() + 0.05 * surface + 0.1 * turned + 0.05 * number
    parts = {"ctc": ctc, "letter": letter, "place": place, "surface": surface, "turned": turned, "number": number}
    return total, {k: float(v.detach()) for k, v in parts.items()}


def greedy(names: Tensor) -> list[str]:
    """The likeliest label of each column, repeats and blanks dropped; logits (B, T, classes)."""
    out = []
    for row in names.argmax(-1).tolist():
        out.append("".join(ALPHABET[c - 1] for c, before in zip(row, [0, *row], strict=False) if c and c != before))
    return out


@torch.no_grad()
def exact(net: Reader, samples: list[strips.Sample]) -> float:
    """Share of strips read without a fault, end marks aside."""
    right = 0
    for s in samples:
        text = greedy(net(strips.batch([s]).strips.float() / 127.5 - 1)[0])[0]
        right += text.strip("*◆") == s.text.strip("*◆")
    return right / max(1, len(samples))


def _held_out(seed: int, n: int) -> list[strips.Sample]:
    """Strips of die sets and fonts kept out of training, only modestly degraded."""
    rng = np.random.default_rng(seed)
    out: list[strips.Sample] = []
    while len(out) < n:
        s = press.render(rng, height=40.0, held_out=True)
        take = takes.shrink(rng, takes.Take(s.grey, s.line, s.marked_quads), float(rng.uniform(16, 34)))
        strip, _ = takes.lay(rng, take, sure=0.7)
        spare = -strip.shape[1] % 4
        strip = np.concatenate([strip, strip[:, -1:].repeat(spare, 1)], 1)
        out.append(strips.Sample(strip, s.text, np.zeros((0, 4), np.float32), -1, False, True))
    return out


def _pieces(lines: list[strips.RealLine]) -> Pieces | None:
    """The lines cut up by the published reader; None where there are no lines, or no reader yet."""
    if not lines or "reader.onnx" not in weights.sums():
        return None
    net = Network(weights.path("reader.onnx"), 1)
    return Pieces.of([piece(x.grey, x.line, x.text, net) for x in lines], [x.surface for x in lines])


def train(
    run: Path,
    hours: float,
    seed: int,
    photos: Path,
    transcriptions: Path,
    threads: int = 1,
    workers: int = 1,
    published: bool = False,
    corpus: Path | None = None,
) -> None:
    """Train for `hours`, or what is left of them, into run/last.pt and run/curve.csv.

    published: a new run goes on from the published weights; corpus: numbers in relief come from its shards instead of
    being rendered on the way.
    """
    run.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(threads)
    cv2.setNumThreads(1)
    torch.manual_seed(seed)
    net = Reader().to(memory_format=torch.channels_last)
    rendered = _held_out(1, 200)
    if published:
        state = torch.load(weights.path("easyocr/vinspect_reader.pth"), weights_only=True)
        net.load_state_dict({name.removeprefix("module.net."): value for name, value in state.items()})
        net = unsettled(net, partial(exact, samples=rendered))
    mean = Reader()
    mean.load_state_dict(net.state_dict())
    peak = PEAK * AGAIN if published else PEAK
    optimizer = torch.optim.AdamW(net.parameters(), peak, (0.9, 0.98), weight_decay=0.02)
    arc = Arc(run, hours, net, mean, optimizer, peak, WARM, 300, DECAY)
    lines = strips.real_lines(photos, transcriptions, "train")
    apart = lines[:: strips.APART]
    lines = [line for i, line in enumerate(lines) if i % strips.APART]
    lines += strips.real_lines(photos, transcriptions, "train", True)
    print(f"{len(lines)} real lines, {len(apart)} apart; {arc.used / 3600:.2f} of {hours:.2f} hours used", flush=True)
    rng = np.random.default_rng(2)
    real = [strips.real(rng, line, lambda x: x) for line in apart]
    real = [s for s in real if not s.turned]
    data = strips.Strips(seed + 104729 * (arc.step + 1), BATCH, lines, SHARE if lines else 0.0, _pieces(lines), corpus)
    feed = iter(
        DataLoader(data, batch_size=None, num_workers=workers, prefetch_factor=8, multiprocessing_context="spawn")
    )
    arc.begin()
    while not arc.over:
        arc.learn(*loss_of(net, next(feed)))
        if arc.due(CHECK_SECONDS):
            arc.keep()
            mean.eval()
            arc.note({"rendered": round(exact(mean, rendered), 4), "real": round(exact(mean, real), 4)})
