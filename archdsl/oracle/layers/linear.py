"""Fully connected layer."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional

from archdsl.ir.layers import Linear


def linear(layer: Linear, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Return the product of `x` with the weights, (N, width).

    Args:
        layer: the layer; its sizes are those of the weights.
        x: shape (N, inputs).
        own: `weight` of shape (width, inputs), and `bias` of shape (width,) if it has one.
        training: not used.
    """
    return functional.linear(x, own["weight"], own.get("bias"))
