"""Pooling to a fixed size."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional

from archdsl.ir.layers import PoolTo


def pool_to(layer: PoolTo, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """The pooled map, (N, c, h, w) to (N, c, side, side)."""
    if layer.kind == "average":
        return functional.adaptive_avg_pool2d(x, layer.side)
    return functional.adaptive_max_pool2d(x, layer.side)
