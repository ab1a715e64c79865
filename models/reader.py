"""The reader: a strip goes in; for every four pixels along it, what stands there and where.

Grey strips 48 pixels high, any width that is a multiple of four. Convolutions fold the height away, two transformer
layers look along the line, one linear head names the characters for CTC (Graves et al. 2006), one draws each
character's box, one says of the whole strip what surface it is, whether it hangs upside down, whether it is a number.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-*◆"  # class 0 is the blank, class i the i-th of these
CLASSES = len(ALPHABET) + 1
STRIDE = 4  # strip pixels per column of the output
SURFACES = 6
WHOLE = SURFACES + 2  # and "upside down", "a number"


def _conv(cin: int, cout: int, stride: int | tuple[int, int] = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(cin, cout, 3, stride, 1, bias=False), nn.BatchNorm2d(cout), nn.ReLU(True))


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.one = _conv(channels, channels)
        self.two = nn.Sequential(nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.two(self.one(x)))


class _Layer(nn.Module):
    """A transformer layer, normalised first, with a short convolution along the line that tells where a column is."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.near = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor) -> Tensor:  # (B, T, C) -> (B, T, C)
        x = x + self.near(x.transpose(1, 2)).transpose(1, 2)
        b, t, c = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        # Written out: on a processor the fused attention of PyTorch costs three times as much, backwards.
        weight = (q @ k.transpose(-1, -2) * (c // self.heads) ** -0.5).softmax(-1)
        seen = weight.to(v.dtype) @ v  # (B, heads, T, C / heads)
        x = x + self.out(seen.transpose(1, 2).reshape(b, t, c))
        return x + self.mlp(self.norm2(x))


class Reader(nn.Module):
    """1.6 million weights; about 0.45 thousand million multiply-adds on a strip of 48 x 512."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            _conv(1, 24, 2),  # (B, 24, 24, W/2)
            _conv(24, 48, 2),  # (B, 48, 12, W/4)
            _Residual(48),
            _conv(48, 96, (2, 1)),  # (B, 96, 6, W/4)
            _Residual(96),
            _conv(96, 128, (2, 1)),  # (B, 128, 3, W/4)
            _Residual(128),
            nn.Conv2d(128, 192, (3, 1), bias=False),  # (B, 192, 1, W/4)
            nn.BatchNorm2d(192),
            nn.ReLU(True),
        )
        self.along = nn.Sequential(_Layer(192, 4), _Layer(192, 4))
        self.norm = nn.LayerNorm(192)
        self.name = nn.Linear(192, CLASSES)
        self.place = nn.Linear(192, 4)
        self.whole = nn.Linear(2 * 192, WHOLE)

    def forward(self, strips: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Strips float (B, 1, 48, W), grey 0..255 brought to -1..1.

        Returns logits (B, W/4, 40); places (B, W/4, 4): how far the character's left and right side lie from the
        column's centre, in units of 16 pixels, and its top and bottom in the strip, in units of 48; and logits of the
        whole strip (B, 8): six surfaces, upside down, a number.
        """
        mean = strips.mean((1, 2, 3), keepdim=True)
        spread = ((strips - mean) ** 2).mean((1, 2, 3), keepdim=True).sqrt()
        x = self.features((strips - mean) / (spread + 0.02))
        x = self.norm(self.along(x.squeeze(2).transpose(1, 2)))  # (B, W/4, 192)
        whole = self.whole(torch.cat([x.mean(1), x.amax(1)], 1))
        return self.name(x), self.place(x), whole
