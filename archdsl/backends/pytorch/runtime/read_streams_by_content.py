"""What each pixel reads of several streams; pasted into emitted files."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ReadStreamsByContent(nn.Module):
    """A learned sum of the streams of a state, to whose weights each pixel adds its own part.

    That is the tanh of a learned sum of the stream's normalised channels (Zhu et al. 2024).
    """

    def __init__(self, count: int, channels: int, first: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.eye(count)[first].clone())
        self.by = nn.Parameter(torch.zeros(channels))
        self.scale = nn.Parameter(torch.full((1,), 0.01))

    def forward(self, x: Tensor) -> Tensor:
        """Add the streams of x, of shape (N, streams * C, ...)."""
        batch, count, pixels = x.shape[0], len(self.weight), x.shape[2:]
        streams = x.reshape(batch, count, len(self.by), *pixels)
        # The square of a float16 above 256 is infinite.
        wide = streams.to(torch.promote_types(x.dtype, torch.float32))
        factor = (wide.pow(2).mean(dim=2) + 1e-6).rsqrt().to(x.dtype)
        maps = streams.reshape(batch * count, len(self.by), pixels.numel())
        content = torch.bmm(self.by.expand(maps.shape[0], 1, -1), maps).reshape(
            batch, count, *pixels
        )
        own = self.scale * (content * factor).tanh()
        weights = self.weight.reshape(-1, *[1] * len(pixels)) + own
        result: Tensor = (weights.unsqueeze(2) * streams).sum(dim=1)
        return result
