"""Leaky ReLU."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from archdsl.ir.layers.leaky import Leaky


def leaky(layer: Leaky, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Multiply negative numbers by the slope.

    Args:
        layer: its `slope` is the factor of negative numbers.
        x: a tensor of any shape.
        own: not used; the slope is a constant.
        training: not used.
    """
    return torch.where(x > 0, x, layer.slope * x)
