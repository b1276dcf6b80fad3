"""Fully connected layer."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional

from archdsl.ir.layers import Linear


def linear(layer: Linear, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """The product of `x`, (N, inputs), with the weights: (N, width)."""
    return functional.linear(x, own["weight"], own.get("bias"))
