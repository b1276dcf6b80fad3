"""Channels by a learned index."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from archdsl.ir.layers.select import Select


def select(layer: Select, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Collect the channels one by one.

    Args:
        layer: the layer; its number of channels is that of the index.
        x: shape (N, features, ...).
        own: `index`, the integer channels to collect, in order.
        training: not used.
    """
    return torch.stack([x[:, channel] for channel in own["index"].tolist()], dim=1)
