"""The network that EasyOCR imports by this file's name when it is asked for `recog_network="vinspect_reader"`."""

from __future__ import annotations

from torch import Tensor, nn

from vinspect.models.reader import CLASSES, Reader


class Model(nn.Module):
    """The reader, called as EasyOCR calls its networks."""

    def __init__(self, num_class: int) -> None:
        super().__init__()
        if num_class != CLASSES:
            raise ValueError(f"vinspect_reader.yaml names {num_class - 1} characters, the weights know {CLASSES - 1}")
        self.net = Reader()

    def forward(self, strips: Tensor, text: Tensor | None = None) -> Tensor:
        """Strips float (B, 1, 48, W), -1..1, W a multiple of four; returns logits (B, W / 4, 40). `text` is unused."""
        names: Tensor = self.net(strips)[0]
        return names
