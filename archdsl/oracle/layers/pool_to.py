"""Pooling to a fixed size."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional

from archdsl.ir.layers import PoolTo

AVERAGE = (
    functional.adaptive_avg_pool1d, functional.adaptive_avg_pool2d, functional.adaptive_avg_pool3d,
)  # fmt: skip
MAXIMUM = (
    functional.adaptive_max_pool1d, functional.adaptive_max_pool2d, functional.adaptive_max_pool3d,
)  # fmt: skip
"""By the number of spatial dimensions, from 1."""


def pool_to(layer: PoolTo, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Return the pooled map, (N, c, side, ...).

    Args:
        layer: the kind, and the side of the result in pixels, equal in all dimensions.
        x: shape (N, c, *sizes), with one to three spatial dimensions.
        own: not used; pooling has no weights.
        training: not used.
    """
    functions = AVERAGE if layer.kind == "average" else MAXIMUM
    return functions[x.dim() - 3](x, layer.side)
