"""Batch normalisation, written out."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from archdsl.ir.layers import Norm


def norm(layer: Norm, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Normalise with momentum 0.1 and the unbiased running variance.

    Args:
        layer: its `eps` is added to the variance.
        x: shape (N, features, ...), with more than one number per feature in training.
        own: `weight`, `bias`, `running_mean` and `running_var` of shape (features,), and the count
            `num_batches_tracked`; the last three are updated in place when training.
        training: normalise by the batch's mean and biased variance, else by the running ones.
    """
    weight, bias = own["weight"], own["bias"]
    mean, variance = own["running_mean"], own["running_var"]
    over = [0, *range(2, x.dim())]
    if training:
        count = x.numel() // x.shape[1]
        batch_mean, batch_variance = x.mean(over), x.var(over, unbiased=False)
        with torch.no_grad():
            mean.lerp_(batch_mean, 0.1)
            variance.lerp_(batch_variance * count / (count - 1), 0.1)
            own["num_batches_tracked"].add_(1)
        mean, variance = batch_mean, batch_variance
    shape = (1, -1, *[1] * (x.dim() - 2))
    scaled = (x - mean.view(shape)) / torch.sqrt(variance.view(shape) + layer.eps)
    return scaled * weight.view(shape) + bias.view(shape)
