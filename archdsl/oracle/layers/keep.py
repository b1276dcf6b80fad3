"""A slice of the channels."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from archdsl.ir.layers.keep import Keep


def keep(layer: Keep, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Leave out the channels before `start` and after the slice."""
    return x[:, layer.start : layer.start + layer.width]
