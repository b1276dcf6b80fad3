"""Channels by a learned index; pasted into emitted files."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SelectChannels(nn.Module):
    """The channels that the buffer `index` names, in its order; the first ones until it is set."""

    index: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("index", torch.arange(width))

    def forward(self, x: Tensor) -> Tensor:
        """Select from x, (N, C, ...) to (N, width, ...)."""
        return x.index_select(1, self.index)
