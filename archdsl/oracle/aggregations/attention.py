"""Attention over the outputs that a layer reads."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from archdsl.language.aggregations import Attention


def attention(
    operator: Attention, outputs: Sequence[Tensor], query: Tensor, scale: Tensor
) -> Tensor:
    """Return the sum over outputs s of share[s, n, ...] times output[s, n, c, ...].

    The shares of a pixel are the softmax over s of the query times the normalised channels.

    Args:
        operator: the aggregation, which has no settings.
        outputs: two or more tensors of shape (N, features, ...).
        query: one number for each feature, shape (features,).
        scale: of the RMS norm of the keys, shape (features,).

    Returns:
        A tensor of the shape of one output.
    """
    values = torch.stack(list(outputs))
    root = torch.sqrt(torch.mean(values * values, dim=2, keepdim=True) + 1e-6)
    scores = torch.einsum("c,c,snc...->sn...", query, scale, values / root)
    shares = scores.exp() / scores.exp().sum(dim=0)
    # Not by einsum, whose result has another layout: dropout behind it draws in memory order.
    return (shares.unsqueeze(2) * values).sum(dim=0)
