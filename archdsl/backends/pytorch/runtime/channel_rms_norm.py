"""Root-mean-square normalisation of feature maps; pasted into emitted files."""

from __future__ import annotations

from torch import Tensor, nn


class ChannelRMSNorm(nn.RMSNorm):
    """RMS normalisation over the channels of each pixel, (N, C, ...) to the same shape."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise with the channels moved last, where nn.RMSNorm expects them.

        The result has the memory layout of the input, as the results of other layers do. The
        proxies of torch.fx have no layout.
        """
        normal = super().forward(x.movedim(1, -1)).movedim(-1, 1)
        channels_first = isinstance(x, Tensor) and x.stride(1) != 1
        return normal.contiguous() if channels_first else normal
