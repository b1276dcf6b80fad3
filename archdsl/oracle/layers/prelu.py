"""ReLU with a learned slope."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from archdsl.ir.layers.prelu import Prelu


def prelu(layer: Prelu, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Multiply negative numbers by a weight: one number, or one for each channel.

    Args:
        layer: the layer; whether it has one slope or several shows in its weight.
        x: shape (N, features, ...).
        own: `weight`, the slopes, of shape (1,) or (features,).
        training: not used.
    """
    return torch.where(x > 0, x, x * own["weight"].view(1, -1, *[1] * (x.dim() - 2)))
