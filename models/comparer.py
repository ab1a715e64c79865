"""The comparer: two lines laid on each other go in, and how much speaks for another striking comes out.

Each character is what both pictures show of it and what every die set does (`vision/congruence.py`); convolutions fold
it into a token, together with how it and its cells lie off the common registration. A transformer lets the characters
look at each other: in a photograph that is worn all over, one that agrees little says little.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vinspect.models.layer import Layer
from vinspect.vision.congruence import SHOWN, TRAITS
from vinspect.vision.register import PATCH

_WIDE = 64  # of a token
_FAR = 6.0  # standard deviations: a trait farther out counts no more


def _conv(cin: int, cout: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(cin, cout, 3, stride, 1, bias=False), nn.BatchNorm2d(cout), nn.ReLU(True))


class Comparer(nn.Module):
    """0.15 million weights; about 1.7 million multiply-adds for each character."""

    centre: Tensor
    spread: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(TRAITS))  # of the traits
        self.register_buffer("spread", torch.ones(TRAITS))
        self.look = nn.Sequential(*_conv(SHOWN, 24), *_conv(24, 32, 2), *_conv(32, 48), *_conv(48, 48, 2))
        self.fold = nn.Sequential(nn.Dropout(0.35), nn.Linear(48 * (PATCH[0] // 4) * (PATCH[1] // 4), _WIDE))
        self.lies = nn.Sequential(nn.Linear(TRAITS, _WIDE), nn.Tanh())
        self.layers = nn.ModuleList([Layer(_WIDE, 4) for _ in range(2)])
        self.norm = nn.LayerNorm(_WIDE)
        self.each = nn.Linear(_WIDE, 1)
        self.line = nn.Sequential(nn.Dropout(0.35), nn.Linear(2 * _WIDE, 1))

    def forward(self, shown: Tensor, traits: Tensor, absent: Tensor) -> tuple[Tensor, Tensor]:
        """shown float (B, N, SHOWN, *PATCH) and traits float (B, N, TRAITS), of `congruence`; absent bool (B, N).

        Returns logits, neither calibrated: each (B, N), that a character was struck again; line (B,), that all were.
        """
        b, n = absent.shape
        lies = ((traits - self.centre) / self.spread).clamp(-_FAR, _FAR)
        x = self.fold(self.look(shown.flatten(0, 1)).flatten(1)).view(b, n, _WIDE) + self.lies(lies)
        for layer in self.layers:
            x = layer(x, absent)
        x = self.norm(x)
        there = 1 - absent.to(x.dtype)[..., None]
        mean, most = (x * there).sum(1) / there.sum(1), (x - 1e4 * (1 - there)).amax(1)
        return self.each(x)[..., 0], self.line(torch.cat([mean, most], 1))[:, 0]


class Comparers(nn.Module):
    """Several, each trained by itself: the mean of what they say, which is less sure of what one learned by heart."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.each = nn.ModuleList([Comparer() for _ in range(count)])

    def forward(self, shown: Tensor, traits: Tensor, absent: Tensor) -> tuple[Tensor, Tensor]:
        """As `Comparer.forward`."""
        said = [net(shown, traits, absent) for net in self.each]
        return torch.stack([s[0] for s in said]).mean(0), torch.stack([s[1] for s in said]).mean(0)
