"""Leaky ReLU."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from archdsl.ir.layers.leaky import Leaky


def leaky(layer: Leaky, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Multiply negative numbers by the slope."""
    return torch.where(x > 0, x, layer.slope * x)
