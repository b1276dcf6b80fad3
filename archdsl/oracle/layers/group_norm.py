"""Group normalisation, written out."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from archdsl.ir.layers.group_norm import GroupNorm


def group_norm(layer: GroupNorm, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Normalise each group of channels of each sample over its channels and pixels.

    Args:
        layer: the number of groups, and the `eps` added to the variance.
        x: shape (N, features, ...); `groups` divides the features.
        own: `weight` and `bias`, each of shape (features,).
        training: not used; no statistics are kept.
    """
    each = (1, -1, *[1] * (x.dim() - 2))
    parts = []
    for part in x.chunk(layer.groups, dim=1):
        over = tuple(range(1, x.dim()))
        centred = part - part.mean(over, keepdim=True)
        parts.append(centred / torch.sqrt(centred.square().mean(over, keepdim=True) + layer.eps))
    return torch.cat(parts, dim=1) * own["weight"].view(each) + own["bias"].view(each)
