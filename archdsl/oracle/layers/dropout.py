"""Dropout."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional

from archdsl.ir.layers import Dropout


def dropout(layer: Dropout, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Return `x` with elements zeroed in training, the others scaled by 1 / (1 - p).

    Args:
        layer: its `p` is the probability of an element to be zeroed.
        x: a tensor of any shape.
        own: not used; dropout has no weights.
        training: `x` is returned unchanged unless True.
    """
    return functional.dropout(x, layer.p, training)
