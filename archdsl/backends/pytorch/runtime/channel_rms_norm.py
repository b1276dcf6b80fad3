"""Root-mean-square normalisation of feature maps; pasted into emitted files."""

from __future__ import annotations

from torch import Tensor, nn


class ChannelRMSNorm(nn.RMSNorm):
    """RMS normalisation over the channels of each pixel, (N, C, ...) to the same shape."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise with the channels moved last, where nn.RMSNorm expects them."""
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
