"""Layer scale; pasted into emitted files."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LayerScale(nn.Module):
    """A learned factor for each channel (Touvron et al. 2021)."""

    def __init__(self, channels: int, init: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), init))

    def forward(self, x: Tensor) -> Tensor:
        """Scale the channels of x, of shape (N, C, ...)."""
        return (x.movedim(1, -1) * self.weight).movedim(-1, 1)
