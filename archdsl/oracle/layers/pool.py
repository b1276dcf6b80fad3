"""Pooling with a window."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional

from archdsl.ir.layers import Pool

AVERAGE = (functional.avg_pool1d, functional.avg_pool2d, functional.avg_pool3d)
MAXIMUM = (functional.max_pool1d, functional.max_pool2d, functional.max_pool3d)
"""By the number of spatial dimensions, from 1."""


def pool(layer: Pool, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Return the pooled map, (N, c, *sizes').

    Args:
        layer: kind, kernel, stride and padding, and whether sizes are rounded up.
        x: shape (N, c, *sizes), with one to three spatial dimensions.
        own: not used; pooling has no weights.
        training: not used.
    """
    functions = AVERAGE if layer.kind == "average" else MAXIMUM
    function = functions[x.dim() - 3]
    return function(x, layer.kernel, layer.stride, layer.padding, ceil_mode=layer.ceil)
