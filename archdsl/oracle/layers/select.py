"""Channels by a learned index."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from archdsl.ir.layers.select import Select


def select(layer: Select, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Collect the channels one by one."""
    return torch.stack([x[:, channel] for channel in own["index"].tolist()], dim=1)
