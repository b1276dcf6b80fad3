"""Stochastic depth."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from archdsl.ir.layers.drop_unit import DropUnit


def drop_unit(layer: DropUnit, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Zero whole samples in training; one random number is drawn for each sample.

    Args:
        layer: its `drop` is the probability of a sample to be zeroed; the others are scaled by 1 /
            (1 - drop).
        x: shape (N, ...).
        own: not used; the layer has no weights.
        training: `x` is returned unchanged unless True.
    """
    if not training:
        return x
    kept = torch.empty(len(x), dtype=x.dtype).bernoulli_(1 - layer.drop).tolist()
    parts = [
        part / (1 - layer.drop) if keep else part * 0 for part, keep in zip(x, kept, strict=True)
    ]
    return torch.stack(parts)
