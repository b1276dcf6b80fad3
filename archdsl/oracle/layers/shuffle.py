"""Channel shuffle."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from archdsl.ir.layers.shuffle import Shuffle


def shuffle(layer: Shuffle, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Take one channel of every group in turn.

    Args:
        layer: the number of groups, which divides the features.
        x: shape (N, features, ...).
        own: not used; the layer has no weights.
        training: not used.
    """
    each = x.shape[1] // layer.groups
    order = [group * each + place for place in range(each) for group in range(layer.groups)]
    return torch.stack([x[:, channel] for channel in order], dim=1)
