"""A transformer layer over the characters of a line, as the networks here share it."""

from __future__ import annotations

from torch import Tensor, nn


class Layer(nn.Module):
    """Normalised first; attention may also weigh `relations` numbers of what two characters have in common."""

    def __init__(self, width: int, heads: int, relations: int = 0) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        if relations:
            self.relate = nn.Linear(relations, heads)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor, absent: Tensor, relation: Tensor | None = None) -> Tensor:
        """x float (B, N, width); absent bool (B, N), no character there; relation float (B, N, N, relations)."""
        b, t, c = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        logits = (q @ k.transpose(-1, -2)).float() * (c // self.heads) ** -0.5
        if relation is not None:
            logits = logits + self.relate(relation).permute(0, 3, 1, 2).float()
        logits = logits - 1e4 * absent[:, None, None, :]
        seen = logits.softmax(-1).to(v.dtype) @ v
        x = x + self.out(seen.transpose(1, 2).reshape(b, t, c))
        return x + self.mlp(self.norm2(x))
