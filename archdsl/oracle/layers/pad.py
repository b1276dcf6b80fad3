"""A shortcut without weights."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from archdsl.ir.layers import Pad


def pad(layer: Pad, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Return every stride-th pixel of `x`, with channels of zeros after the others.

    Args:
        layer: the stride, and the width with the channels of zeros.
        x: shape (N, features, *sizes), with at most `width` features.
        own: not used; the layer has no weights.
        training: not used.
    """
    missing = x.new_zeros(x.shape[0], layer.width - x.shape[1], *x.shape[2:])
    sampled = (slice(None, None, layer.stride) for _ in x.shape[2:])
    return torch.cat([x, missing], dim=1)[(slice(None), slice(None), *sampled)]
