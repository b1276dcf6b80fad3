"""A slice of the channels."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from archdsl.ir.layers.keep import Keep


def keep(layer: Keep, x: Tensor, own: Mapping[str, Tensor], training: bool) -> Tensor:
    """Return the channels `start` to `start + width` of `x`.

    Args:
        layer: the first channel and the number of channels.
        x: shape (N, features, ...).
        own: not used; the layer has no weights.
        training: not used.
    """
    return x[:, layer.start : layer.start + layer.width]
