"""Batch norms folded into the convolutions before them, and unfolded again where training is to go on.

A settled network computes in half the space what it computed before. Its batch norms stay in place and do nothing but
add: whoever loads the weights needs no other network. To train it on they need the statistics that were folded away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor, nn

SMALL = 256  # weights of fewer numbers stay in single precision

Net = TypeVar("Net", bound=nn.Module)


@torch.no_grad()
def settled(net: Net, state: dict[str, Tensor] | None = None) -> Net:
    """Fold the batch norms, round matrices to half precision, stop training; state: weights to load first."""
    if state is not None:
        net.load_state_dict(state)
    for conv, norm in _normed(net):
        assert norm.running_mean is not None
        assert norm.running_var is not None
        assert conv.bias is None
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        conv.weight.mul_(scale[:, None, None, None])
        norm.bias.sub_(norm.running_mean * scale)
        norm.weight.fill_(1.0)
        norm.running_mean.zero_()
        norm.running_var.fill_(1.0 - norm.eps)
    for parameter in net.parameters():
        if parameter.dim() > 1 and parameter.numel() >= SMALL:
            parameter.copy_(parameter.half().float())
    return net.eval().requires_grad_(False)


@torch.no_grad()
def unsettled(net: Net, look: Callable[[Net], object]) -> Net:
    """Give the batch norms of a settled network statistics again, of what they meet while `look` shows it its data.

    What the network computes stays the same.
    """
    sums: dict[nn.BatchNorm2d, list[Tensor]] = {}

    def meet(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(norm, nn.BatchNorm2d)
        x = inputs[0].double()
        parts = [torch.tensor(x.numel() / x.shape[1]), x.sum((0, 2, 3)), (x * x).sum((0, 2, 3))]
        sums[norm] = [a + b for a, b in zip(sums[norm], parts, strict=True)] if norm in sums else parts

    hooks = [norm.register_forward_pre_hook(meet) for _, norm in _normed(net)]
    look(net.eval())
    for hook in hooks:
        hook.remove()
    for norm, (count, total, squares) in sums.items():
        mean = total / count
        variance = squares / count - mean**2
        norm.bias.add_(mean * norm.weight)
        norm.weight.mul_((variance + norm.eps).sqrt())
        assert norm.running_mean is not None
        assert norm.running_var is not None
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
    return net.requires_grad_(True)


def _normed(net: nn.Module) -> Iterator[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """Each convolution that a batch norm follows, with it."""
    for block in net.modules():
        if isinstance(block, nn.Sequential):
            for conv, norm in pairwise(block):
                if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                    yield conv, norm
