"""What a layer reads of several streams; pasted into emitted files."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ReadStreams(nn.Module):
    """The sum of the streams of a state, each times a learned weight (Zhu et al. 2024)."""

    def __init__(self, count: int, first: int) -> None:
        super().__init__()
        self.count = count
        self.weight = nn.Parameter(torch.eye(count)[first].clone())

    def forward(self, x: Tensor) -> Tensor:
        """Add the streams of x, of shape (N, streams * C, ...)."""
        streams = x.chunk(self.count, dim=1)
        result: Tensor = self.weight[0] * streams[0]
        for index in range(1, self.count):  # torch.fx cannot iterate over a tensor
            result = result + self.weight[index] * streams[index]
        return result
