"""The locating network: where in a photograph a struck or printed vehicle number stands, and which way it reads.

A small U-Net on the grey photograph. Its answers lie on a grid of one cell for every four pixels, each cell's
centre at (4 * column + 1.5, 4 * row + 1.5). Plain convolutions only: they run fast in bfloat16, INT8 and float32
alike. The bottleneck sees the whole photograph, because what tells the number from the weights, names and type
approvals printed around it is its place among them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

STRIDE = 4  # photograph pixels per cell
MULTIPLE = 32  # height and width of the input are multiples of this
CHANNELS = ("core", "text", "height", "cos", "sin")


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """Convolution, batch norm, ReLU."""
    pad = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, pad, dilation, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """Two convolutions around a shortcut (He et al., 2016)."""

    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.first = conv(channels, channels, dilation=dilation)
        norm = nn.BatchNorm2d(channels)
        nn.init.zeros_(norm.weight)  # starts as the shortcut alone (Goyal et al., 2017)
        self.second = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation, bias=False), norm
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, h, w) to the same."""
        return F.relu(x + self.second(self.first(x)))


class Locator(nn.Module):
    """Grey photograph to a map of number lines."""

    def __init__(self) -> None:
        super().__init__()
        self.to2 = conv(1, 16, kernel=5, stride=2)
        self.to4 = nn.Sequential(conv(16, 32, stride=2), Residual(32))
        self.to8 = nn.Sequential(conv(32, 48, stride=2), Residual(48), Residual(48))
        self.to16 = nn.Sequential(conv(48, 80, stride=2), Residual(80))
        self.to32 = nn.Sequential(conv(80, 112, stride=2), Residual(112), Residual(112, dilation=2))
        self.up16, self.side16, self.mix16 = nn.Conv2d(112, 64, 1), nn.Conv2d(80, 64, 1), conv(64, 64)
        self.up8, self.side8, self.mix8 = nn.Conv2d(64, 48, 1), nn.Conv2d(48, 48, 1), conv(48, 48)
        self.up4, self.side4, self.mix4 = nn.Conv2d(48, 24, 1), nn.Conv2d(32, 24, 1), conv(24, 32)
        self.head = nn.Conv2d(32, len(CHANNELS), 1)

    def forward(self, photo: Tensor) -> Tensor:
        """Logits and directions of each cell.

        photo: (B, 1, H, W), grey from 0 to 1; H and W are multiples of 32.
        Returns (B, 5, H/4, W/4): logit that the cell lies in a number's core (the middle of its height, ends cut
        short), logit that it lies in any line of text, natural logarithm of the line's height in pixels over 16,
        cosine and sine of the direction of reading (x right, y down; not normalised).
        """
        c4 = self.to4(self.to2(photo * 4 - 2))  # (B, 32, H/4, W/4)
        c8 = self.to8(c4)
        c16 = self.to16(c8)
        c32 = self.to32(c16)
        d16 = self.mix16(F.relu(twice(self.up16(c32)) + self.side16(c16)))
        d8 = self.mix8(F.relu(twice(self.up8(d16)) + self.side8(c8)))
        d4 = self.mix4(F.relu(twice(self.up4(d8)) + self.side4(c4)))
        return self.head(d4)


def twice(x: Tensor) -> Tensor:
    """Twice the height and width, by repetition: exact in every runtime."""
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


def loss(out: Tensor, target: Tensor) -> dict[str, Tensor]:
    """Mean losses of a batch, by name.

    out: the network's answer. target: (B, 8, h, w): core 0/1, weight of the core's loss, text 0/1, weight of the
    text's loss, log height as in the network, cosine, sine, weight of the loss of these three.
    Dice beside cross-entropy (V-Net, Milletari et al., 2016), because a number covers a hundredth of a photograph.
    """
    out = out.float()
    core, core_weight, text, text_weight = target[:, 0], target[:, 1], target[:, 2], target[:, 3]
    p = torch.sigmoid(out[:, 0])
    cross = F.binary_cross_entropy_with_logits(out[:, 0], core, reduction="none")
    has = core.flatten(1).amax(1)
    overlap = 2 * (p * core * core_weight).flatten(1).sum(1) + 1
    total = (p * core_weight).flatten(1).sum(1) + (core * core_weight).flatten(1).sum(1) + 1
    text_cross = F.binary_cross_entropy_with_logits(out[:, 1], text, reduction="none")
    share = target[:, 7] / target[:, 7].sum().clamp(min=1)
    height = F.smooth_l1_loss(out[:, 2], target[:, 4], reduction="none", beta=0.1)
    direction = F.smooth_l1_loss(out[:, 3:5], target[:, 5:7], reduction="none", beta=0.2).sum(1)
    return {
        "core": 20 * (core_weight * (1 + 2 * core) * cross).mean(),
        "dice": (has * (1 - overlap / total)).sum() / has.sum().clamp(min=1),
        "text": (text_weight * text_cross).sum() / text_weight.sum().clamp(min=1),
        "height": (share * height).sum(),
        "direction": (share * direction).sum(),
    }
