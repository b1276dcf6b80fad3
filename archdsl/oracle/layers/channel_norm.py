"""Layer norm and RMS norm over channels, written out."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from archdsl.ir.layers.channel_norm import ChannelNorm


def channel_norm(
    layer: ChannelNorm, x: Tensor, own: Mapping[str, Tensor], training: bool
) -> Tensor:
    """Normalise each pixel over its channels; RMS norm does not subtract the mean.

    Args:
        layer: its `kind` is `layer` or `rms`; `eps` is added to the variance or mean square.
        x: shape (N, features, ...).
        own: `weight` and, for layer norm, `bias`, each of shape (features,).
        training: not used; no statistics are kept.
    """
    each = (1, -1, *[1] * (x.dim() - 2))
    weight = own["weight"].view(each)
    if layer.kind == "rms":
        return x / torch.sqrt(x.square().mean(1, keepdim=True) + layer.eps) * weight
    centred = x - x.mean(1, keepdim=True)
    normal = centred / torch.sqrt(centred.square().mean(1, keepdim=True) + layer.eps)
    return normal * weight + own["bias"].view(each)
