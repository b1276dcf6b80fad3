"""Pooling with a window."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional

from archdsl.ir.layers import Pool


def pool(layer: Pool, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """The pooled map, (N, c, h, w) to (N, c, h', w')."""
    function = functional.avg_pool2d if layer.kind == "average" else functional.max_pool2d
    return function(x, layer.kernel, layer.stride, layer.padding)
