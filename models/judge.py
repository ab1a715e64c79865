"""The judge: a strip and where its characters stand go in; what was struck, what was touched and what is odd come out.

Grey strips 48 pixels high, any width that is a multiple of sixteen. It begins with the reader's eyes (`reader.Reader`:
its convolutions, as they were trained to read, of which the first stays as it is) and has a small pair of its own,
which see what reading need not: the metal. What both see is brought back to the strip's own size step by step (as in a
U-Net: Ronneberger et al. 2015) and drawn as the virtual rubbing and the map of touched metal. From the finest of it
each character's place is cut out and folded into a vector of how it is struck; a small transformer over the characters,
which is told which of them are equal letters and how they stand in the line, says of each whether it belongs with the
rest, and of the number whether it is as struck.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from vinspect.datasets.relief.work import TRACES
from vinspect.models.layer import Layer
from vinspect.models.reader import Reader

LETTERS = "?0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"  # class 0 is a character that could not be read
STRIDE = 16  # strip pixels: widths are multiples of it
TOUCHES = 1 + len(TRACES)  # nothing, and each of the traces
STYLE = 24  # numbers in a character's style
_WIDE = 128  # of a token
_ROWS, _COLUMNS = 12, 8  # places at which a character's features are picked


def _conv(cin: int, cout: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(cin, cout, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(cout), nn.ReLU(True)
    )


class Judge(nn.Module):
    """1.5 million weights; about 0.6 thousand million multiply-adds on a strip of 48 x 448 with 17 characters."""

    def __init__(self) -> None:
        super().__init__()
        eyes = list(Reader().features)
        self.eye1, self.eye2 = nn.Sequential(*eyes[:1]), nn.Sequential(*eyes[1:3])  # (B, 24, 24, W/2), (B, 48, 12, W/4)
        self.eye3, self.eye4 = nn.Sequential(*eyes[3:5]), nn.Sequential(*eyes[5:7])  # (B, 96, 6, W/4), (B, 128, 3, W/4)
        self.own1 = _conv(1, 12, 2)  # (B, 12, 24, W/2)
        self.own2 = nn.Sequential(_conv(12, 32, 2), _conv(32, 32), _conv(32, 32))  # (B, 32, 12, W/4)
        self.up3 = _conv(96 + 128, 48, kernel=1)  # (B, 48, 6, W/4)
        self.far = nn.Sequential(_conv(48, 48), _conv(48, 48))
        self.up2 = _conv(48 + 48 + 32, 56)  # (B, 56, 12, W/4)
        self.down2 = nn.Conv2d(56, 16, 1)
        self.up1 = _conv(16 + 24 + 12, 24)  # (B, 24, 24, W/2)
        self.stroke = nn.Conv2d(24, 3 * 4, 1)  # groove, ghost, height at four places of each pixel
        self.touched = nn.Conv2d(56, TOUCHES, 1)
        self.cut = nn.Sequential(_conv(24 + 4, 64, 2), _conv(64, 96, 2))
        self.fold = nn.Linear(96 * (_ROWS // 4) * (_COLUMNS // 4), _WIDE)
        self.letter = nn.Embedding(len(LETTERS), _WIDE)
        self.stand = nn.Sequential(nn.Linear(9, 64), nn.GELU(), nn.Linear(64, _WIDE))
        self.near = nn.Linear(128 + 48 + 56, _WIDE)
        self.style = nn.Linear(_WIDE, STYLE)
        self.number = nn.Linear(2 * 56 + 2 * 48 + 2 * TOUCHES + 2, _WIDE)
        self.layers = nn.ModuleList([Layer(_WIDE, 4, 5) for _ in range(3)])
        self.norm = nn.LayerNorm(_WIDE)
        self.odd = nn.Linear(_WIDE, 1)
        self.whole = nn.Linear(2 * _WIDE, 1)

    def look_as(self, reader: Reader) -> None:
        """Take over the eyes of a trained reader."""
        eyes = [*self.eye1, *self.eye2, *self.eye3, *self.eye4]
        for mine, theirs in zip(eyes, list(reader.features)[:7], strict=True):
            mine.load_state_dict(theirs.state_dict())

    def train(self, mode: bool = True) -> Judge:
        """As any network, but for the reader's eyes: their statistics stay, and the first is not trained."""
        super().train(mode)
        for eye in (self.eye1, *self.eyes):
            eye.eval()
        self.eye1.requires_grad_(False)
        return self

    @property
    def eyes(self) -> tuple[nn.Module, ...]:
        """The reader's that are trained on."""
        return self.eye2, self.eye3, self.eye4

    def forward(self, strips: Tensor, boxes: Tensor, letters: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Strips float (B, 1, 48, W), grey 0..255 brought to -1..1; boxes float (B, N, 4), left, top, right, bottom in
        pixels; letters int64 (B, N), places in LETTERS, -1 where there is no character.

        Returns strokes (B, 3, 48, W): logits of groove and of ghost, and height over `stampings.DEPTH`; touched
        (B, 7, 12, W/4), logits of `nothing` and of each trace; odd (B, N), logits that a character is not the maker's;
        whole (B,), logits that the number is not as he struck it; style (B, N, 24), of length one.
        """
        mean = strips.mean((1, 2, 3), keepdim=True)
        spread = ((strips - mean) ** 2).mean((1, 2, 3), keepdim=True).sqrt()
        x = (strips - mean) / (spread + 0.02)
        eye1 = self.eye1(x)
        eye2 = self.eye2(eye1)
        eye3 = self.eye3(eye2)
        eye4 = self.eye4(eye3)
        own1 = self.own1(x)
        own2 = self.own2(own1)
        y3 = self.far(self.up3(torch.cat([eye3, _grown(eye4, 2, 1)], 1)))
        y2 = self.up2(torch.cat([_grown(y3, 2, 1), eye2, own2], 1))
        y1 = self.up1(torch.cat([_grown(self.down2(y2), 2, 2), eye1, own1], 1))
        strokes, touched = self.stroke(y1), self.touched(y2)
        shown = torch.cat([y1, strokes[:, 0:4].sigmoid()], 1)

        absent = (letters < 0).float()
        tokens = self._struck(shown, boxes, strips.shape[2], strips.shape[3])
        style = functional.normalize(self.style(tokens).float(), dim=-1)
        stand = _standing(boxes, absent)
        around = torch.cat([_picked(y, boxes, strips.shape[3]) for y in (eye4, y3, y2)], -1)
        tokens = tokens + self.letter(letters.clamp(min=0)) + self.stand(stand) + self.near(around)
        p = touched.softmax(1)
        seen = [y2.mean((2, 3)), y2.amax((2, 3)), y3.mean((2, 3)), y3.amax((2, 3)), p.mean((2, 3)), p.amax((2, 3)),
                strokes[:, 4:8].sigmoid().mean((2, 3)).mean(1, keepdim=True), spread.flatten(1)]  # fmt: skip
        number = self.number(torch.cat(seen, 1))
        x = torch.cat([number[:, None], tokens], 1)
        relation = _relations(letters, style)
        absent = torch.cat([torch.zeros_like(absent[:, :1]), absent], 1)
        for layer in self.layers:
            x = layer(x, absent, relation)
        x = self.norm(x)
        there = (1 - absent)[:, 1:, None]
        strangest = (x[:, 1:] * there - 10 * (1 - there)).amax(1)
        whole = self.whole(torch.cat([x[:, 0], strangest], 1))[:, 0]
        fine = functional.pixel_shuffle(strokes, 2)
        return fine, touched, self.odd(x[:, 1:])[..., 0], whole, style

    def _struck(self, shown: Tensor, boxes: Tensor, height: int, width: int) -> Tensor:
        """How each character is struck, (B, N, 128): features at places spread over its box and a little around it."""
        b, n, _ = boxes.shape
        left, top, right, bottom = boxes.unbind(-1)
        u = (torch.arange(_COLUMNS, device=boxes.device) + 0.5) / _COLUMNS * 1.3 - 0.15
        v = (torch.arange(_ROWS, device=boxes.device) + 0.5) / _ROWS * 1.3 - 0.15
        x = (left[..., None] + (right - left)[..., None] * u + 0.5) / width * 2 - 1  # (B, N, columns)
        y = (top[..., None] + (bottom - top)[..., None] * v + 0.5) / height * 2 - 1
        grid = torch.stack(
            [x[:, :, None, :].expand(b, n, _ROWS, _COLUMNS), y[..., None].expand(b, n, _ROWS, _COLUMNS)], -1
        )
        picked = functional.grid_sample(
            shown.float(), grid.reshape(b, n * _ROWS, _COLUMNS, 2), padding_mode="border", align_corners=False
        )
        c = picked.shape[1]
        cells = picked.view(b, c, n, _ROWS, _COLUMNS).transpose(1, 2).reshape(b * n, c, _ROWS, _COLUMNS)
        return self.fold(self.cut(cells).flatten(1)).view(b, n, -1)


def _grown(x: Tensor, down: int, along: int) -> Tensor:
    """Each cell so many times, down the strip and along it."""
    return functional.interpolate(x, scale_factor=(float(down), float(along)), mode="nearest")


def _picked(x: Tensor, boxes: Tensor, width: int) -> Tensor:
    """The features over each character's middle, (B, N, C): the mean down the strip."""
    column = x.mean(2, keepdim=True).float()
    middle = ((boxes[..., 0] + boxes[..., 2]) / 2 + 0.5) / width * 2 - 1
    grid = torch.stack([middle, torch.zeros_like(middle)], -1)[:, None]
    return functional.grid_sample(column, grid, padding_mode="border", align_corners=False)[:, :, 0].transpose(1, 2)


def _standing(boxes: Tensor, absent: Tensor) -> Tensor:
    """How each character stands in the line, (B, N, 9), in the line's mean cap height."""
    there = 1 - absent
    count = there.sum(1, keepdim=True).clamp(min=1)
    left, top, right, bottom = boxes.unbind(-1)

    def mean(value: Tensor) -> Tensor:
        return (value * there).sum(1, keepdim=True) / count

    cap = mean(bottom - top).clamp(min=4)
    x, foot = (left + right) / 2 / cap, bottom / cap
    across = x - mean(x)
    slope = mean(across * (foot - mean(foot))) / mean(across * across).clamp(min=0.05)
    level = foot - mean(foot) - slope * across
    step = functional.pad(x[:, 1:] - x[:, :-1], (1, 1))
    gap = functional.pad((left[:, 1:] - right[:, :-1]) / cap, (1, 1))
    followed = functional.pad(there[:, 1:], (0, 1))
    stand = [level, (bottom - top) / cap - 1, (right - left) / cap, step[:, :-1], step[:, 1:] * followed, gap[:, :-1],
             gap[:, 1:] * followed, across / 10, there]  # fmt: skip
    return torch.stack(stand, -1) * there[..., None]


def _relations(letters: Tensor, style: Tensor) -> Tensor:
    """What any two have to do with each other, (B, 1 + N, 1 + N, 5), the number itself first: equal letters,
    likeness of style, likeness of equal letters, neighbours, nearness."""
    b, n = letters.shape
    equal = ((letters[:, :, None] == letters[:, None, :]) & (letters[:, :, None] > 0)).float()
    alike = style @ style.transpose(1, 2)
    place = torch.arange(n, device=letters.device)
    apart = (place[:, None] - place[None, :]).abs()
    near = torch.stack([(apart == 1).float(), 1 / (1 + apart.float())], -1).expand(b, n, n, 2)
    relation = torch.cat([torch.stack([equal, alike, equal * alike], -1), near], -1)
    return functional.pad(relation, (0, 0, 1, 0, 1, 0))
